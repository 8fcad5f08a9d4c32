"""Short quotes are shown among the words around them."""

import pytest

from streams.console.quoting import widened

WORDS = "I waited at the gate from seven in the morning, for the train of 10h31 ? that never came"


@pytest.mark.parametrize(
    ("quote", "words", "shown"),
    [
        ("de 10h31", "where is the train de 10h31 ?", "where is the train de 10h31 ?"),
        ("of 10h31", WORDS, "…from seven in the morning, for the train of 10h31 ? that never came"),
        ("I waited", WORDS, "I waited at the gate from seven in the morning, for…"),
        ("of 10h31", "", "of 10h31"),
        ("of 9h", WORDS, "of 9h"),
        ("", WORDS, ""),
        ("from seven in the morning, for", WORDS, "from seven in the morning, for"),
    ],
)
def test_a_short_quote_is_widened(quote: str, words: str, shown: str) -> None:
    assert widened(quote, words) == shown
