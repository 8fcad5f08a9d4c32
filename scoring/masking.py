"""Takes personal data out of what people will read elsewhere: quotes, headlines, notes, logs."""

import re

MASK = "•••"

_EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_IBAN = re.compile(r"\b[A-Z]{2}\d{2}(?:[ ]?[A-Z0-9]{4}){3,7}(?:[ ]?[A-Z0-9]{1,3})?\b")
_CARD = re.compile(r"\b(?:\d[ -]?){13,19}\b")
_PHONE = re.compile(r"(?<![\w/])(?:\+|00)?\d{1,3}?[ .()-]{0,2}(?:\d[ .()-]{0,2}){7,12}\d(?!\w)")
_HANDLE = re.compile(r"(?<![\w@])@\w{2,}")
_ADDRESS = re.compile(r"\b\d{1,3}(?:\.\d{1,3}){3}\b")
_MONEY_OR_DATE = re.compile(
    r"^(?:\d{4}[-./]\d{1,2}[-./]\d{1,2}|\d{1,2}[-./]\d{1,2}[-./]\d{2,4})(?:[ ,T].*)?$"
)


def mask(text: str, brand: str = "") -> str:
    """`text` with e-mail and IP addresses, IBAN, card and phone numbers, and handles masked.

    A handle that is the brand's own (its letters hold the brand's, or the other way round) stays.
    """
    text = _EMAIL.sub(MASK, text)
    text = _IBAN.sub(MASK, text)
    text = _ADDRESS.sub(MASK, text)
    text = _CARD.sub(_masked_number, text)
    text = _PHONE.sub(_masked_number, text)
    own = _letters(brand)
    return _HANDLE.sub(lambda found: _handle(found.group(0), own), text)


def quote(text: str, brand: str = "", limit: int = 160) -> str:
    """One line of at most `limit` characters, masked."""
    line = " ".join(mask(text, brand).split())
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"


def _masked_number(found: re.Match[str]) -> str:
    return found.group(0) if _MONEY_OR_DATE.match(found.group(0).strip()) else MASK


def _handle(handle: str, own: str) -> str:
    name = _letters(handle)
    related = bool(own) and bool(name) and (own in name or (len(name) >= 4 and name in own))
    return handle if related else "@" + MASK


def _letters(name: str) -> str:
    return "".join(char for char in name.lower() if char.isalnum())
