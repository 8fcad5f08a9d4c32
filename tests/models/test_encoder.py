"""The encoder at inference: a text's states are its own, to the last bit."""

import random

import pytest
import torch
from torch import Tensor

from models import artefact
from models.encoder import Encoder, _attend, _softmax

LENGTHS = [1, 2, 2, 2, 5, 5, 15, 15, 16, 16, 16, 17, 29, 29, 29, 29]


@pytest.fixture(scope="module")
def loaded() -> artefact.Artefact:
    return artefact.load()


@pytest.fixture(scope="module")
def encoder(loaded: artefact.Artefact) -> Encoder:
    return Encoder(loaded)


def texts(lengths: list[int]) -> list[list[int]]:
    rng = random.Random(3)
    return [[rng.randrange(5, 39_000) for _ in range(length)] for length in lengths]


def read(encoder: Encoder, ids: list[list[int]]) -> list[tuple[Tensor, Tensor]]:
    with torch.inference_mode():
        return encoder(ids, [0] * len(ids), [0] * len(ids))


# The second and third: what fills up to the least number of rows is as long as the last text.
@pytest.mark.parametrize("lengths", [LENGTHS, [3, 7], [8], [16, 1, 16]])
def test_states_are_the_same_alone_and_in_company(encoder: Encoder, lengths: list[int]) -> None:
    ids = texts(lengths)
    together = read(encoder, ids)
    assert [len(last) for last, _ in together] == lengths
    for one, (last, topic) in zip(ids, together, strict=True):
        ((alone, alone_topic),) = read(encoder, [one])
        assert torch.equal(alone, last)
        assert torch.equal(alone_topic, topic)


def test_nothing_is_nothing(encoder: Encoder) -> None:
    assert read(encoder, []) == []


def test_reading_leaves_the_model_as_it_is(loaded: artefact.Artefact) -> None:
    before = {name: tensor.clone() for name, tensor in loaded.tensors.items()}
    read(Encoder(loaded), texts(LENGTHS))
    assert all(torch.equal(tensor, before[name]) for name, tensor in loaded.tensors.items())


@pytest.mark.parametrize("length", [1, 3, 15, 16, 40])
def test_attention_is_the_softmax_of_the_textbook(length: int) -> None:
    generator = torch.Generator().manual_seed(length)
    qkv = torch.randn(3 * length, 3 * 24, generator=generator) * 3
    found = _attend(qkv, 3, length, heads=2).view(3, length, 24)
    parts = qkv.view(3, length, 3, 2, 12).permute(2, 0, 3, 1, 4).double()
    expected = torch.nn.functional.scaled_dot_product_attention(*parts)
    expected = expected.transpose(1, 2).reshape(3, length, 24)
    assert torch.allclose(found.double(), expected, atol=1e-4)


@pytest.mark.parametrize("length", [2, 15, 16])
def test_no_logit_is_too_large(length: int) -> None:
    logits = torch.linspace(-300.0, 300.0, 4 * length).view(4, length)
    expected = torch.softmax(logits.double(), dim=-1)
    assert torch.allclose(_softmax(logits.clone()).double(), expected, atol=1e-7)
