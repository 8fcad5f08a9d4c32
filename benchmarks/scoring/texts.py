"""What the variants read: held-out texts, and a stream as a brand's might be."""

import random
from collections.abc import Sequence
from pathlib import Path

from models import auxiliary, splits
from models.data import Row
from models.query import Query
from streams.errors import UsageError

COMPLAINTS = 0.1
REPEATS = 1 / 3
_GENERAL = ("xlmt_sentiment", "goemotions")


def stream(data: Path, test: Sequence[Row], size: int, seed: int) -> list[Query]:
    """`size` queries: one in ten a complaint, one in three a repeat of an earlier one.

    Complaints are held-out ones; the rest is held-out rows that hold nothing, and general tweets
    and comments of public sets in equal parts, which no part of the model met. Repeats are drawn
    evenly from what went before, as shares of what is going round are. Raises UsageError where
    `data` lacks any of these.
    """
    rng = random.Random(seed)
    loud = [row.query for row in test if row.complaint]
    calm = [row.query for row in test if not any(row.targets()[1:7])]
    general = _general(data, {splits.text_key(row.text) for row in test})
    if not general:
        sets = " or ".join(f"train/{name}" for name in _GENERAL)
        raise UsageError(f"{data} holds no {sets}, from which the stream's small talk comes")
    if not loud or not calm:
        raise UsageError(f"{data}: the held-out rows are all complaints, or none is")
    found: list[Query] = []
    while len(found) < size:
        if found and rng.random() < REPEATS:
            found.append(rng.choice(found))
        elif rng.random() < COMPLAINTS:
            found.append(rng.choice(loud))
        else:
            found.append(rng.choice(rng.choice([calm, general])))
    return found


def _general(data: Path, known: set[str]) -> list[Query]:
    names = [name for name in _GENERAL if name in auxiliary.held(data)]
    return [
        Query(example.text)
        for examples in auxiliary.read(data, names, 0).values()
        for example in examples
        if splits.split_of(example.text) == "test" and splits.text_key(example.text) not in known
    ]
