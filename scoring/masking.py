"""Takes personal data out of what people will read elsewhere: quotes, headlines, notes, logs."""

import re
from functools import lru_cache

from scoring.private import Span, addresses, contacts, numbers, references

MASK = "•••"
_SIGN = re.compile(r"[@＠:/\d\[({<]")
"""Every pattern needs one of these, or a word that stands for one; most texts hold none."""
_BEYOND = 256
"""Characters: longer than whatever is masked as one."""
_DIGIT = re.compile(r"\d")
_WORD = re.compile(r"[^\W\d_]+")


def mask(text: str, brand: str = "") -> str:
    """`text` with personal data masked, of the kinds that docs/security.md lists.

    A handle that is the brand's own (its letters hold the brand's, or the other way round) stays.
    """
    if not _SIGN.search(text):
        plain = text.casefold()
        if "arobase" not in plain and "dot" not in plain and "point" not in plain:
            return text
    spans = _merged(_find(text, brand))
    if not spans:
        return text
    pieces: list[str] = []
    end = 0
    for begin, until in spans:
        pieces += (text[end:begin], MASK)
        end = until
    return "".join(pieces) + text[end:]


@lru_cache(maxsize=1024)
def quote(text: str, brand: str = "", limit: int = 160) -> str:
    """One line of at most `limit` characters, masked; several signals quote the same words."""
    # A text of 20,000 characters is not masked whole for its first line. What the cut goes through
    # is not recognised: it has to lie beyond the limit, however much masks and spaces shrink.
    line = " ".join(mask(text[: 2 * limit + _BEYOND], brand).split())
    if len(line) < limit + _BEYOND < len(text):
        line = " ".join(mask(text, brand).split())
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"


def _find(text: str, brand: str) -> list[Span]:
    found = [*contacts.find(text), *contacts.find_people(text, brand)]
    digits = len(_DIGIT.findall(text))
    if digits:
        words = frozenset(_WORD.findall(text.lower()))
        if digits >= numbers.LEAST:
            found += numbers.find(text, words)
        found += references.find(text, words)
        found += addresses.find(text, words)
    return found


def _merged(spans: list[Span]) -> list[Span]:
    """In order, those that overlap as one."""
    merged: list[Span] = []
    for begin, end in sorted(spans):
        if merged and begin < merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((begin, end))
    return merged
