"""What the scoring process quotes of a mention, beside its scores."""

from datetime import UTC, datetime

import pytest

from scoring.mention import Author, Mention, Role
from scoring.scored import MAX_QUOTE
from streams.scorer.reader import Reader

CALM = "Bonjour, je suis client depuis 2010 et jusqu'ici tout allait bien."
ANGRY = "Vous êtes des voleurs et des menteurs, @shop_fr et @jeanne_d !"
NUMBER = "Ma carte 4970 1012 3456 7890 est débitée deux fois sans raison, c'est honteux !"


@pytest.fixture(scope="module")
def reader() -> Reader:
    return Reader()


def said(text: str, id: str = "1", brand: str = "shop") -> Mention:
    return Mention(
        id=id,
        brand=brand,
        text=text,
        created_at=datetime(2020, 1, 1, tzinfo=UTC),
        channel="twitter",
        author=Author(id="ann", role=Role.CUSTOMER),
    )


def test_each_likely_signal_has_a_short_masked_quote(reader: Reader) -> None:
    texts = [f"{CALM} {ANGRY}", NUMBER, "VOLEURS" * 2_000, CALM, "", "😡😡😡"]
    for scored in reader.read([said(text, id=str(at)) for at, text in enumerate(texts)]):
        likely = {
            signal
            for signal in ("anger", "objective_fact", "corporate_denial", "complaint")
            if getattr(scored.scores, signal) >= 0.5
        }
        assert likely <= set(scored.quotes)
        for quote in scored.quotes.values():
            assert 0 < len(quote) <= MAX_QUOTE
            assert "jeanne" not in quote
            assert "4970" not in quote
            assert "7890" not in quote


def test_the_quote_is_the_telling_part_not_the_beginning(reader: Reader) -> None:
    (scored,) = reader.read([said(f"{CALM} {ANGRY}")])
    assert "voleurs" in scored.quote("anger")
    assert not scored.quote("anger").startswith("Bonjour")
    assert scored.quote().startswith("Bonjour")


def test_a_repeated_text_is_quoted_from_the_cache_and_masked_for_its_own_brand(
    reader: Reader,
) -> None:
    text = "@shop_fr vous êtes des voleurs, @shop_fr me doit deux mois de loyer !"
    ours, theirs = reader.read([said(text), said(text, "2", brand="kelvio")])
    hits = reader.hits
    (again,) = reader.read([said(text, "3")])
    assert reader.hits == hits + 1
    assert again.quotes == ours.quotes
    assert set(ours.quotes) == set(theirs.quotes)
    assert all("shop_fr" not in quote for quote in theirs.quotes.values())
