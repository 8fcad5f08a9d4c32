"""The encoder at inference: int8, packed, and the same for a text whatever else is in the batch.

The tokens of all texts are packed into one matrix without padding. Linear layers multiply int8 by
int8 into int32, which is exact, with one activation scale per token; attention runs over texts of
one length at once. Nothing that is computed for a text depends on its neighbours. What stands
between the matrix products is written to where it came from as far as can be: a new place for each
would cost as much as the sums.
"""

import math
from collections.abc import Sequence
from itertools import groupby

import torch
import torch.nn.functional as F
from torch import Tensor

from models.artefact import Artefact

REVISION = 2
"""Raised where the same weights say other things than before: scores that are kept go by it."""

_LEAST_ROWS = 17  # torch._int_mm wants more than sixteen rows
_VECTOR = 16
"""Numbers of 32 bits that a processor takes at once, at most."""


class _Linear:
    """An int8 weight (rows, columns) with scales, and its bias."""

    def __init__(self, tensors: dict[str, Tensor], *names: str) -> None:
        self.weight = torch.cat([tensors[f"{name}.weight"] for name in names]).t()
        self.scale = torch.cat([tensors[f"{name}.weight.scale"] for name in names])
        self.bias = torch.cat([tensors[f"{name}.bias"] for name in names])

    def __call__(self, x: Tensor) -> Tensor:
        largest = torch.maximum(x.amax(1, keepdim=True), x.amin(1, keepdim=True).neg_())
        scale = largest.clamp_min_(1e-8).div_(127)
        product = torch._int_mm(torch.div(x, scale).round_().to(torch.int8), self.weight)
        return product.to(torch.float32).mul_(scale).mul_(self.scale).add_(self.bias)


class _Norm:
    def __init__(self, tensors: dict[str, Tensor], name: str, epsilon: float) -> None:
        self.weight, self.bias = tensors[f"{name}.weight"], tensors[f"{name}.bias"]
        self.epsilon = epsilon

    def __call__(self, x: Tensor) -> Tensor:
        return F.layer_norm(x, x.shape[-1:], self.weight, self.bias, self.epsilon)


class _Layer:
    def __init__(self, tensors: dict[str, Tensor], index: int, heads: int, epsilon: float) -> None:
        name = f"encoder.encoder.layer.{index}."
        attention = name + "attention.self."
        self.heads = heads
        self.qkv = _Linear(tensors, *(attention + part for part in ("query", "key", "value")))
        self.mix = _Linear(tensors, name + "attention.output.dense")
        self.mix_norm = _Norm(tensors, name + "attention.output.LayerNorm", epsilon)
        self.widen = _Linear(tensors, name + "intermediate.dense")
        self.narrow = _Linear(tensors, name + "output.dense")
        self.norm = _Norm(tensors, name + "output.LayerNorm", epsilon)

    def __call__(self, x: Tensor, runs: Sequence[tuple[int, int]]) -> Tensor:
        parts = self.qkv(x).split([texts * length for texts, length in runs])
        mixed = [_attend(part, *run, self.heads) for part, run in zip(parts, runs, strict=True)]
        x = self.mix_norm(self.mix(torch.cat(mixed)).add_(x))
        return self.norm(self.narrow(torch.ops.aten.gelu_(self.widen(x))).add_(x))


def _attend(qkv: Tensor, texts: int, length: int, heads: int) -> Tensor:
    """Attention within each of `texts` of one length, from their queries, keys and values."""
    width = qkv.shape[1] // 3
    size = width // heads
    parted = qkv.view(texts, length, 3, heads, size).permute(2, 0, 3, 1, 4).contiguous()
    query, key, value = parted.view(3, texts * heads, length, size)
    weights = _softmax(torch.bmm(query, key.transpose(1, 2)).div_(math.sqrt(size)))
    mixed = torch.bmm(weights, value).view(texts, heads, length, size)
    return mixed.transpose(1, 2).reshape(texts * length, width)


def _softmax(logits: Tensor) -> Tensor:
    """Of the last dimension. Where that is short of a vector, torch goes number by number."""
    if logits.shape[-1] >= _VECTOR:
        return torch.softmax(logits, dim=-1)
    weights = logits.sub_(logits.amax(-1, keepdim=True)).exp_()
    return weights.div_(weights.sum(-1, keepdim=True))


class Encoder:
    """Token ids and role rows to one hidden matrix per text."""

    def __init__(self, artefact: Artefact) -> None:
        config, tensors = artefact.config, artefact.tensors
        self.topic_layer = config.topic_layer
        name = "encoder.embeddings."
        self.words = tensors[name + "word_embeddings.weight"]
        self.word_scale = tensors[name + "word_embeddings.weight.scale"]
        self.positions = _rows(tensors, name + "position_embeddings")
        self.types = _rows(tensors, name + "token_type_embeddings")
        self.channels = tensors["channels.weight"]
        self.norm = _Norm(tensors, name + "LayerNorm", config.epsilon)
        self.layers = [
            _Layer(tensors, i, config.attention_heads, config.epsilon) for i in range(config.layers)
        ]

    def __call__(
        self, ids: Sequence[list[int]], roles: Sequence[int], channels: Sequence[int]
    ) -> list[tuple[Tensor, Tensor]]:
        """Last and topic layer's states (tokens, hidden) per text; fastest sorted by length.

        `roles` and `channels` are places in `ROLES` and `CHANNELS` of `models.heads`.
        """
        lengths = [len(row) for row in ids]
        missing = max(0, _LEAST_ROWS - sum(lengths))
        flat = torch.tensor([token for row in ids for token in row] + [0] * missing)
        spots = torch.cat([torch.arange(length) for length in (*lengths, missing)])
        types, places = (
            torch.tensor(
                [row for row, length in zip(rows, lengths, strict=True) for _ in range(length)]
                + [0] * missing
            )
            for rows in (roles, channels)
        )
        words = self.words[flat].to(torch.float32) * self.word_scale[flat, None]
        words += self.channels[places]
        x = self.norm(words + self.types[types] + self.positions[spots])
        packed = [*lengths, missing] if missing else lengths
        runs = [(len(list(same)), length) for length, same in groupby(packed)]
        topic = x
        for number, layer in enumerate(self.layers, 1):
            x = layer(x, runs)
            if number == self.topic_layer:
                topic = x
        states = zip(x.split(packed), topic.split(packed), strict=True)
        return list(states)[: len(ids)]


def _rows(tensors: dict[str, Tensor], name: str) -> Tensor:
    return tensors[f"{name}.weight"].to(torch.float32) * tensors[f"{name}.weight.scale"][:, None]
