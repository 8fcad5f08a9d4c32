"""The encoder at inference: int8, packed, and the same for a text whatever else is in the batch.

The tokens of all texts are packed into one matrix without padding. Linear layers multiply int8 by
int8 into int32, which is exact, with one activation scale per token; attention runs per text.
Nothing that is computed for a text depends on its neighbours.
"""

import math
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from models.artefact import Artefact

_LEAST_ROWS = 17  # torch._int_mm wants more than sixteen rows


class _Linear:
    """An int8 weight (rows, columns) with scales, and its bias."""

    def __init__(self, tensors: dict[str, Tensor], *names: str) -> None:
        self.weight = torch.cat([tensors[f"{name}.weight"] for name in names]).t()
        self.scale = torch.cat([tensors[f"{name}.weight.scale"] for name in names])
        self.bias = torch.cat([tensors[f"{name}.bias"] for name in names])

    def __call__(self, x: Tensor) -> Tensor:
        scale = x.abs().amax(1, keepdim=True).clamp_min(1e-8) / 127
        product = torch._int_mm(torch.round(x / scale).to(torch.int8), self.weight)
        return product.to(torch.float32).mul_(scale).mul_(self.scale).add_(self.bias)


class _Norm:
    def __init__(self, tensors: dict[str, Tensor], name: str, epsilon: float) -> None:
        self.weight, self.bias = tensors[f"{name}.weight"], tensors[f"{name}.bias"]
        self.epsilon = epsilon

    def __call__(self, x: Tensor) -> Tensor:
        return F.layer_norm(x, x.shape[-1:], self.weight, self.bias, self.epsilon)


class _Layer:
    def __init__(self, tensors: dict[str, Tensor], index: int, epsilon: float) -> None:
        name = f"encoder.encoder.layer.{index}."
        attention = name + "attention.self."
        self.qkv = _Linear(tensors, *(attention + part for part in ("query", "key", "value")))
        self.mix = _Linear(tensors, name + "attention.output.dense")
        self.mix_norm = _Norm(tensors, name + "attention.output.LayerNorm", epsilon)
        self.widen = _Linear(tensors, name + "intermediate.dense")
        self.narrow = _Linear(tensors, name + "output.dense")
        self.norm = _Norm(tensors, name + "output.LayerNorm", epsilon)

    def __call__(self, x: Tensor, lengths: Sequence[int], heads: int) -> Tensor:
        mixed = torch.cat([_attend(part, heads) for part in self.qkv(x).split(lengths)])
        x = self.mix_norm(x + self.mix(mixed))
        return self.norm(x + self.narrow(F.gelu(self.widen(x))))


def _attend(qkv: Tensor, heads: int) -> Tensor:
    tokens, width = qkv.shape[0], qkv.shape[1] // 3
    query, key, value = qkv.view(tokens, 3, heads, width // heads).permute(1, 2, 0, 3)
    weights = torch.softmax(query @ key.transpose(1, 2) / math.sqrt(width // heads), dim=-1)
    return (weights @ value).transpose(0, 1).reshape(tokens, width)


class Encoder:
    """Token ids and role rows to one hidden matrix per text."""

    def __init__(self, artefact: Artefact) -> None:
        config, tensors = artefact.config, artefact.tensors
        self.heads = config.attention_heads
        self.topic_layer = config.topic_layer
        name = "encoder.embeddings."
        self.words = tensors[name + "word_embeddings.weight"]
        self.word_scale = tensors[name + "word_embeddings.weight.scale"]
        self.positions = _rows(tensors, name + "position_embeddings")
        self.types = _rows(tensors, name + "token_type_embeddings")
        self.channels = tensors["channels.weight"]
        self.norm = _Norm(tensors, name + "LayerNorm", config.epsilon)
        self.layers = [_Layer(tensors, i, config.epsilon) for i in range(config.layers)]

    def __call__(
        self, ids: Sequence[list[int]], roles: Sequence[int], channels: Sequence[int]
    ) -> list[tuple[Tensor, Tensor]]:
        """Last and topic layer's states (tokens, hidden) per text.

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
        topic = x
        for number, layer in enumerate(self.layers, 1):
            x = layer(x, packed, self.heads)
            if number == self.topic_layer:
                topic = x
        states = zip(x.split(packed), topic.split(packed), strict=True)
        return list(states)[: len(ids)]


def _rows(tensors: dict[str, Tensor], name: str) -> Tensor:
    return tensors[f"{name}.weight"].to(torch.float32) * tensors[f"{name}.weight.scale"][:, None]
