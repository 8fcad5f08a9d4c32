"""Takes personal data out of what people will read elsewhere: quotes, headlines, notes, logs."""

import re
from functools import lru_cache
from unicodedata import digit, normalize

from scoring.private import Span, addresses, contacts, numbers, references

MASK = "•••"
_ACCENTS = "\u0300-\u036f\u20e3"
"""Those that stand alone, and the frame that makes a keycap of a digit."""
_MARKS = f"{_ACCENTS}\ufe0f"
"""With the sign that asks for an emoji, which many texts hold and which is no guise by itself."""
_GUISES = (
    *(range(0x2100, 0x2150), range(0x2460, 0x2500), range(0x2776, 0x2794)),
    *(range(0xFF01, 0xFF5F), range(0x1D400, 0x1D800)),
)


def _table() -> dict[int, str]:
    """The ASCII of letters and digits in another guise: full width, mathematical, in circles."""
    table = {}
    for code in (code for span in _GUISES for code in span):
        plain = normalize("NFKC", chr(code))
        if len(plain) != 1 or not plain.isascii():
            plain = str(digit(chr(code), ""))
        if plain:
            table[code] = plain
    return table


_PLAIN = _table()
_GUISE = re.compile(f"[{_ACCENTS}{''.join(f'{chr(s[0])}-{chr(s[-1])}' for s in _GUISES)}]")
_CLUSTER = re.compile(f"[^{_MARKS}]?[{_MARKS}]+")
_MARK = re.compile(f"[{_MARKS}]")
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
    plain, places = _plain(text) if _GUISE.search(text) else (text, None)
    if not _SIGN.search(plain):
        folded = plain.casefold()
        if "arobase" not in folded and "dot" not in folded and "point" not in folded:
            return text
    spans = _merged(_find(plain, brand))
    if places:
        spans = [(places[begin], places[until]) for begin, until in spans]
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
    # What stands on two lines of the text stands on one here: it is masked as it will be read.
    line = mask(" ".join(text[: 2 * limit + _BEYOND].split()), brand)
    if len(line) < limit + _BEYOND < len(text):
        line = mask(" ".join(text.split()), brand)
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"


def _plain(text: str) -> tuple[str, list[int] | None]:
    """The text as the patterns read it, and where each character of that stands in the text.

    Letters, digits and signs in another guise are those of ASCII; accents that stand alone are with
    their letter, and left out where there is no letter of both.
    """
    if not _MARK.search(text):
        return text.translate(_PLAIN), None
    pieces: list[str] = []
    places: list[int] = []
    end = 0
    for found in _CLUSTER.finditer(text):
        begin, until = found.span()
        whole = _MARK.sub("", normalize("NFC", found[0]))
        pieces += (text[end:begin], whole)
        places += (*range(end, begin), *[begin] * len(whole))
        end = until
    places += range(end, len(text) + 1)
    return "".join((*pieces, text[end:])).translate(_PLAIN), places


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
