"""A base so small that a whole run takes seconds: the real tokenizer over a tiny random encoder."""

import hashlib
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
import torch
from tokenizers import Tokenizer
from transformers import BertConfig, BertModel

from models.artefact import SHIPPED, TOKENIZER

PEOPLE = ("customer", "brand", "unknown")
Tocsin = Callable[..., "subprocess.CompletedProcess[str]"]
QUICK = ("--no-own", "--auxiliary", "none", "--layers", "2", "--threads", "1")


@pytest.fixture(scope="session")
def tiny_base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder as `models.base.obtain` makes them."""
    folder = tmp_path_factory.mktemp("base")
    tokenizer = Tokenizer.from_file(str(SHIPPED / TOKENIZER))
    torch.manual_seed(7)
    config = BertConfig(
        vocab_size=tokenizer.get_vocab_size(),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=4,
        intermediate_size=64,
        max_position_embeddings=512,
        pad_token_id=1,
    )
    BertModel(config, add_pooling_layer=False).save_pretrained(folder)
    tokenizer.save(str(folder / "tokenizer.json"))
    return folder


@pytest.fixture(scope="session")
def labelled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder of 1,200 easy rows: a word per label, by which even a tiny network can tell."""
    folder = tmp_path_factory.mktemp("data")
    (folder / "labelled").mkdir()
    with (folder / "labelled" / "easy.jsonl").open("wb") as file:
        for number in range(1_200):
            file.write(msgspec.json.encode(easy_row(number)) + b"\n")
    return folder


@pytest.fixture(scope="session")
def tocsin() -> Tocsin:
    """The command as a user runs it."""

    def run(*arguments: object) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [sys.executable, "-m", "streams", *map(str, arguments)],
            capture_output=True,
            text=True,
            timeout=300,
            env={**os.environ, "OMP_NUM_THREADS": "1"},
        )

    return run


@pytest.fixture(scope="session")
def run(
    tocsin: Tocsin, labelled: Path, tiny_base: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """A finished run on the easy rows."""
    folder = tmp_path_factory.mktemp("runs") / "easy"
    done = tocsin(
        "train", labelled, "--run", folder, "--base", tiny_base, "--epochs", 8, *QUICK,
        "--batch-size", 8,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "validation macro-F1" in done.stderr
    return folder


@pytest.fixture(scope="session")
def artefact(tocsin: Tocsin, run: Path, labelled: Path) -> Path:
    """The run, exported."""
    folder = run.parent / "artefact"
    done = tocsin("export", run, labelled, folder, "--no-own")
    assert done.returncode == 0, done.stderr
    return folder


def easy_row(number: int) -> dict:
    """The `number`-th row; labels follow from its digits in base two."""
    bits = [(number >> at) & 1 for at in range(5)]
    words = [
        "furious" if bits[0] else "calm",
        "yesterday 14:05" if bits[1] else "somehow",
        "they refuse" if bits[2] else "they listen",
        "please retweet" if bits[3] else "between us",
        "broken" if bits[4] else "lovely",
    ]
    role = PEOPLE[number % 3]
    return {
        "text": f"{' '.join(words)} {_filler(number)}",
        "lang": "en" if number % 2 else "fr",
        "role": role,
        "anger": 3 * bits[0],
        "objective_fact": bits[1],
        "corporate_denial": bits[2],
        "influencer_sharing": bits[3],
        "complaint": bits[4],
        **({"answer": "denial" if bits[2] else "other"} if role == "brand" else {}),
    }


def _filler(number: int) -> str:
    """Thirty letters that no other row has, so that rows are no near-duplicates of each other."""
    digest = hashlib.sha256(str(number).encode()).hexdigest()
    return " ".join(digest[at : at + 6] for at in range(0, 60, 6))
