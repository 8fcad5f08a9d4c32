"""Words of made-up crowds: dealt without repeats, with slips that leave handles whole."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from streams.histories import words
from streams.histories.people import Brand
from streams.histories.words import Deck

BRAND = Brand("acme-air", "Acme Air", "AcmeAir")


def test_every_line_is_dealt_before_any_comes_again() -> None:
    pool = tuple(f"line number {number}" for number in range(20))
    deck = Deck(pool, np.random.default_rng(1), BRAND, "en")
    assert {deck.deal(rough=0) for _ in pool} == set(pool)
    again = [deck.deal(rough=0) for _ in pool]
    assert not set(again) & set(pool)
    assert len(set(again)) == len(pool)


def test_slots_are_filled_in_the_language() -> None:
    line = "{at} {brand} {amount} {hour} {place} {name} {n} {days}"
    french = words.fill(line, np.random.default_rng(3), BRAND, "fr")
    english = words.fill(line, np.random.default_rng(3), BRAND, "en")
    assert french.startswith("@AcmeAir Acme Air ")
    assert "€" in french
    assert "£" in english
    assert "{" not in french + english


@given(
    st.integers(0, 2**32),
    st.text("abc déf?!. ", min_size=1).filter(lambda text: text.strip(". ")),
)
def test_slips_leave_something_and_spare_handles(seed: int, text: str) -> None:
    rng = np.random.default_rng(seed)
    slipped = words.scuff(f"@AcmeAir {text}", rng)
    assert slipped.split(" ")[0].casefold() == "@acmeair"
    assert len(slipped) > len("@AcmeAir ")


def test_the_handle_is_put_first_where_asked() -> None:
    deck = Deck(("no bars here", "ask @AcmeAir"), np.random.default_rng(1), BRAND, "en")
    dealt = {deck.deal(rough=0, tag=1.0) for _ in range(2)}
    assert dealt == {"@AcmeAir no bars here", "ask @AcmeAir"}
