"""IBANs, card and phone numbers, and whatever number is as long; amounts, dates, counts stay.

Where a number may be somebody's or something else, it counts as somebody's. Check digits are not
looked at: a mistyped number is masked too.
"""

import re

from scoring.private import Spans, Words, words

LEAST = 6
"""Digits of the shortest number that is masked for itself."""
_IBAN = re.compile(
    r"\b[A-Z]{2}\d{2}(?:[ .-]?[A-Z0-9]{4}){2,7}(?:[ .-]?[A-Z0-9]{1,3})?\b", re.IGNORECASE
)
_WORDS_AFTER = re.compile(r"(?:[ .-][A-Z]+)+$", re.IGNORECASE)
_IBAN_DIGITS = 10  # fewer, and it is words in groups of four

DATE = (
    r"(?<!\d)(?:[12]\d{3}[-./]\d{1,2}[-./]\d{1,2}|\d{1,2}[-./]\d{1,2}[-./]\d{4}"
    r"|\d{1,2}[-./]\d{1,2}[-./]\d{2}(?![-./ ]?\d))(?!\d)"
)
_CARD = r"\b(?:\d[ -]?){12,18}\d\b|(?<!\d)\d{4}(?:[./_]\d{4}){3}(?!\d)"
_EXTENSION = r"(?:,?\s?(?:ext\.?|extension|poste)\s?\d{1,5}\b)?"
_ABROAD = r"(?<![\w/])\+[1-9](?:[ .()-]{0,2}\d){5,14}(?!\d)"
_PHONE = (
    r"(?<![\w/])(?<![A-Z]-)(?:\+|00|\((?=\d{1,4}\)))?\d{1,3}?[ .()-]{0,2}"
    rf"(?:\d[ .()-]{{0,2}}){{7,12}}\d(?!\d){_EXTENSION}"
)
_SLASHED = r"(?<![\d/])0\d{1,3}/\d{2,3}(?:[ .]?\d{2,3}){1,3}(?!\d)"
_PAIRS = r"(?<![\w/])0[1-9](?:(?P<between> ?[-–—,;/_] ?)\d\d)(?:(?P=between)\d\d){3}(?!\d)"
_LINKED = r"(?:(?<=wa\.me/)|(?<=tel:)|(?<=phone=))\+?\d{7,15}"
_NUMBER = re.compile(
    f"(?P<date>{DATE})|{_CARD}|{_LINKED}|{_PAIRS}|{_SLASHED}|{_ABROAD}{_EXTENSION}|{_PHONE}"
)

_CALLED = re.compile(
    rf"\b(?:{words.any_of(words.CALLS)})\b\W{{0,4}}?(?:[^\W\d]+\W{{1,3}}){{0,3}}"
    r"(\(?\d(?:[ .()-]{0,2}\d){6,8})(?![\d/])",
    re.IGNORECASE,
)
"""Numbers too short to be known by their length: seven to nine digits after such a word."""

_OTHER_SCRIPT = re.compile(
    r"(?<=[\u0370-\u1FFF\u2C80-\uD7FF])[\s:#№.،-]{0,4}(?<!\d)(\d{6,8})(?!\d)"
)
"""After a word of a script for which no words are known that say what a number is."""

_CURRENCY = re.compile(r"(?:[$€£¥]|EUR|USD|GBP|CHF|CAD)\s?$")
_UNIT = re.compile(
    r"\s?(?:[$€£¥%](?!\s?\d)|(?:EUR|USD|GBP|CHF|CAD|euros?|dollars?|pounds?|livres?"
    r"|(?:de )?(?:vues?|abonnés?|clients?|personnes?|habitants?|utilisateurs?|fois|signatures?)"
    r"|views?|followers?|subscribers?|customers?|people|users?|times|likes?|shares?|fans?)\b)",
    re.IGNORECASE,
)
_VERSION = re.compile(r"\b(?:version|build|firmware|release|rev|v)[\s.:]*$", re.IGNORECASE)
_ROUND = re.compile(r"[1-9]\d{0,2}(?:[ .]\d{3})*[ .]000")
_AMOUNT_DIGITS = 12
_GAIN_DIGITS = 8  # +250 000 followers
_BEFORE = 10
"""Characters before a number in which its currency or the word `version` stands."""


def find(text: str, said: Words) -> Spans:
    """IBANs and numbers of nine digits and more; shorter ones where a word says what they are."""
    for found in _IBAN.finditer(text):
        whole = _WORDS_AFTER.sub("", found.group(0))
        if sum(map(str.isdigit, whole)) >= _IBAN_DIGITS:
            yield found.start(), found.start() + len(whole)
    for found in _NUMBER.finditer(text):
        if not found.group("date") and not _counted(found):
            yield found.span()
    for found in _OTHER_SCRIPT.finditer(text):
        if not is_amount(text, *found.span(1)):
            yield found.span(1)
    if not words.CALLS.isdisjoint(said):
        for found in _CALLED.finditer(text):
            if not is_amount(text, *found.span(1)):
                yield found.span(1)


def is_amount(text: str, start: int, end: int) -> bool:
    """Whether a currency or a unit stands beside."""
    before = text[max(0, start - _BEFORE) : start]
    return bool(_CURRENCY.search(before) or _UNIT.match(text, end))


def _counted(found: re.Match[str]) -> bool:
    """Whether it is an amount, a count or a version: never what begins as phone numbers do."""
    number = found.group(0)
    digits = sum(map(str.isdigit, number))
    if digits > _AMOUNT_DIGITS or number[0] == "0" or (number[0] == "+" and digits > _GAIN_DIGITS):
        return False
    before = found.string[max(0, found.start() - _BEFORE) : found.start()]
    return (
        is_amount(found.string, *found.span())
        or _ROUND.fullmatch(number) is not None
        or _VERSION.search(before) is not None
    )
