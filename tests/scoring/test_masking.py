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
        "jean at exemple point fr",
        "jean.dupont @ exemple.fr",
        "jean arobaſe exemple point fr",
        "06 12 34 56 78",
        "06.12.34.56.78",
        "06-12-34-56-78",
        "06 - 12 - 34 - 56 - 78",
        "06–12–34–56–78",
        "06/12/34/56/78",
        "06,12,34,56,78",
        "06, 12, 34, 56, 78",
        "0️⃣6️⃣ 1️⃣2️⃣ 3️⃣4️⃣ 5️⃣6️⃣ 7️⃣8️⃣",
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
    ("text", "left"),
    [
        ("رقم الطلب ١٢٣٤٥٦٧٨ لم يصل", f"رقم الطلب {MASK} لم يصل"),
        ("رقم الطلب: 12345678 لم يصل", f"رقم الطلب: {MASK} لم يصل"),
        ("заказ № 1234567 не пришёл", f"заказ № {MASK} не пришёл"),
        ("ждал 12 дней, 2012 год", "ждал 12 дней, 2012 год"),
    ],
)
def test_where_no_words_are_known_a_number_of_some_length_counts_as_somebodys(
    text: str, left: str
) -> None:
    assert mask(text) == left


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
        "order of 3 items, order of 1200 euros, 12 orders",
        "commande de 12 articles, client depuis 2009, contrat de 24 mois",
        "case closed in 2012, ticket from 45€, account locked 3 times",
        "ISO-9001-2015, CVE-2023-12345, WH-1000XM4, A320-200, 0x80070057",
        "250 000 000 vues, 2 500 000 followers, build 22631.3007",
        "3 people on the way, 5 minutes down the road, 3 places de parking",
        "and/or, w/o, 24/7, u.s., x.com, https://x.com/search?q=a, https://twitter.com/i/flow",
        "flight SK 1234, version 10.4.2",
        "call 118 218 or 3900",
        "on hold for 2 h 45, 3 times, 12 days",
        "https://x.example/2012/05/12/sole",
        "std::vector, 3:2, a:b",
        "3 items @ 4.50, meet @ 14.30",
        "100 m² à 20 €, 3 m³, top 3️⃣ 1️⃣ A 2️⃣ B, ❤️",
        "le 06/12/24, 01/02/03, 08-10, 12-14, pages 05, 06, 07",
    ],
)
def test_what_is_no_personal_data_stays(text: str) -> None:
    assert mask(text) == text


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("order 123456 is lost", f"order {MASK} is lost"),
        ("commande n° 1234567.", f"commande n° {MASK}."),
        ("case 00412387", f"case {MASK}"),
        ("ticket #884422, SKY-8812-4471", f"ticket {MASK}, {MASK}"),
        ("account 00123456 of 2009", f"account {MASK} of 2009"),
        ("né le 12/03/1985, écrit le 12/05/2012", f"né le {MASK}, écrit le 12/05/2012"),
        ("au 12 rue de la Paix, 75002 Paris, merci", f"au {MASK}, merci"),
        ("at 221B Baker Street, London NW1 6XE now", f"at {MASK} now"),
        ("https://x.com/tomreed/status/12", f"https://x.com/{MASK}/status/12"),
        ("see u/tom_reed", f"see u/{MASK}"),
        ("sam at example dot com", MASK),
        (f"on {IBAN} with the rest", f"on {MASK} with the rest"),
    ],
)
def test_what_is_masked_and_where_it_ends(text: str, masked: str) -> None:
    assert mask(text) == masked


IBAN_COUNTRIES = (
    "AT",
    "BE",
    "CH",
    "DE",
    "DK",
    "ES",
    "FR",
    "GB",
    "IE",
    "IT",
    "LU",
    "NL",
    "PL",
    "PT",
    "SE",
)


@given(
    st.sampled_from(IBAN_COUNTRIES), st.integers(10**20, 10**21), st.sampled_from(["", " ", "-"])
)
def test_every_valid_iban(country: str, number: int, joint: str) -> None:
    stdnum = pytest.importorskip(
        "stdnum.iban", reason="no python-stdnum: pip install python-stdnum"
    )
    length = {
        "AT": 20,
        "BE": 16,
        "CH": 21,
        "DE": 22,
        "DK": 18,
        "ES": 24,
        "FR": 27,
        "GB": 22,
        "IE": 22,
    }
    length |= {"IT": 27, "LU": 20, "NL": 18, "PL": 28, "PT": 25, "SE": 24}
    account = str(number * 10**8)[: length[country] - 4]
    iban = country + stdnum.calc_check_digits(f"{country}00{account}") + account
    grouped = joint.join(iban[at : at + 4] for at in range(0, len(iban), 4))
    assert mask(f"to {grouped} please") == f"to {MASK} please"


def test_an_example_number_of_every_country() -> None:
    library = pytest.importorskip(
        "phonenumbers", reason="no phonenumbers: pip install phonenumbers"
    )
    missed = []
    for region in sorted(library.SUPPORTED_REGIONS):
        for kind in (library.PhoneNumberType.MOBILE, library.PhoneNumberType.FIXED_LINE):
            number = library.example_number_for_type(region, kind)
            if number is None:
                continue  # it has no such numbers
            written = library.format_number(number, library.PhoneNumberFormat.INTERNATIONAL)
            if mask(f"call {written} now") != f"call {MASK} now":
                missed.append((region, written))
    assert missed == []


@pytest.mark.parametrize(
    "region", ["FR", "BE", "CH", "CA", "US", "GB", "IE", "LU", "DE", "ES", "IT"]
)
def test_example_numbers_as_one_writes_them_at_home(region: str) -> None:
    library = pytest.importorskip(
        "phonenumbers", reason="no phonenumbers: pip install phonenumbers"
    )
    for kind in (library.PhoneNumberType.MOBILE, library.PhoneNumberType.FIXED_LINE):
        number = library.example_number_for_type(region, kind)
        written = library.format_number(number, library.PhoneNumberFormat.NATIONAL)
        assert mask(f"tel. {written} !") == f"tel. {MASK} !"


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


@given(st.integers(0, 900), st.sampled_from(["06 12 34 56 78", IBAN, "jean@exemple.fr"]))
def test_a_quote_of_a_long_text_shows_no_part_of_what_the_cut_goes_through(
    at: int, secret: str
) -> None:
    text = "a@b.fr " * (at // 7) + "x" * (at % 7) + f" {secret} " + "word " * 400
    for part in ("34 56", "3000", "jean"):
        assert part not in quote(text)


@pytest.mark.parametrize("space", ["\n", "\t", "\u2028", " \r\n "])
def test_a_quote_is_masked_as_it_is_read_on_one_line(space: str) -> None:
    assert quote(f"call 06 12 34{space}56 78 now") == f"call {MASK} now"
    assert quote(f"paid with 4111 1111{space}1111 1111") == f"paid with {MASK}"


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


PIECES = """a,1,1 ,a.,@,a@,AA11 ,( ) ,1((,+,1.,1:,-1, ,a at ,a dot ,order ,order # ,order is ,A-1-
,u/,x.com/,tel ,tel a ,1 rue ,1 rue de la ,1 A ,1 a B ,A1,né le ,0/12,(at),EUR 1,12 34 ,A/"""


@pytest.mark.parametrize("piece", [piece.strip("\n") for piece in PIECES.split(",")])
def test_the_longest_texts_take_no_longer(piece: str) -> None:
    """Milliseconds; where a pattern goes back over its text it is seconds."""
    started = time.process_time()
    mask(piece * (20_000 // len(piece)))
    assert time.process_time() - started < 0.4


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("mail à ｊｏｈｎ．ｄｏｅ＠ｍａｉｌ．ｆｒ svp", "mail à ••• svp"),
        ("call ０７９１１ １２３４５６ now", "call ••• now"),
        ("call ①②③④⑤⑥⑦⑧⑨⓪ now", "call ••• now"),
        ("call ❶❷❸❹❺❻❼❽❾⓿ now", "call ••• now"),
        ("𝐣𝐨𝐡𝐧@𝐦𝐚𝐢𝐥.𝐜𝐨𝐦 wrote", "••• wrote"),
        ("𝑝ℎ𝑜𝑛𝑒 1234567 ok", "𝑝ℎ𝑜𝑛𝑒 ••• ok"),
        ("merci @re\u0301mi_dupond", "merci @•••"),
        ("merci @q\u0301x_dupond !", "merci @••• !"),
        ("ne\u0301 le 12/03/1980", "ne\u0301 le •••"),
        ("IBAN FR7630006000011234567890189\u0332 ok", "IBAN ••• ok"),
        ("4111 1111 1111 1111\u0332", "•••"),
        ("ticket #884422\u0332", "ticket •••"),
        ("né le 12/03/1980² ok", "né le •••² ok"),
        ("12 m² à 5³, le 12.03.2024² au matin", "12 m² à 5³, le 12.03.2024² au matin"),
        ("10² 10³ 10⁴, facture: 120m²", "10² 10³ 10⁴, facture: 120m²"),
        ("\u212b e\u0301te\u0301", "\u212b e\u0301te\u0301"),
    ],
)
def test_letters_and_digits_in_another_guise_hide_nothing(text: str, masked: str) -> None:
    assert mask(text) == masked
