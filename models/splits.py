"""Which rows train, stop, calibrate and test: by the hash of the text, near-duplicates together.

A twentieth each stops training and calibrates, a tenth tests. Two texts that nearly repeat each
other, and the two halves of a contrast pair, share a split, so that nothing is tested on what was
almost seen. A group goes where the member with the least hash would go alone, which rows that are
added later seldom change. A group of rows that are `train_only` trains, whatever its hash.
"""

import hashlib
import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from typing import Literal

import numpy as np
from datasketch import MinHash, MinHashLSH
from datasketch.hashfunc import sha1_hash32

from models.data import Row

Split = Literal["test", "calibration", "valid", "train"]
SPLITS: tuple[Split, ...] = ("test", "calibration", "valid", "train")

_BUCKETS = 20
_NOISE = re.compile(r"https?://\S+|@\w+|[\W_]+")
_SHINGLE = 5
_SHINGLES_HELD = 200_000
"""Shingles whose hash is remembered: most come in many texts."""
_HASHES = 128
_ALIKE = 0.75
"""Jaccard likeness of five-character shingles from which two texts count as one."""


def text_key(text: str) -> str:
    """The same for texts that differ only in case, accents, handles, links or punctuation."""
    bare = unicodedata.normalize("NFKD", _NOISE.sub(" ", text.lower()))
    letters = "".join(char for char in bare if not unicodedata.combining(char))
    return " ".join(letters.split()) or text.strip()


def split_of(text: str) -> Split:
    """Where a text would go alone."""
    number = _hash(text_key(text))
    tenth = number % (_BUCKETS // 2)
    if tenth == 0:
        return "test"
    if tenth == 1:
        return "valid" if (number // 10) % 2 else "calibration"
    return "train"


def split(rows: Sequence[Row]) -> dict[Split, list[Row]]:
    """The rows by split, each split in the order given."""
    parts: dict[Split, list[Row]] = {name: [] for name in SPLITS}
    leads = groups(rows)
    tested = {lead for row, lead in zip(rows, leads, strict=True) if not row.train_only}
    places = {lead: split_of(rows[lead].text) for lead in tested}
    for row, lead in zip(rows, leads, strict=True):
        parts[places.get(lead, "train")].append(row)
    return parts


def groups(rows: Sequence[Row]) -> list[int]:
    """Each row's group of near-duplicates and contrast twins: the index of its leading row."""
    parent = list(range(len(rows)))

    def root(index: int) -> int:
        while parent[index] != index:
            parent[index] = parent[parent[index]]
            index = parent[index]
        return index

    first: dict[str, int] = {}
    index = MinHashLSH(threshold=_ALIKE, num_perm=_HASHES)
    empty = MinHash(num_perm=_HASHES, seed=1, hashfunc=lru_cache(_SHINGLES_HELD)(sha1_hash32))
    keys = [text_key(row.text) for row in rows]
    for number, (row, key) in enumerate(zip(rows, keys, strict=True)):
        for name in (key, f"pair\0{row.pair}" if row.pair else key):
            parent[root(number)] = root(first.setdefault(name, number))
        if first[key] != number:
            continue
        sketch = empty.copy()
        sketch.update_batch(_shingles(key))
        for other in index.query(sketch):
            parent[root(number)] = root(other)
        index.insert(number, sketch)
    lead: dict[int, int] = {}
    hashes = [_hash(key) for key in keys]
    for number in range(len(rows)):
        top = root(number)
        if top not in lead or hashes[number] < hashes[lead[top]]:
            lead[top] = number
    return [lead[root(number)] for number in range(len(rows))]


def _hash(key: str, salt: bytes = b"") -> int:
    digest = hashlib.sha256(salt + key.encode()).digest()
    return int.from_bytes(digest[:8], "big")


def _shingles(key: str) -> set[bytes]:
    return {key[at : at + _SHINGLE].encode() for at in range(max(1, len(key) - _SHINGLE + 1))}


def folds(rows: Sequence[Row], number: int) -> np.ndarray:
    """A fold (0 to `number` - 1) per row, groups together, shape (rows,)."""
    found = [_hash(text_key(rows[name].text), b"fold ") % number for name in groups(rows)]
    return np.array(found, dtype=int)
