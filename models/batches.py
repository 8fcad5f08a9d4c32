"""Training batches: texts of similar length together, light augmentation, role dropout."""

import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from tokenizers import Tokenizer

from models.auxiliary import Example
from models.data import Row
from models.heads import channel_index, role_index
from models.query import Query
from models.text import encode

PAD = 1
_POOL_BATCHES = 64
"""Batches whose texts are sorted by length together: with 16, a quarter was padding."""
_ROLE_DROPOUT = 0.15
_CHANNEL_DROPOUT = 0.3
_LOWER_SHARE = 0.08
_NO_HANDLE_SHARE = 0.08
_HANDLE = re.compile(r"^(?:@\w+\s+)+")
_NO_TWINS = torch.zeros((0, 2), dtype=torch.long)


@dataclass(frozen=True)
class Batch:
    """Ids and mask (batch, tokens), roles and channels (batch,), targets (batch, columns).

    `twins` (pairs, 2) are the places of contrast pairs in the batch.
    """

    ids: torch.Tensor
    mask: torch.Tensor
    roles: torch.Tensor
    channels: torch.Tensor
    targets: torch.Tensor
    twins: torch.Tensor = _NO_TWINS


def _augmented(example: Example, rng: random.Random) -> Query:
    text, role, channel = example.text, example.role, example.channel
    if rng.random() < _ROLE_DROPOUT:
        role = "unknown"  # most live mentions say nothing of their author
    if rng.random() < _CHANNEL_DROPOUT:
        channel = "other"  # real rows are all of one channel, which must not give them away
    if rng.random() < _LOWER_SHARE:
        text = text.lower()
    if rng.random() < _NO_HANDLE_SHARE:
        text = _HANDLE.sub("", text)
    return Query(text, role, channel)


def collate(
    ids: Sequence[list[int]], places: Sequence[Query | Example | Row], targets: torch.Tensor
) -> Batch:
    """One batch, padded to its longest row."""
    longest = max(map(len, ids))
    padded = torch.full((len(ids), longest), PAD)
    for index, row in enumerate(ids):
        padded[index, : len(row)] = torch.tensor(row)
    return Batch(
        padded,
        (padded != PAD).long(),
        torch.tensor([role_index(place.role) for place in places]),
        torch.tensor([channel_index(place.channel) for place in places]),
        targets,
    )


def training(
    examples: Sequence[Example], tokenizer: Tokenizer, size: int, max_tokens: int, seed: int
) -> Iterator[Batch]:
    """One epoch in random order; texts of similar length, and twins, share a batch."""
    rng = random.Random(seed)
    places = [_augmented(example, rng) for example in examples]
    ids = encode(tokenizer, [place.text for place in places], max_tokens)
    units = _units(examples)
    rng.shuffle(units)
    order: list[list[int]] = []
    for start in range(0, len(units), size * _POOL_BATCHES):
        window = units[start : start + size * _POOL_BATCHES]
        order += sorted(window, key=lambda unit: max(len(ids[i]) for i in unit))
    groups = _filled(order, size)
    rng.shuffle(groups)
    for group in groups:
        targets = torch.from_numpy(np.stack([examples[i].targets for i in group]))
        batch = collate([ids[i] for i in group], [places[i] for i in group], targets)
        yield replace(batch, twins=_twins([examples[i].pair for i in group]))


def _units(examples: Sequence[Example]) -> list[list[int]]:
    """What stays together: twins, and everything else alone."""
    pairs: dict[str, list[int]] = {}
    units = []
    for index, example in enumerate(examples):
        if example.pair:
            pairs.setdefault(example.pair, []).append(index)
        else:
            units.append([index])
    return units + list(pairs.values())


def _filled(units: Sequence[list[int]], size: int) -> list[list[int]]:
    """Units in their order, in groups of `size`, one more where twins would be parted."""
    groups: list[list[int]] = [[]]
    for unit in units:
        if len(groups[-1]) >= size:
            groups.append([])
        groups[-1] += unit
    return groups


def _twins(pairs: Sequence[str | None]) -> torch.Tensor:
    places: dict[str, list[int]] = {}
    for place, pair in enumerate(pairs):
        if pair:
            places.setdefault(pair, []).append(place)
    found = [two for two in places.values() if len(two) == 2]
    return torch.tensor(found, dtype=torch.long).reshape(-1, 2)


def in_order(
    places: Sequence[Query | Example | Row], tokenizer: Tokenizer, size: int, max_tokens: int
) -> Iterator[tuple[list[int], Batch]]:
    """All texts as they are, sorted by length, with their indices; no targets."""
    ids = encode(tokenizer, [place.text for place in places], max_tokens)
    order = sorted(range(len(places)), key=lambda i: len(ids[i]))
    for start in range(0, len(order), size):
        group = order[start : start + size]
        none = torch.zeros((len(group), 0))
        yield group, collate([ids[i] for i in group], [places[i] for i in group], none)
