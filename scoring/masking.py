"""Takes personal data out of what people will read elsewhere: quotes, headlines, notes, logs."""

import re
from functools import lru_cache
from unicodedata import normalize

from scoring.private import Span, addresses, contacts, numbers, references

MASK = "•••"
_ACCENTS = range(0x300, 0x370)
_GUISES = (
    *(range(0xB2, 0xB4), range(0xB9, 0xBA), range(0x2070, 0x209D), range(0x2460, 0x24EB)),
    *(range(0xFF01, 0xFF5F), range(0x1D400, 0x1D800)),
)


def _table() -> dict[int, str]:
    """As the patterns read a text, which keeps its length.

    Letters, digits and signs in another guise (full width, mathematical, in circles) are those of
    ASCII, and an accent that still stands alone once the text is composed is part of its word.
    """
    table = {code: normalize("NFKC", chr(code)) for span in _GUISES for code in span}
    plain = {code: char for code, char in table.items() if len(char) == 1 and char.isascii()}
    return plain | dict.fromkeys(_ACCENTS, "ː")


_SIGN = re.compile(r"[@＠:/\d\[({<]")
"""Every pattern needs one of these, or a word that stands for one; most texts hold none."""
_BEYOND = 256
"""Characters: longer than whatever is masked as one."""
_PLAIN = _table()
_ACCENT = re.compile(f"[{chr(_ACCENTS[0])}-{chr(_ACCENTS[-1])}]")
_GUISE = re.compile(
    f"[{''.join(f'{chr(span[0])}-{chr(span[-1])}' for span in (_ACCENTS, *_GUISES))}]"
)
_DIGIT = re.compile(r"\d")
_WORD = re.compile(r"[^\W\d_]+")


def mask(text: str, brand: str = "") -> str:
    """`text` with personal data masked, of the kinds that docs/security.md lists.

    A handle that is the brand's own (its letters hold the brand's, or the other way round) stays.
    """
    plain = text
    if _GUISE.search(text):
        text = normalize("NFC", text) if _ACCENT.search(text) else text
        plain = text.translate(_PLAIN)
    if not _SIGN.search(plain):
        folded = plain.casefold()
        if "arobase" not in folded and "dot" not in folded and "point" not in folded:
            return text
    spans = _merged(_find(plain, brand))
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
