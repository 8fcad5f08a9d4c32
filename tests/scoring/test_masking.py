"""Personal data goes; amounts, dates, times and short numbers stay."""

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.masking import MASK, mask, quote

IBAN = "FR76 3000 6000 0112 3456 7890 189"


@pytest.mark.parametrize(
    "secret",
    [
        "jean.dupont+sav@mail.example.co.uk",
        "a@b.fr",
        "zoé@exemple.fr",
        "06 12 34 56 78",
        "06.12.34.56.78",
        "06-12-34-56-78",
        "0612345678",
        "01 42 68 53 00",
        "+33 6 12 34 56 78",
        "+33 (0)6 12 34 56 78",
        "0033 6 12 34 56 78",
        "+33612345678",
        "0 800 123 456",
        "020 7946 0958",
        "(020) 7946 0958",
        "07700 900123",
        "+44 20 7946 0958",
        "+44 (0)20 7946 0958",
        "212-555-0123",
        "(212) 555-0123",
        "212.555.0123",
        "+1 212 555 0123",
        "1-800-555-0199",
        "+49 30 901820",
        "+81 3-1234-5678",
        "+32 2 123 45 67",
        IBAN,
        IBAN.replace(" ", ""),
        IBAN.lower(),
        "GB82 WEST 1234 5698 7654 32",
        "DE89370400440532013000",
        "4111 1111 1111 1111",
        "4111-1111-1111-1111",
        "4111111111111111",
        "378282246310005",
        "192.168.1.10",
        "2001:db8::8a2e:370:7334",
        "2001:0db8:85a3:0000:0000:8a2e:0370:7334",
    ],
)
@pytest.mark.parametrize(
    "around", ["{}", "Call {} now", "at {}, thanks.", "«{}»", "no={}", "({})", "{}\n"]
)
def test_personal_data_is_masked(secret: str, around: str) -> None:
    masked = mask(around.format(secret))
    assert MASK in masked
    left = re.sub(r"\W", "", masked)
    frame = re.sub(r"\W", "", around.format(""))
    assert left == frame, masked


@pytest.mark.parametrize(
    "text",
    [
        "06 12 34 56 78 le 12/05/2012",
        "le 12-05-2012 06 12 34 56 78",
        "2012-05-12 0612345678",
        "12.05.2012 06.12.34.56.78",
        "4111 1111 1111 1111 12/14",
        "my number is 0612345678abc",
        "212 555 0123 $5",
        "4111111111111111 €",
    ],
)
def test_what_stands_beside_it_does_not_save_it(text: str) -> None:
    masked = mask(text)
    assert MASK in masked
    for digits in ("12 34 56", "12345678", "12.34.56", "1111", "555"):
        assert digits not in masked


@pytest.mark.parametrize(
    "text",
    [
        "4,312.67 EUR",
        "4 312,67 EUR",
        "4312.67 €",
        "a £4,312,670.55 bill",
        "1 000 000 euros",
        "100 000 000 €",
        "$100 000 000",
        "99 % of 1,000,000 customers",
        "12/05/2012",
        "12.05.2012",
        "12-05-12",
        "2012-05-12",
        "2012-05-12 14:30",
        "2012-05-12T14:30:00Z",
        "12.05.2012 14:30:00",
        "from 10-12-2012 to 14-12-2012",
        "between 2010 and 2012, 2010-2012",
        "at 14:30, 14h30, 12:30:45",
        "order 123456",
        "commande n° 1234567",
        "case 00412387",
        "ticket #884422, SKY-8812-4471",
        "flight SK 1234, version 10.4.2",
        "call 118 218 or 3900",
        "on hold for 2 h 45, 3 times, 12 days",
        "https://x.example/2012/05/12/sole",
        "std::vector, 3:2, a:b",
    ],
)
def test_what_is_no_personal_data_stays(text: str) -> None:
    assert mask(text) == text


@pytest.mark.parametrize("handle", ["@jeanne_d", "@jean.dupont", "@j-dupont", "@User42"])
def test_handles_are_masked(handle: str) -> None:
    assert mask(f"thanks {handle} !", "skylark-air") == f"thanks @{MASK} !"


def test_a_mastodon_handle_is_masked() -> None:
    masked = mask("hello @jeanne@mastodon.example")
    assert "jeanne" not in masked
    assert "mastodon.example" not in masked


@pytest.mark.parametrize("handle", ["@SkylarkAir", "@skylarkair_help", "@Skylark_Air", "@skylark"])
def test_the_brands_own_handle_stays(handle: str) -> None:
    assert mask(f"hey {handle}", "skylark-air") == f"hey {handle}"


def test_a_short_brand_does_not_uncover_others() -> None:
    assert mask("@ora and @flora_m", "ora") == f"@ora and @{MASK}"


def test_a_quote_is_one_short_line() -> None:
    line = quote("a\nb \t c" + " word" * 100, limit=40)
    assert line.startswith("a b c word")
    assert len(line) <= 40
    assert line.endswith("…")
    assert quote("short") == "short"


def test_a_quote_is_masked_before_it_is_cut() -> None:
    assert "0612" not in quote("x" * 150 + " 06 12 34 56 78")


@given(st.text(max_size=400), st.text(max_size=20), st.integers(1, 200))
def test_any_text(text: str, brand: str, limit: int) -> None:
    mask(text, brand)
    line = quote(text, brand, limit)
    assert len(line) <= limit
    assert "\n" not in line


@given(st.from_regex(r"[0-9+@. ()\-:a-f,/€]{0,120}", fullmatch=True))
def test_any_mess_of_digits(text: str) -> None:
    assert not re.search(r"\d{13}", mask(text)) or "/" in text or "." in text


@pytest.mark.parametrize(
    "piece", ["a", "1", "1 ", "a.", "@", "a@", "AA11 ", "( ) ", "1((", "+", "1.", "1:", "-1", " "]
)
def test_the_longest_texts_take_no_longer(piece: str) -> None:
    """Milliseconds; where a pattern goes back over its text it is seconds."""
    started = time.process_time()
    mask(piece * (20_000 // len(piece)))
    assert time.process_time() - started < 0.4
