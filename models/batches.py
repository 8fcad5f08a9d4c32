"""Training batches: rows of similar length together, light augmentation, role dropout."""

import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from tokenizers import Tokenizer

from models.data import Row, target_matrix
from models.heads import role_index
from models.text import encode

PAD = 1
_POOL_BATCHES = 16
_ROLE_DROPOUT = 0.15
_LOWER_SHARE = 0.08
_NO_HANDLE_SHARE = 0.08
_HANDLE = re.compile(r"^(?:@\w+\s+)+")


@dataclass(frozen=True)
class Batch:
    """Padded ids and mask (batch, tokens), roles (batch,), targets (batch, logits)."""

    ids: torch.Tensor
    mask: torch.Tensor
    roles: torch.Tensor
    targets: torch.Tensor


def _augmented(row: Row, rng: random.Random) -> tuple[str, str]:
    text, role = row.text, row.role
    if rng.random() < _ROLE_DROPOUT:
        role = "unknown"  # most live mentions say nothing of their author
    if rng.random() < _LOWER_SHARE:
        text = text.lower()
    if rng.random() < _NO_HANDLE_SHARE:
        text = _HANDLE.sub("", text)
    return text, role


def collate(ids: Sequence[list[int]], roles: Sequence[str], targets: torch.Tensor) -> Batch:
    """One batch, padded to its longest row."""
    longest = max(map(len, ids))
    padded = torch.full((len(ids), longest), PAD)
    for index, row in enumerate(ids):
        padded[index, : len(row)] = torch.tensor(row)
    return Batch(
        padded, (padded != PAD).long(), torch.tensor([role_index(r) for r in roles]), targets
    )


def training(
    rows: Sequence[Row], tokenizer: Tokenizer, size: int, max_tokens: int, seed: int
) -> Iterator[Batch]:
    """One epoch in random order; neighbours in a batch have similar lengths."""
    rng = random.Random(seed)
    texts, roles = zip(*(_augmented(row, rng) for row in rows), strict=True)
    ids = encode(tokenizer, texts, max_tokens)
    targets = torch.from_numpy(target_matrix(rows))
    order = list(range(len(rows)))
    rng.shuffle(order)
    groups = []
    for start in range(0, len(order), size * _POOL_BATCHES):
        window = sorted(order[start : start + size * _POOL_BATCHES], key=lambda i: len(ids[i]))
        groups += [window[at : at + size] for at in range(0, len(window), size)]
    rng.shuffle(groups)
    for group in groups:
        yield collate([ids[i] for i in group], [roles[i] for i in group], targets[group])


def in_order(
    rows: Sequence[Row], tokenizer: Tokenizer, size: int, max_tokens: int
) -> Iterator[tuple[list[int], Batch]]:
    """All rows as they are, sorted by length, with their indices."""
    ids = encode(tokenizer, [row.text for row in rows], max_tokens)
    targets = torch.from_numpy(target_matrix(rows))
    order = sorted(range(len(rows)), key=lambda i: len(ids[i]))
    for start in range(0, len(order), size):
        group = order[start : start + size]
        yield group, collate([ids[i] for i in group], [rows[i].role for i in group], targets[group])
