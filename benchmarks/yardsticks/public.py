"""The public sets: TweetEval emotion, XLM-T sentiment, complaints and their severity.

Barbieri et al. 2020 (arXiv:2010.12421), Barbieri et al. 2022 (arXiv:2104.12250), Preotiuc-Pietro
et al. 2019 (arXiv:1906.03890), Jin and Aletras 2021 (arXiv:2103.12428).
"""

import csv
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import numpy as np

from benchmarks.yardsticks.tasks import Fold, Part, Question, Task, joined
from models import splits
from models.data import Row
from models.errors import DataError
from models.query import Query

FOLDS = 5
_SLICES = 20  # a fold tests on four, and one of the next fold's chooses

_EMOTIONS = ("anger", "joy", "optimism", "sadness")
_SENTIMENTS = ("negative", "neutral", "positive")
_SEVERITIES = ("none", "no explicit reproach", "disapproval", "accusation", "blame")
_LINK = re.compile(r"\bhttp\b")  # what the set has put in the place of every link
_TONGUES = {"fr": "french", "en": "english"}


def emotion(data: Path) -> Task:
    """Four emotions of English tweets, on the set's own splits."""
    folder = data / "eval" / "tweeteval_emotion"
    train, valid, test = (
        _labelled(folder / f"{name}.tsv", "en", len(_EMOTIONS)) for name in ("train", "val", "test")
    )
    return Task(
        "emotion",
        (Question("TweetEval emotion", _EMOTIONS),),
        (Fold(train, valid, test),),
        {"English": np.ones(len(test.queries), dtype=bool)},
        {("TweetEval emotion", "English"): 0.802},
    )


def sentiment(data: Path) -> Task:
    """Three sentiments of French and English tweets, both languages taught at once.

    Test texts that are, but for case, links and handles, in the training or validation split are
    left out of the test: that holds whatever an encoder was taught before.
    """
    taught, tested = data / "train" / "xlmt_sentiment", data / "eval" / "xlmt_sentiment"
    parts = {
        kind: joined(
            [
                _labelled(folder / f"{name}_{kind}.tsv", lang, len(_SENTIMENTS))
                for lang, name in _TONGUES.items()
            ]
        )
        for kind, folder in (("train", taught), ("val", taught), ("test", tested))
    }
    known = {_key(query) for kind in ("train", "val") for query in parts[kind].queries}
    unseen = [_key(query) not in known for query in parts["test"].queries]
    test = parts["test"].take(np.flatnonzero(unseen))
    return Task(
        "sentiment",
        (Question("tweet sentiment", _SENTIMENTS),),
        (Fold(parts["train"], parts["val"], test),),
        {
            "French": test.languages == "fr",
            "English": test.languages == "en",
        },
        {("tweet sentiment", "French"): 0.720},
    )


def complaint(data: Path) -> Task:
    """Whether an English tweet complains and how severely, in five folds.

    Near-duplicates share a fold (`models.splits`), which the published folds do not see to.
    """
    file = data / "train" / "xci" / "xci_train.csv"
    found = list(_rows(file, ","))
    try:
        labels = [[int(row["label"]), int(row["Severity"])] for row in found]
        queries = tuple(Query(row["tweet"], "customer", "twitter", "en") for row in found)
    except (KeyError, ValueError) as error:
        raise _unreadable(file, error) from error
    whole = Part(queries, np.array(labels, dtype=int))
    slices = splits.folds([_row(query) for query in queries], _SLICES)
    folds = tuple(
        Fold(*(whole.take(np.flatnonzero(rows)) for rows in masks)) for masks in fold_masks(slices)
    )
    count = sum(len(fold.test.queries) for fold in folds)
    return Task(
        "complaint",
        (Question("complaint", ("no", "yes")), Question("severity of complaint", _SEVERITIES)),
        folds,
        {"English": np.ones(count, dtype=bool)},
        {("complaint", "English"): 0.882, ("severity of complaint", "English"): 0.557},
        met_in_training=True,
    )


def fold_masks(slices: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Which rows teach, choose and test in each fold, of a slice (0 to 19) per row.

    Every row tests once; what chooses is a twentieth of the rows, of another fold.
    """
    for fold in range(FOLDS):
        tests = slices % FOLDS == fold
        chooses = slices == (fold + 1) % FOLDS
        yield ~tests & ~chooses, chooses, tests


PUBLIC: Mapping[str, Callable[[Path], Task]] = {
    "emotion": emotion,
    "sentiment": sentiment,
    "complaint": complaint,
}


def _labelled(file: Path, lang: str, classes: int) -> Part:
    """A table of tweets with the columns `label` (a class number) and `text`."""
    found = list(_rows(file, "\t"))
    try:
        labels = np.array([[int(row["label"])] for row in found], dtype=int)
        queries = tuple(Query(row["text"], "unknown", "twitter", lang) for row in found)
    except (KeyError, ValueError) as error:
        raise _unreadable(file, error) from error
    if not found or labels.min() < 0 or labels.max() >= classes:
        raise DataError(f"{file} should hold labels from 0 to {classes - 1}; fetch the set again")
    return Part(queries, labels)


def _rows(file: Path, delimiter: str) -> Iterator[dict[str, str]]:
    try:
        with file.open(encoding="utf-8", newline="") as lines:
            yield from csv.DictReader(lines, delimiter=delimiter)
    except (OSError, csv.Error) as error:
        raise _unreadable(file, error) from error


def _unreadable(file: Path, error: Exception) -> DataError:
    return DataError(f"{file} cannot be read ({error}); name another --task, or fetch the set")


def _key(query: Query) -> str:
    return splits.text_key(_LINK.sub(" ", query.text))


def _row(query: Query) -> Row:
    """As folds are made of; what its labels say makes no difference to them."""
    return Row(
        text=query.text,
        anger=0,
        objective_fact=0,
        corporate_denial=0,
        influencer_sharing=0,
        complaint=0,
    )
