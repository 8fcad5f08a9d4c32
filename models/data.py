"""Labelled rows: reading, checking and splitting them."""

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Literal

import msgspec
import numpy as np

from models.errors import DataError
from models.heads import ANGER_GRADES, BINARY_HEADS

Bit = Literal[0, 1]
Split = Literal["test", "valid", "train"]
_SPLITS = 10
_NOISE = re.compile(r"https?://\S+|@\w+|[\W_]+")


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One labelled message; `source` is the file it came from."""

    text: str
    anger: Literal[0, 1, 2, 3]
    objective_fact: Bit
    corporate_denial: Bit
    influencer_sharing: Bit
    complaint: Bit
    lang: str = "und"
    role: str = "unknown"
    source: str = ""

    def targets(self) -> list[float]:
        """Targets in the order of `models.heads.LOGITS`."""
        anger = [float(self.anger >= grade) for grade in range(1, ANGER_GRADES + 1)]
        return anger + [float(getattr(self, head)) for head in BINARY_HEADS]


def read_folder(folder: Path, sets: Sequence[str] = ("labelled", "written")) -> list[Row]:
    """Every row of `folder/<set>/*.jsonl`, files in order of name."""
    files = [file for name in sets for file in sorted((folder / name).glob("*.jsonl"))]
    if not files:
        wanted = " or ".join(f"{folder}/{name}/*.jsonl" for name in sets)
        raise DataError(f"no labelled rows: expected {wanted}")
    return [row for file in files for row in read_file(file)]


def read_file(file: Path) -> Iterable[Row]:
    """The rows of one JSON Lines file; the first bad line ends it with its number."""
    decoder = msgspec.json.Decoder(Row)
    for number, line in enumerate(file.read_bytes().splitlines(), 1):
        try:
            row = decoder.decode(line)
        except msgspec.DecodeError as error:
            raise DataError(f"{file}, line {number}: {error}") from error
        yield msgspec.structs.replace(row, source=file.stem)


def text_key(text: str) -> str:
    """The same for texts that differ only in case, accents, handles, links or punctuation."""
    bare = unicodedata.normalize("NFKD", _NOISE.sub(" ", text.lower()))
    letters = "".join(char for char in bare if not unicodedata.combining(char))
    return " ".join(letters.split()) or text.strip()


def split_of(text: str) -> Split:
    """Which split a text belongs to: a tenth `test`, a tenth `valid`, by the hash of its key."""
    digest = hashlib.sha256(text_key(text).encode()).digest()
    bucket = int.from_bytes(digest[:8], "big") % _SPLITS
    return "test" if bucket == 0 else "valid" if bucket == 1 else "train"


def split(rows: Iterable[Row]) -> dict[Split, list[Row]]:
    """The rows by split, each split in the order given."""
    parts: dict[Split, list[Row]] = {"train": [], "valid": [], "test": []}
    for row in rows:
        parts[split_of(row.text)].append(row)
    return parts


def target_matrix(rows: Sequence[Row]) -> np.ndarray:
    """Targets, float32, shape (rows, logits)."""
    return np.array([row.targets() for row in rows], dtype=np.float32)
