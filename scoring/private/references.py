"""Numbers that lead to one person in somebody's files: orders, parcels, accounts, identities.

A word says what the number is ("order no. ..."), or its shape does. A customer's order number is
masked like a name: who reads a ticket looks it up from the mention.
"""

import re

from scoring.private import Spans, Words, words
from scoring.private.numbers import DATE, is_amount

_MARK = r"n[°º]s?|n[or]\b\.?|num(?:[ée]ros?|bers?)?\b\.?|id\b|r[ée]f\b\.?|code\b|#|:|="
_JOINT = r"is\b|was\b|est\b|c'est\b|my\b|mon\b|ma\b|the\b|la\b|le\b"
_NAMED = re.compile(
    rf"(?<!\w)(?P<what>{words.any_of(words.FILES)})(?!\w)"
    rf"(?P<between>(?:[\s,(\"«'.-]{{0,3}}(?:{_MARK}|{_JOINT})){{0,4}}[\s,(\"«'.-]{{0,3}})"
    r"(?P<id>#?(?=[\w/.-]{0,40}\d)[A-Z0-9](?:[\w/.-]{0,38}[A-Z0-9])?"
    r"(?:[ ](?:\d{2,5}|[A-Z])(?![\w/,])){0,8})",
    re.IGNORECASE,
)
_MARKED = re.compile(_MARK, re.IGNORECASE)
_DATE = re.compile(DATE)
_YEAR = re.compile(r"(?:19|20)\d\d")
_CLOCK = re.compile(r"\d{1,2}(?:[h:]\d{0,2}(?:am|pm)?|am|pm)|\d+\w{0,2}", re.IGNORECASE)
_LOGIN = re.compile("user|login|identifiant", re.IGNORECASE)
_MIXED = re.compile(r"(?=.*[A-Z].*)(?=.*\d)[A-Z0-9/.-]{6,}")

_SHAPED = re.compile(
    r"#\d{5,12}\b"  # 884422 after a hash
    r"|(?<![\w.-])(?!(?:CVE|CWE|ISO|IEC|RFC|DIN|IEEE|ANSI|EAN|KB)-)[A-Z]{1,6}(?:[/-][A-Z0-9]{1,12}){1,5}"
    r"(?![\w/-])"  # SKY-8812-4471
    r"|(?<![\w.-])(?=[A-Z0-9]{9,34}\b)(?=\d{0,8}[A-Z])[A-Z0-9]{9,34}\b"  # LP123456789FR
    r"|(?<![\w-])[A-Z]{2}-\d{3}-[A-Z]{2}(?![\w-])"  # a French number plate
    r"|(?<!\w)[A-Z]{2} ?\d{2} ?\d{2} ?\d{2} ?[A-D](?!\w)"  # a British insurance number
)
_SHAPED_DIGITS = 7
_PLATE = re.compile(r"[A-Z]{2}-\d{3}-[A-Z]{2}|[A-Z]{2}[ \d]{6,10}[A-D]")
_SORT_CODE = re.compile(r"\bsort code\W{1,3}(\d{2}[ -]?\d{2}[ -]?\d{2})\b", re.IGNORECASE)
_BORN = re.compile(
    rf"\b(?:née? le|born(?: on)?|dob|date of birth|date de naissance)\W{{0,3}}({DATE})",
    re.IGNORECASE,
)


def find(text: str, said: Words) -> Spans:
    """References, account and identity numbers, number plates, dates of birth."""
    if not words.FILES.isdisjoint(said):
        yield from (found.span("id") for found in _NAMED.finditer(text) if _leads_somewhere(found))
    for found in _SHAPED.finditer(text):
        shape = found.group(0)
        digits = sum(map(str.isdigit, shape))
        if shape[0] == "#" or digits >= _SHAPED_DIGITS or _PLATE.fullmatch(shape):
            yield found.span()
    if not words.ORIGIN.isdisjoint(said):
        for pattern in (_SORT_CODE, _BORN):
            yield from (found.span(1) for found in pattern.finditer(text))


def _leads_somewhere(found: re.Match[str]) -> bool:
    """Whether what stands after such a word is a number in somebody's files."""
    ident = found["id"].lstrip("#")
    digits = sum(map(str.isdigit, ident))
    if not digits or _DATE.match(found.string, found.start("id")):
        return False
    if is_amount(found.string, *found.span("id")):
        return False
    if _MARKED.search(found["between"]) or found["id"].startswith("#"):
        return digits >= 4 or (len(ident) >= 5 and not _CLOCK.fullmatch(ident))
    if _YEAR.fullmatch(ident):
        return False
    return digits >= 5 or bool(_MIXED.fullmatch(ident) or _LOGIN.match(found["what"]))
