"""Tocsin's own sentences follow whoever looks; the words of others do not."""

import pytest

from scoring.phrases import phrase
from streams.console.languages import parted, told_in_each


@pytest.mark.parametrize(
    ("name", "count", "english", "french"),
    [
        ("deletion", 1, "the brand deleted 1 message", "la marque a supprimé 1 message"),
        ("deletion", 2, "the brand deleted 2 messages", "la marque a supprimé 2 messages"),
        ("persistence", 1, "the first author came back 1 time", "l'auteur est revenu 1 fois"),
        ("influencer", 1, "1 influencer takes part", "1 influenceur y prend part"),
        ("influencer", 12, "12 influencers take part", "12 influenceurs y prennent part"),
        ("media_coverage", 1, "1 media author took it up", "1 média en parle"),
        ("media_coverage", 3, "3 media authors took it up", "3 médias en parlent"),
    ],
)
@pytest.mark.parametrize("written", ["en", "fr"])
def test_notes_are_told_in_each_language_with_their_plurals(
    written: str, name: str, count: int, english: str, french: str
) -> None:
    assert told_in_each(phrase(written, name, count=count)) == {"en": english, "fr": french}


def test_a_headline_is_told_in_each_language_and_its_quote_in_its_own() -> None:
    anger = phrase("fr", "anger", value=0.9)
    proof = phrase("fr", "proof")
    reasons, quote = parted(f'{anger}; {proof} — "de 10h31 ; photo à l\'appui"')
    assert reasons == {
        "en": f"{phrase('en', 'anger', value=0.9)}; {phrase('en', 'proof')}",
        "fr": f"{anger}; {proof}".replace("%", "\u00a0%"),
    }
    assert quote == "de 10h31 ; photo à l'appui"


def test_words_that_are_not_ours_stay() -> None:
    words = "something else (s)"
    assert parted(words) == ({"en": words, "fr": words}, "")


def test_where_a_clock_tells_the_silence_no_reason_does() -> None:
    told, _ = parted("clear anger (90%); no answer for 3 h", ticking=True)
    assert told["en"] == "clear anger (90%)"
    told, _ = parted("sans réponse depuis 3 h", ticking=True)
    assert told["en"] == "no answer for 3 h"  # rather than nothing


def test_numbers_of_our_sentences_are_written_as_the_language_writes_them() -> None:
    told = told_in_each("4 people complain within 1 h, 0.2 are usual")
    assert "0.2" in told["en"]
    assert "0,2" in told["fr"]
    theirs = "version 2.0 at 100%"
    assert told_in_each(theirs) == {"en": theirs, "fr": theirs}
