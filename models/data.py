"""Labelled rows: what one is, and reading them from files."""

import codecs
import hashlib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Literal

import msgspec
import numpy as np

from models.errors import DataError
from models.heads import ANGER_GRADES, ANSWERS, BINARY_HEADS, OUTPUTS
from models.mistakes import told
from models.query import Query

Bit = Literal[0, 1]


class Labels(msgspec.Struct, frozen=True, kw_only=True):
    """What a careful reader says of a message, under `docs/labelling.md`.

    `answer` is one of `models.heads.ANSWERS`, for messages in a brand's voice, where known.
    """

    anger: Literal[0, 1, 2, 3]
    objective_fact: Bit
    corporate_denial: Bit
    influencer_sharing: Bit
    complaint: Bit
    answer: str | None = None

    def __post_init__(self) -> None:
        if self.answer is not None and self.answer not in ANSWERS:
            raise ValueError(f"answer is `{self.answer}`; it is one of {', '.join(ANSWERS)}")

    def targets(self) -> list[float]:
        """Targets in the order of `models.heads.OUTPUTS`, NaN where nothing is known."""
        anger = [float(self.anger >= grade) for grade in range(1, ANGER_GRADES + 1)]
        signals = [float(getattr(self, head)) for head in BINARY_HEADS]
        if self.answer is None:
            return anger + signals + [float("nan")] * len(ANSWERS)
        return anger + signals + [float(kind == self.answer) for kind in ANSWERS]


class Row(Labels, frozen=True, kw_only=True):
    """One labelled message; `source` is the file it came from, `pair` names its contrast twin.

    `sector` is the trade that the message is about, where its set says so; `public` whether a set
    that serves as an auxiliary one holds the text too. `train_only` keeps a row from being tested
    on: its like was written in another language too, which no comparison of texts can find.
    """

    text: str
    lang: str = "und"
    role: str = "unknown"
    channel: str = "other"
    source: str = ""
    pair: str | None = None
    sector: str = ""
    public: bool = False
    train_only: bool = False

    @property
    def query(self) -> Query:
        """The row as the model is asked about it."""
        return Query(self.text, self.role, self.channel, self.lang)

    @property
    def written(self) -> bool:
        """Whether the text was written for training, not found."""
        return self.source.startswith("written")


def read_files(files: Iterable[Path]) -> list[Row]:
    """The rows of labelled JSON Lines files, in the order given."""
    return [row for file in files for row in read_file(file)]


def read_file(file: Path) -> Iterable[Row]:
    """The rows of one JSON Lines file; the first bad line ends it with its number.

    Blank lines are left out. Raises DataError.
    """
    decoder = msgspec.json.Decoder(Row)
    content = file.read_bytes().removeprefix(codecs.BOM_UTF8)  # as editors write it
    for number, line in enumerate(content.splitlines(), 1):
        if not line.strip():
            continue
        try:
            row = decoder.decode(line)
        except msgspec.DecodeError as error:
            raise DataError(f"{file}, line {number}: {told(str(error))}") from error
        except RecursionError as error:
            raise DataError(f"{file}, line {number}: nested too deeply") from error
        except UnicodeDecodeError as error:
            raise DataError(f"{file}, line {number}: no UTF-8; save the file as UTF-8") from error
        if not row.text.strip():
            raise DataError(f"{file}, line {number}: the text is empty; leave the row out")
        pair = f"{file.stem}:{row.pair}" if row.pair else None
        yield msgspec.structs.replace(row, source=file.stem, pair=pair)


def key_of(dataset: str, text: str) -> str:
    """What labels of texts that are not ours to publish are kept under: set and hash of text."""
    digest = hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()
    return f"{dataset}:{digest[:12]}"


def target_matrix(rows: Sequence[Labels]) -> np.ndarray:
    """Targets, float32, shape (rows, outputs), NaN where nothing is known."""
    if not rows:
        return np.zeros((0, len(OUTPUTS)), dtype=np.float32)
    return np.array([row.targets() for row in rows], dtype=np.float32)
