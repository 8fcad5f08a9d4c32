"""What the network reads of a published text."""

import unicodedata

import pytest
from tokenizers import Tokenizer

from models import artefact
from models.text import clean, encode
from models.unseen import NOTHING, Unseen


@pytest.fixture(scope="module")
def unseen() -> Unseen:
    return Unseen(Tokenizer.from_file(str(artefact.SHIPPED / artefact.TOKENIZER)))


def test_links_runs_and_white_space_are_put_short() -> None:
    text = "Nuuuuuuuuul !!!!!!!!\n\n voir https://x.example/a?b=c &amp;\u200bwww.y.example"
    assert clean(text) == "Nuuuul !!!! voir http & http"


@pytest.mark.parametrize(
    ("char", "put"),
    [("😾", "😡"), ("😿", "😢"), ("🅰", "A"), ("Ǎ", "A"), ("ｅ", "e"), ("𓀀", NOTHING)],
)
def test_the_unknown_becomes_the_nearest_known(unseen: Unseen, char: str, put: str) -> None:
    found = unseen.mended(char)
    assert found in (put, char if unseen.known(char) else put)


def test_no_character_is_read_as_unknown(unseen: Unseen) -> None:
    tokenizer = Tokenizer.from_file(str(artefact.SHIPPED / artefact.TOKENIZER))
    kept = [chr(code) for code in (*range(0x20, 0x3100), *range(0x1F000, 0x1FB00), 0x13000, 0x4E2D)]
    said = [char for char in kept if unicodedata.category(char)[0] in "LNPSM"]
    rows = encode(tokenizer, [f"a {char} b" for char in said], 160)
    assert not [char for char, ids in zip(said, rows, strict=True) if unseen.unknown in ids]


def test_what_is_known_is_left_alone(unseen: Unseen) -> None:
    text = "Où est passé l'œuf de 3,50 € ? 😡🤬 #déçu"
    assert unseen.mended(text) == text


def test_a_long_text_keeps_its_head_and_its_tail() -> None:
    tokenizer = Tokenizer.from_file(str(artefact.SHIPPED / artefact.TOKENIZER))
    text = "début " + "milieu " * 500 + "fin"
    (ids,) = encode(tokenizer, [text], 40)
    assert len(ids) == 40
    said = tokenizer.decode(ids)
    assert said.startswith("début")
    assert said.endswith("fin")
