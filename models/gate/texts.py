"""What a gate learns from beside labelled rows: texts that the encoder alone speaks of.

Fragments of labelled rows (runs of their words, and all but some of their words) say which words
carry a signal (Tang et al. 2019, arXiv:1903.12136); texts of public sets say what people write
when they do not complain.
"""

import random
from collections.abc import Iterator, Sequence
from pathlib import Path

from models import auxiliary, splits
from models.data import Row
from models.query import Query

PUBLIC = 70_000
CHATTER = 1_500
_CHATTER_SETS = ("xlmt_sentiment", "goemotions")
_PAIRS = 2
_LEAST_WORDS = 4
_RUN_SHARE = (0.3, 0.8)
_DROPPED_SHARE = (0.1, 0.35)


def fragments(rows: Sequence[Row], seed: int) -> Iterator[tuple[int, Query]]:
    """Fragments with the index of the row they are of."""
    rng = random.Random(seed)
    for index, row in enumerate(rows):
        words = row.text.split()
        if len(words) < _LEAST_WORDS:
            continue
        for _ in range(_PAIRS):
            length = max(2, int(len(words) * rng.uniform(*_RUN_SHARE)))
            start = rng.randrange(len(words) - length + 1)
            dropped = rng.uniform(*_DROPPED_SHARE)
            run = words[start : start + length]
            rest = [word for word in words if rng.random() >= dropped] or words[:1]
            yield index, row.query._replace(text=" ".join(run))
            yield index, row.query._replace(text=" ".join(rest))


def public(data: Path | None, rows: Sequence[Row], seed: int) -> tuple[list[Query], list[Query]]:
    """Texts of public sets to learn from, and chatter to measure on: general tweets and comments.

    None is a labelled row or nearly one. What is measured on is chosen by the hash of the text, as
    test rows are, and never learnt from.
    """
    if data is None:
        return [], []
    seen = {splits.text_key(row.text) for row in rows}
    learnt, chatter = [], []
    for name, examples in auxiliary.read(data, auxiliary.held(data), 0).items():
        for example in examples:
            key = splits.text_key(example.text)
            if key in seen:
                continue
            seen.add(key)
            query = Query(example.text, example.role, example.channel)
            if splits.split_of(example.text) != "test":
                learnt.append(query)
            elif name in _CHATTER_SETS:
                chatter.append(query)
    rng = random.Random(seed)
    return (
        rng.sample(learnt, min(PUBLIC, len(learnt))),
        rng.sample(chatter, min(CHATTER, len(chatter))),
    )
