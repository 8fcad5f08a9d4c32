"""Public sets that teach the encoder neighbouring tasks, through outputs that are not shipped.

Each set brings columns of its own; a column is unknown (NaN) for rows of other sets, so that one
loss serves all. Read from `train/<set>/` of the data folder; sets that are not there are left out.
"""

import csv
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from models.errors import DataError

_SEVERITIES = 4
_XED_EMOTIONS = 8
_SENTIMENTS = ("negative", "neutral", "positive")


@dataclass(frozen=True)
class Example:
    """A text, its author's role and its channel, and targets by column, float32, NaN: unknown.

    `pair` names its contrast twin, whose words are nearly the same and whose labels are not.
    """

    text: str
    role: str
    targets: np.ndarray
    channel: str = "other"
    pair: str | None = None


@dataclass(frozen=True)
class _Set:
    columns: tuple[str, ...]
    read: Callable[[Path], Iterator[tuple[str, str, list[float]]]]


def _emotions(folder: Path) -> Iterator[tuple[str, str, list[float]]]:
    names = (folder / "labels.txt").read_text("utf-8").split()
    for line in (folder / "train.tsv").read_text("utf-8").splitlines():
        text, indices, _ = line.split("\t")
        held = {int(index) for index in indices.split(",")}
        yield text, "unknown", [float(at in held) for at in range(len(names))]


def _subtitles(folder: Path) -> Iterator[tuple[str, str, list[float]]]:
    for file in ("en-annotated.tsv", "fr-projections.tsv"):
        with (folder / file).open(encoding="utf-8", newline="") as lines:
            for text, emotions in csv.reader(lines, delimiter="\t"):
                held = {int(emotion) for emotion in emotions.split(",")}
                yield text, "unknown", [float(at in held) for at in range(1, _XED_EMOTIONS + 1)]
    for line in (folder / "neu_en.txt").read_text("utf-8").splitlines():
        yield line.partition("\t")[2], "unknown", [0.0] * _XED_EMOTIONS


def _sentiment(folder: Path) -> Iterator[tuple[str, str, list[float]]]:
    for language in ("english", "french"):
        with (folder / f"{language}_train.tsv").open(encoding="utf-8", newline="") as lines:
            for row in csv.DictReader(lines, delimiter="\t"):
                marks = [float(row["label_name"] == other) for other in _SENTIMENTS]
                yield row["text"], "unknown", marks


def _severity(folder: Path) -> Iterator[tuple[str, str, list[float]]]:
    with (folder / "xci_train.csv").open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            degree = int(row["Severity"])
            reached = [float(degree >= step) for step in range(1, _SEVERITIES + 1)]
            yield row["tweet"], "customer", reached


def _hostility(folder: Path) -> Iterator[tuple[str, str, list[float]]]:
    for language in ("en", "fr"):
        with (folder / f"{language}_dataset.csv").open(encoding="utf-8", newline="") as lines:
            for row in csv.DictReader(lines):
                tones = row["sentiment"].split("_")
                hostile = any(tone in ("hateful", "abusive", "offensive") for tone in tones)
                yield row["tweet"], "unknown", [float(hostile)]


_GOEMOTIONS = 28
_SETS = {
    "goemotions": _Set(tuple(f"emotion {at}" for at in range(_GOEMOTIONS)), _emotions),
    "xed": _Set(tuple(f"subtitle emotion {at + 1}" for at in range(_XED_EMOTIONS)), _subtitles),
    "xlmt_sentiment": _Set(_SENTIMENTS, _sentiment),
    "xci": _Set(tuple(f"severity>={at + 1}" for at in range(_SEVERITIES)), _severity),
    "mlma_hate": _Set(("hostile",), _hostility),
}
NAMES = tuple(_SETS)


def columns(names: Sequence[str]) -> tuple[str, ...]:
    """The outputs that the named sets teach, in order."""
    return tuple(f"{name}: {column}" for name in names for column in _SETS[name].columns)


def held(folder: Path) -> tuple[str, ...]:
    """The names of the sets that a data folder holds."""
    return tuple(name for name in NAMES if (folder / "train" / name).is_dir())


def read(folder: Path, names: Sequence[str], own: int) -> dict[str, list[Example]]:
    """The examples by set; targets have `own` unknown columns before those of `columns(names)`."""
    width = own + len(columns(names))
    start = own
    found: dict[str, list[Example]] = {}
    for name in names:
        chosen = _SETS[name]
        end = start + len(chosen.columns)
        found[name] = []
        try:
            for text, role, values in chosen.read(folder / "train" / name):
                targets = np.full(width, np.nan, dtype=np.float32)
                targets[start:end] = values
                found[name].append(Example(text, role, targets))
        except (OSError, KeyError, ValueError) as error:
            raise DataError(f"{folder}/train/{name} cannot be read: {error}") from error
        start = end
    return found
