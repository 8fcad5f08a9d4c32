"""The gate while it is trained: the sums of `models.gate.table`, in torch, then multiplied out.

Each piece has one vector; a linear window over three neighbours makes the filters. The vectors
begin as the leading principal components of the encoder's own, so that words that no row holds
still resemble those that some do.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from models.gate.table import LONG_SUM
from models.heads import HEADS, LOGIT_OF_HEAD, LOGITS, ROLES

_WINDOW = 3
_SPREAD = 0.3
_DROPOUT = 0.2
_ROLE_DROPOUT = 0.3
_POOL_BATCHES = 16
_LEAST_MET = 3
_DECAY = 1e-4
COMPLAINT = LOGITS.index("complaint")
GRAVE = [i for head, i in zip(HEADS, LOGIT_OF_HEAD, strict=True) if head != "complaint"]
"""Columns of what the gate must not pass over: clear anger, fact, denial, sharing."""


@dataclass(frozen=True)
class GateConfig:
    """Sizes and course of a gate's training, chosen by cross-fitting on the training split.

    `positive_weight` below 1: what is certainly nothing must be known well, the rest need not.
    """

    seed: int = 13
    width: int = 64
    filters: int = 32
    hidden: int = 64
    epochs: int = 2
    batch_size: int = 128
    rate: float = 3e-3
    positive_weight: float = 0.25
    folds: int = 5


@dataclass(frozen=True)
class Examples:
    """Token ids and role rows, and probabilities by logit as targets, float32 (texts, logits)."""

    ids: Sequence[list[int]]
    roles: np.ndarray
    targets: np.ndarray

    def chosen(self, which: np.ndarray) -> "Examples":
        """Those for which `which`, bool (texts,), holds."""
        ids = [row for row, taken in zip(self.ids, which, strict=True) if taken]
        return Examples(ids, self.roles[which], self.targets[which])

    def __add__(self, other: "Examples") -> "Examples":
        return Examples(
            [*self.ids, *other.ids],
            np.concatenate([self.roles, other.roles]),
            np.concatenate([self.targets, other.targets]),
        )


class GateNetwork(nn.Module):
    """Filters, pooling, one hidden layer; outputs are the logits, anything grave, anything."""

    def __init__(self, vectors: Tensor, config: GateConfig) -> None:
        super().__init__()
        self.none = len(vectors)
        padded = torch.cat([vectors, torch.zeros(1, vectors.shape[1])])
        self.pieces = nn.Embedding.from_pretrained(
            padded, freeze=False, padding_idx=self.none, sparse=True
        )
        self.window = nn.Linear(_WINDOW * vectors.shape[1], config.filters)
        self.roles = nn.Embedding(len(ROLES), config.hidden)
        nn.init.zeros_(self.roles.weight)
        self.hidden = nn.Linear(3 * config.filters, config.hidden)
        self.outputs = nn.Linear(config.hidden, len(LOGITS) + 2)
        self.dropout = nn.Dropout(_DROPOUT)

    def forward(self, ids: Tensor, roles: Tensor) -> Tensor:
        """Logits (batch, outputs) of ids (batch, tokens), `none` where there is no token."""
        vectors = F.pad(self.dropout(self.pieces(ids)), (0, 0, 1, 1))
        tokens = ids.shape[1]
        windows = torch.cat([vectors[:, at : at + tokens] for at in range(_WINDOW)], dim=-1)
        there = (ids != self.none).unsqueeze(-1)
        held = F.relu(self.window(windows)) * there  # at least 0, so that 0 leaves maxima alone
        total = held.sum(1)
        pooled = torch.cat([total / there.sum(1), total / LONG_SUM, held.amax(1)], dim=-1)
        inner = F.relu(self.hidden(pooled) + self.roles(roles))
        found: Tensor = self.outputs(self.dropout(inner))
        return found

    def tensors(self) -> dict[str, np.ndarray]:
        """What a `Gate` takes, but for `known`; its score is the mean of the last two outputs."""
        with torch.no_grad():
            width = self.pieces.weight.shape[1]
            parts = self.window.weight.split(width, dim=1)
            table = torch.stack([self.pieces.weight @ part.T for part in parts])
            scale = table.abs().amax((0, 1)).clamp_min(1e-8) / 127
            columns = torch.cat([self.outputs.weight, self.outputs.bias[:, None]], dim=1)
            score = columns[len(LOGITS) :].mean(0, keepdim=True)
            found = {
                "pieces": torch.round(table / scale).to(torch.int8),
                "scale": scale,
                "bias": self.window.bias,
                "roles": self.roles.weight,
                "hidden": torch.cat([self.hidden.weight, self.hidden.bias[:, None]], dim=1).T,
                "outputs": torch.cat([columns[: len(LOGITS)], score]).T,
            }
        return {name: tensor.detach().contiguous().numpy().copy() for name, tensor in found.items()}


def leading(words: np.ndarray, width: int) -> Tensor:
    """The encoder's word vectors (pieces, hidden) in their `width` principal components."""
    centred = words.astype(np.float64) - words.mean(0)
    _, axes = np.linalg.eigh(centred.T @ centred)  # eigenvalues rise
    found = centred @ axes[:, ::-1][:, :width]
    return torch.from_numpy(found * (_SPREAD / found.std())).float()


def train(vectors: Tensor, examples: Examples, config: GateConfig) -> dict[str, np.ndarray]:
    """The tensors of a gate trained on examples; the same for the same seed, on one thread."""
    rng = random.Random(config.seed)
    with torch.random.fork_rng():
        torch.manual_seed(config.seed)
        network = GateNetwork(vectors, config).train()
        dense = [p for name, p in network.named_parameters() if name != "pieces.weight"]
        optimizers: list[torch.optim.Optimizer] = [
            torch.optim.SparseAdam(network.pieces.parameters(), lr=config.rate),
            torch.optim.AdamW(dense, lr=config.rate, weight_decay=_DECAY),
        ]
        steps = config.epochs * -(-len(examples.ids) // config.batch_size)
        for epoch in range(config.epochs):
            for number, group in enumerate(_groups(examples.ids, config.batch_size, rng)):
                step = epoch * (steps // config.epochs) + number
                for optimizer in optimizers:
                    optimizer.param_groups[0]["lr"] = config.rate * max(0.02, 1 - step / steps)
                    optimizer.zero_grad()
                logits = network(*_batch(examples, group, network.none, rng))
                targets = torch.from_numpy(_with_sums(examples.targets[group]))
                F.binary_cross_entropy_with_logits(
                    logits, targets, pos_weight=torch.tensor(config.positive_weight)
                ).backward()
                for optimizer in optimizers:
                    optimizer.step()
    return {**network.tensors(), "known": _known(examples.ids, network.none)}


def _groups(ids: Sequence[list[int]], size: int, rng: random.Random) -> list[list[int]]:
    """One epoch's batches, texts of similar length together."""
    order = list(range(len(ids)))
    rng.shuffle(order)
    groups: list[list[int]] = []
    for start in range(0, len(order), size * _POOL_BATCHES):
        window = sorted(order[start : start + size * _POOL_BATCHES], key=lambda i: len(ids[i]))
        groups += [window[at : at + size] for at in range(0, len(window), size)]
    rng.shuffle(groups)
    return groups


def _batch(
    examples: Examples, group: Sequence[int], none: int, rng: random.Random
) -> tuple[Tensor, Tensor]:
    """Padded ids (batch, tokens) and roles (batch,), which most live mentions do not state."""
    longest = max(len(examples.ids[i]) for i in group)
    ids = torch.full((len(group), longest), none)
    for row, i in enumerate(group):
        ids[row, : len(examples.ids[i])] = torch.tensor(examples.ids[i])
    roles = [0 if rng.random() < _ROLE_DROPOUT else int(examples.roles[i]) for i in group]
    return ids, torch.tensor(roles)


def _with_sums(targets: np.ndarray) -> np.ndarray:
    """Targets with two more columns: anything grave, anything that the gate should not pass."""
    grave = targets[:, GRAVE].max(1, keepdims=True)
    return np.hstack([targets, grave, np.maximum(grave, targets[:, [COMPLAINT]])])


def _known(ids: Sequence[list[int]], none: int) -> np.ndarray:
    """1 for pieces that occur a few times and for none, else 0; uint8 (pieces + 1,)."""
    flat = np.fromiter((at for row in ids for at in row), dtype=np.int64)
    met = np.bincount(flat, minlength=none + 1) >= _LEAST_MET
    met[none] = True
    return met.astype(np.uint8)
