"""Notes in another language: every phrase both ways, and nothing but phrases."""

import pytest

from scoring.phrases import _PHRASES, phrase, retold

VALUES = {
    "value": 0.5,
    "count": 3,
    "low": 1,
    "high": 9,
    "hours": "2 h",
    "usual": 0.4,
    "share": 0.2,
}


@pytest.mark.parametrize("name", _PHRASES["en"])
def test_every_phrase_is_retold(name: str) -> None:
    english, french = phrase("en", name, **VALUES), phrase("fr", name, **VALUES)
    assert retold(english, "fr") == french
    assert retold(french, "en") == english
    assert retold(french, "fr") == french


def test_other_words_stay_as_they_are() -> None:
    assert retold("{count} is no phrase", "fr") == "{count} is no phrase"
    assert retold("", "fr") == ""
    assert retold("clear anger ({value})", "fr") == "colère nette ({value})"
