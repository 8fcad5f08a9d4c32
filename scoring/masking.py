"""Takes personal data out of what people will read elsewhere: quotes, headlines, notes, logs.

Every pattern is anchored where it may begin, so that the time is linear in the text whatever the
text; what a bank, a telephone company or a mail server would take is masked, and where a number
may be a phone number or something else, it is masked too, unless a currency stands beside it.
"""

import ipaddress
import re
from functools import lru_cache

MASK = "•••"

_EMAIL = re.compile(r"(?<![\w.+-])[\w.+-]+[@＠][\w-]+(?:\.[\w-]+)+")
_IBAN = re.compile(
    r"\b[A-Z]{2}\d{2}(?:[ ]?[A-Z0-9]{4}){3,7}(?:[ ]?[A-Z0-9]{1,3})?\b", re.IGNORECASE
)
_IBAN_DIGITS = 10  # fewer, and it is words in groups of four
_IPV4 = re.compile(r"(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?!\.?\d)")
_IPV6 = re.compile(r"(?<![\w:])[0-9a-f]{0,4}(?::[0-9a-f]{0,4}){2,7}(?![\w:])", re.IGNORECASE)
_HANDLE = re.compile(r"(?<![\w@])@(?=\w[\w.-])\w+(?:[.-]\w+)*")
_DATE = (
    r"(?<!\d)(?:\d{4}[-./]\d{1,2}[-./]\d{1,2}|\d{1,2}[-./]\d{1,2}[-./]\d{4}"
    r"|\d{1,2}[-./]\d{1,2}[-./]\d{2}(?![-./ ]?\d))(?!\d)"
)
_CARD = r"\b(?:\d[ -]?){12,18}\d\b"
_PHONE = r"(?<![\w/])(?:\+|00)?\d{1,3}?[ .()-]{0,2}(?:\d[ .()-]{0,2}){7,12}\d(?!\d)"
_NUMBER = re.compile(f"(?P<date>{_DATE})|{_CARD}|{_PHONE}")
_CURRENCY_BEFORE = re.compile(r"(?:[$€£¥]|EUR|USD|GBP)\s?$")
_CURRENCY_AFTER = re.compile(
    r"\s?(?:[$€£¥%](?!\s?\d)|(?:EUR|USD|GBP|euros?|dollars?|pounds?|livres?)\b)", re.IGNORECASE
)
_SURE_PHONE = re.compile(r"\+|0")
_AMOUNT_DIGITS = 12
_SHORT_NAME = 4
_SUSPECT = re.compile(r"[@＠:\d]")
"""Every pattern above needs one of these; most texts hold none."""


def mask(text: str, brand: str = "") -> str:
    """`text` with e-mail and IP addresses, IBAN, card and phone numbers, and handles masked.

    A handle that is the brand's own (its letters hold the brand's, or the other way round) stays.
    """
    if not _SUSPECT.search(text):
        return text
    text = _EMAIL.sub(MASK, text)
    text = _IBAN.sub(_iban, text)
    text = _IPV4.sub(_address, text)
    text = _IPV6.sub(_address, text)
    text = _NUMBER.sub(_number, text)
    own = _letters(brand)
    return _HANDLE.sub(lambda found: _handle(found.group(0), own), text)


@lru_cache(maxsize=1024)
def quote(text: str, brand: str = "", limit: int = 160) -> str:
    """One line of at most `limit` characters, masked; several signals quote the same words."""
    line = " ".join(mask(text, brand).split())
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"


def _iban(found: re.Match[str]) -> str:
    digits = sum(char.isdigit() for char in found.group(0))
    return MASK if digits >= _IBAN_DIGITS else found.group(0)


def _address(found: re.Match[str]) -> str:
    try:
        ipaddress.ip_address(found.group(0))
    except ValueError:
        return found.group(0)
    return MASK


def _number(found: re.Match[str]) -> str:
    number = found.group(0)
    short = sum(char.isdigit() for char in number) <= _AMOUNT_DIGITS
    amount = (short and not _SURE_PHONE.match(number)) and (
        _CURRENCY_BEFORE.search(found.string, max(0, found.start() - 5), found.start())
        or _CURRENCY_AFTER.match(found.string, found.end())
    )
    return number if found.group("date") or amount else MASK


def _handle(handle: str, own: str) -> str:
    name = _letters(handle)
    long = len(own) >= _SHORT_NAME and len(name) >= _SHORT_NAME
    related = bool(own) and (name == own or (long and (own in name or name in own)))
    return handle if related else "@" + MASK


def _letters(name: str) -> str:
    return "".join(char for char in name.lower() if char.isalnum())
