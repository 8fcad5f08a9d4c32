"""Measures an exported model on held-out rows: all together, and group by group."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from models import metrics
from models.data import Row
from models.heads import HEADS
from models.metrics import Metrics
from models.predictor import Predictor

_BATCH = 64
_LEAST_ROWS = 25
_SHORT, _MIDDLE, _LONG = 40, 160, 400

GROUPS: dict[str, Callable[[Row], bool]] = {
    "all": lambda row: True,
    "written": lambda row: row.written,
    "real": lambda row: not row.written,
    "fr": lambda row: row.lang == "fr",
    "en": lambda row: row.lang == "en",
    "written fr": lambda row: row.written and row.lang == "fr",
    "written en": lambda row: row.written and row.lang == "en",
    "real fr": lambda row: not row.written and row.lang == "fr",
    "real en": lambda row: not row.written and row.lang == "en",
    "in no auxiliary set": lambda row: not row.public,
    "by brands": lambda row: row.role == "brand",
    "by others": lambda row: row.role != "brand",
    f"under {_SHORT} characters": lambda row: len(row.text) < _SHORT,
    f"{_SHORT} to {_MIDDLE - 1}": lambda row: _SHORT <= len(row.text) < _MIDDLE,
    f"{_MIDDLE} to {_LONG - 1}": lambda row: _MIDDLE <= len(row.text) < _LONG,
    f"{_LONG} and more": lambda row: len(row.text) >= _LONG,
}


@dataclass(frozen=True)
class Failure:
    """A row that the model reads wrongly: the head, what it said and what the label says."""

    head: str
    row: Row
    probability: float
    truth: bool


@dataclass(frozen=True)
class Evaluation:
    """Figures by group of rows, share of contrast pairs ranked right, answers, worst failures.

    `answers` is the share of brands' messages whose kind of answer is found; both shares are None
    where there are no such rows, and come with the number of rows behind them. `positives` and
    `probabilities` have the shape (rows, heads).
    """

    groups: dict[str, Metrics]
    pairs: tuple[float | None, int]
    answers: tuple[float | None, int]
    failures: list[Failure]
    positives: np.ndarray
    probabilities: np.ndarray


def predict(
    folder: Path | None, rows: Sequence[Row], threads: int = 1, cascade: bool = True
) -> tuple[np.ndarray, list[str | None]]:
    """Calibrated probabilities of the exported model, shape (rows, heads), and kinds of answer."""
    predictor = Predictor(folder, threads, cascade)
    found = np.zeros((len(rows), len(HEADS)))
    answers: list[str | None] = []
    for start in range(0, len(rows), _BATCH):
        part = rows[start : start + _BATCH]
        predictions = predictor.predict([row.query for row in part])
        for index, prediction in enumerate(predictions, start):
            found[index] = [prediction.probabilities[head] for head in HEADS]
            answers.append(prediction.answer)
    return found, answers


def evaluate(folder: Path | None, rows: Sequence[Row], cascade: bool = True) -> Evaluation:
    """Figures at threshold 0.5 of the exported model; groups of under 25 rows are left out."""
    probabilities, answers = predict(folder, rows, cascade=cascade)
    positives = metrics.truth(rows)
    sectors = sorted({row.sector for row in rows} - {""})
    groups = {**GROUPS, **{f"about {name}": _about(name) for name in sectors}}
    figures = {}
    for name, belongs in groups.items():
        chosen = np.array([belongs(row) for row in rows], dtype=bool)
        if chosen.sum() >= _LEAST_ROWS or name == "all":
            figures[name] = metrics.measure(positives[chosen], probabilities[chosen])
    known = [(row.answer, answer) for row, answer in zip(rows, answers, strict=True) if row.answer]
    right = float(np.mean([label == answer for label, answer in known])) if known else None
    return Evaluation(
        groups=figures,
        pairs=pairs_ranked(rows, positives, probabilities),
        answers=(right, len(known)),
        failures=_failures(rows, positives, probabilities),
        positives=positives,
        probabilities=probabilities,
    )


def pairs_ranked(
    rows: Sequence[Row], positives: np.ndarray, probabilities: np.ndarray
) -> tuple[float | None, int]:
    """Share of contrast pairs whose positive twin scores higher, over the heads that flip."""
    twins: dict[str, list[int]] = {}
    for index, row in enumerate(rows):
        if row.pair:
            twins.setdefault(row.pair, []).append(index)
    right = []
    for members in twins.values():
        if len(members) != 2:
            continue
        one, other = members
        for head in np.flatnonzero(positives[one] != positives[other]):
            up, down = (one, other) if positives[one, head] else (other, one)
            right.append(probabilities[up, head] > probabilities[down, head])
    return (float(np.mean(right)) if right else None), len(right)


def _about(sector: str) -> Callable[[Row], bool]:
    return lambda row: row.sector == sector


def _failures(
    rows: Sequence[Row], positives: np.ndarray, probabilities: np.ndarray, most: int = 3
) -> list[Failure]:
    """The surest mistakes per head and direction, among rows whose text is ours to publish."""
    ours = np.array([row.written for row in rows], dtype=bool)
    found = []
    for column, head in enumerate(HEADS):
        for truth in (True, False):
            wrong = positives[:, column] == truth
            wrong &= (probabilities[:, column] >= 0.5) != truth
            sure = np.abs(probabilities[:, column] - 0.5)
            order = [int(i) for i in np.argsort(-sure, kind="stable") if wrong[i] and ours[i]]
            found += [
                Failure(head, rows[i], float(probabilities[i, column]), truth) for i in order[:most]
            ]
    return found
