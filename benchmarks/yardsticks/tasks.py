"""What a yardstick is: questions about texts, and folds that say which texts teach and test."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

import numpy as np

from benchmarks.yardsticks import figures
from models.query import Query


@dataclass(frozen=True)
class Question:
    """What is asked of a text: one of `classes`.

    Measured by F1 averaged over the classes or, where `positive`, by that of the last class
    alone. `polar`: pleasure or displeasure says something of the answer, so a lexicon may try.
    """

    name: str
    classes: tuple[str, ...]
    positive: bool = False
    polar: bool = True

    def f1(self, labels: np.ndarray, predicted: np.ndarray) -> float:
        """The figure of predicted classes, both of shape (rows,); 0 to 1."""
        by_class = figures.f1_by_class(labels, predicted, len(self.classes))
        return float(by_class[-1] if self.positive else by_class.mean())

    def measurable(self, labels: np.ndarray) -> bool:
        """Whether rows of these labels say something: F1 of one class alone wants one of it."""
        return not self.positive or bool((labels == len(self.classes) - 1).any())


@dataclass(frozen=True)
class Part:
    """Texts with what is known of them, and labels: class numbers (rows, questions)."""

    queries: tuple[Query, ...]
    labels: np.ndarray

    @property
    def languages(self) -> np.ndarray:
        """The language of each row, shape (rows,)."""
        return np.array([query.lang for query in self.queries])

    def take(self, rows: np.ndarray) -> "Part":
        """The rows of these numbers, in the order asked for."""
        return Part(tuple(self.queries[row] for row in rows), self.labels[rows])


def spaced(part: Part, most: int) -> np.ndarray:
    """At most so many row numbers of a part, evenly spaced."""
    count = len(part.queries)
    return np.arange(count) if count <= most else np.linspace(0, count - 1, most).astype(int)


def joined(parts: Sequence[Part]) -> Part:
    """The rows of all parts, one after the other."""
    return Part(
        tuple(query for part in parts for query in part.queries),
        np.concatenate([part.labels for part in parts]),
    )


@dataclass(frozen=True)
class Fold:
    """What teaches, what chooses (the epoch, the strength of a penalty), and what is reported."""

    train: Part
    valid: Part
    test: Part


@dataclass(frozen=True)
class Task:
    """One yardstick. Figures are of the tests of all folds together, by group of their rows.

    `groups` are bool, shape (rows of all tests,); `published` is the best figure known, by
    question and group. `average` names the mean over the questions, where it means something;
    `pairs` names each test row's contrast pair. `met_in_training`: the encoder of a run may have
    been taught these very rows.
    """

    name: str
    questions: tuple[Question, ...]
    folds: tuple[Fold, ...]
    groups: Mapping[str, np.ndarray]
    published: Mapping[tuple[str, str], float] = field(default_factory=dict)
    average: str | None = None
    pairs: tuple[str | None, ...] = ()
    met_in_training: bool = False

    @property
    def test(self) -> Part:
        """The rows that are reported, fold after fold."""
        return joined([fold.test for fold in self.folds])

    def thinned(self, most: int) -> "Task":
        """The task with at most so many rows in each part, evenly spaced: to try things out."""
        folds, kept, start = [], [], 0
        for fold in self.folds:
            rows = spaced(fold.test, most)
            train, valid = fold.train, fold.valid
            folds.append(
                Fold(
                    train.take(spaced(train, most)),
                    valid.take(spaced(valid, most)),
                    fold.test.take(rows),
                )
            )
            kept.append(rows + start)
            start += len(fold.test.queries)
        chosen = np.concatenate(kept)
        return replace(
            self,
            folds=tuple(folds),
            groups={name: rows[chosen] for name, rows in self.groups.items()},
            pairs=tuple(self.pairs[row] for row in chosen) if self.pairs else (),
        )


@dataclass(frozen=True)
class Verdict:
    """Classes (int) and scores, both (rows, questions).

    The higher a score, the rather it is the last class; NaN where the reader has nothing to say,
    and then the class means nothing either.
    """

    classes: np.ndarray
    scores: np.ndarray


class Reader(Protocol):
    """Whoever learns a fold's training rows and answers for those of its test."""

    name: str

    def read(self, fold: Fold, questions: Sequence[Question]) -> Verdict:
        """Answers for `fold.test`."""
        ...
