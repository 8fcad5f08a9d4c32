"""Which brand a text is about: words and their borders, handles, exclusions, many words at once."""

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.errors import ConfigError
from streams.first import answers
from streams.sources.brands import Matcher, read
from streams.sources.folding import fold, slug
from streams.sources.mapping import shape
from streams.sources.source import Item

MATCHER = Matcher(
    read(
        {
            "acme": {
                "keywords": ["Acme", "acme mobile", "akme*"],
                "handles": ["@acme", "bluesky:acme.example", "did:plc:x1"],
                "exclude": ["acme bricks"],
            },
            "orange": {
                "keywords": ["orange"],
                "exclude": ["jus d'orange"],
                "context": ["réseau", "facture"],
                "handles": ["@orange_fr"],
            },
            "free": {"cased": ["Free"]},
            "royal": {"keywords": ["hôtel royal", "全日空"]},
            "cafe": {"keywords": ["café del sol"]},
            "coeur": {"keywords": ["Cœur de Lion", "Søstrene"]},
        }
    )
)


@pytest.mark.parametrize(
    ("text", "brands"),
    [
        ("ACME lost my bag", ["acme"]),
        ("L’Acme, c’est nul", ["acme"]),
        ("#acme", ["acme"]),
        ("(acme)…", ["acme"]),
        ("acme's fault", ["acme"]),
        ("A\u200bcme with an invisible sign", ["acme"]),
        ("Ａｃｍｅ in full width", ["acme"]),
        ("acmes", []),
        ("macme", []),
        ("acme_fan", []),
        ("acmé", ["acme"]),
        ("akmeify", ["acme"]),
        ("oakmeal", []),
        ("acme bricks are fine", []),
        ("Acme\u00a0 Bricks vs acme", ["acme"]),
        ("un jus d’orange", []),
        ("orange", []),
        ("ma facture orange", ["orange"]),
        ("facture : un jus d'orange", []),
        ("@orange_fr", ["orange"]),
        ("Free a coupé le reseau", ["free"]),
        ("it is free", []),
        ("HOTEL ROYAL!", ["royal"]),
        ("私は全日空が嫌い", ["royal"]),
        ("CAFÉ DEL\nSOL", ["cafe"]),
        ("cafe\u0301 del sol", ["cafe"]),
        ("acme et Free", ["acme", "free"]),
        ("", []),
        ("le coeur de lion", ["coeur"]),
        ("LE CŒUR DE LION", ["coeur"]),
        ("sostrene i lodz", ["coeur"]),
    ],
)
def test_words_count_where_they_stand_alone(text: str, brands: list[str]) -> None:
    assert MATCHER.brands_of(text, "forum") == brands


@pytest.mark.parametrize(
    ("text", "channel", "named"),
    [
        ("@acme help", "twitter", True),
        ("hi @ACME.", "twitter", True),
        ("@acme-", "twitter", True),
        ("@acmeair", "twitter", False),
        ("@acme.example", "bluesky", True),
        ("@acme.example", "twitter", False),
        ("@acme@evil.example", "mastodon", False),
        ("mail me@acme", "twitter", False),
        (".@acme you lost it", "twitter", True),
        ("…@acme", "twitter", True),
        ("hey/@acme", "twitter", True),
        ("a@@acme", "twitter", False),
    ],
)
def test_handles_are_whole_and_of_their_channel(text: str, channel: str, named: bool) -> None:
    found = [hit for hit in MATCHER.hits(text, channel) if hit.by == "handle"]
    assert bool(found) == named


def test_the_brand_itself_is_known() -> None:
    assert MATCHER.owns("acme", "twitter", ["@Acme", None])
    assert MATCHER.owns("acme", "bluesky", ["did:plc:x1"])
    assert not MATCHER.owns("acme", "twitter", ["acme.example"])
    assert not MATCHER.owns("free", "twitter", ["@acme"])
    assert MATCHER.brands_of("hello", "bluesky", ["did:plc:x1"]) == ["acme"]


@given(
    words=st.lists(
        st.text("abéß '-中a0", min_size=1, max_size=6).map(str.strip).filter(
            lambda word: any(c.isalnum() for c in word) and word[0].isalnum() and word[-1].isalnum()
        ),
        min_size=1,
        max_size=8,
        unique_by=fold,
    ),
    text=st.text("abéß '-.中a0_@", max_size=40),
)  # fmt: skip
def test_as_a_plain_search_finds_them(words: list[str], text: str) -> None:
    matcher = Matcher(read({f"b{n}": {"keywords": [word]} for n, word in enumerate(words)}))
    expected = []
    for number, word in enumerate(words):
        # A border stands where one side is no letter, digit or underscore, or is Han.
        inner = re.escape(fold(word))
        left = r"(?:(?<=[^\w])|(?<=中)|^)" if word[0] != "中" else ""
        right = r"(?:(?=[^\w])|(?=中)|$)" if word[-1] != "中" else ""
        if re.search(left + inner + right, fold(text)):
            expected.append(f"b{number}")
    assert matcher.brands_of(text, "forum") == sorted(expected)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("Café Noir", "cafe-noir"),
        ("Cœur de Lion", "coeur-de-lion"),
        ("Søstrene Grene", "sostrene-grene"),
        ("Straße & Łódź", "strasse-lodz"),
        ("L’Oréal", "loreal"),
        ("全日空", ""),
    ],
)
def test_slugs_are_the_same_everywhere(name: str, said: str) -> None:
    assert slug(name) == said
    if said:
        assert answers.brand(name).slug == said
    made = shape({"text": "t", "created_at": "d", "brand": "b"})
    (found,) = made.items({"t": "x", "d": "2026-11-20", "b": name}, "it", "forum")
    assert isinstance(found, Item)
    assert found.named == bool(said)
    assert not said or found.mention.brand == said


def test_many_words_at_once() -> None:
    tables = {f"brand-{n}": {"keywords": [f"word{n}", f"phrase number {n}"]} for n in range(5000)}
    matcher = Matcher(read(tables))
    text = "Nothing but a phrase number 4321 and word17, words17 and " * 20
    assert matcher.brands_of(text, "forum") == ["brand-17", "brand-4321"]


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ({"Acme": {"keywords": ["x1"]}}, "slug"),
        ({"acme": 5}, r"\[brands.acme\]"),
        ({"acme": {}}, "nothing to look for"),
        ({"acme": {"keyword": ["x"]}}, "no such key; did you mean keywords"),
        ({"acme": {"keywords": "acme"}}, "expected a list"),
        ({"acme": {"keywords": ["!?"]}}, "neither letter nor digit"),
        ({"acme": {"keywords": ["a*b"]}}, "at the end"),
        ({"acme": {"handles": ["@"]}}, "empty"),
    ],
)
def test_what_is_wrong_is_named(table: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        read(table)
