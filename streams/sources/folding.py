"""Text as brands are looked for in it, and as slugs are made of it: case, accents and invisible
characters do not count.
"""

import re
import unicodedata
from functools import lru_cache

_ACCENTS = dict.fromkeys(range(0x0300, 0x0370))
_LETTERS = str.maketrans(
    {"œ": "oe", "Œ": "OE", "æ": "ae", "Æ": "AE", "ø": "o", "Ø": "O", "ł": "l", "Ł": "L"}
    | {"đ": "d", "Đ": "D", "ð": "d", "Ð": "D", "þ": "th", "Þ": "TH", "ı": "i"}
)
"""Letters that Unicode takes for whole ones, and people write without their stroke or apart."""
_SPACES = re.compile(r"\s+")
_NOT_SLUG = re.compile(r"[^a-z0-9]+")
_SPACELESS = re.compile(
    "[\u0e00-\u0e7f\u0e80-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff"
    "\uf900-\ufaff\U00020000-\U0003ffff]"
)
"""Thai, Lao, Burmese, Khmer, kana and Han: written without spaces, so without borders of words."""
_APOSTROPHES = {ord(mark): "'" for mark in "’‘ʼ＇`´"}
_DASHES = {ord(mark): "-" for mark in "‐‑‒–—−"}


def fold(text: str) -> str:
    """Case, accents, width, kinds of apostrophe and of space folded; `Café’s` gives `cafe's`."""
    return settle(text, accents=False).casefold()


def settle(text: str, *, accents: bool = True) -> str:
    """The same with case, and with accents unless told otherwise."""
    if text.isascii():
        return _SPACES.sub(" ", text)
    wide = unicodedata.normalize("NFKD", text.translate(_APOSTROPHES | _DASHES))
    if not accents:
        wide = wide.translate(_ACCENTS).translate(_LETTERS)
    whole = unicodedata.normalize("NFC", wide)
    seen = "".join(c for c in whole if unicodedata.category(c) != "Cf")
    return _SPACES.sub(" ", seen)


def slug(text: str) -> str:
    """`Café d'Œuf` is `cafe-doeuf`; empty when no letter or digit of it can stand in a slug."""
    plain = fold(text).replace("'", "").encode("ascii", "ignore").decode()
    return _NOT_SLUG.sub("-", plain).strip("-")


def borders(text: str, start: int, end: int) -> tuple[bool, bool]:
    """Whether a word may begin at `start`, and one may end before `end`."""
    return _border(text, start - 1, start), _border(text, end, end - 1)


def _border(text: str, outside: int, inside: int) -> bool:
    if not 0 <= outside < len(text):
        return True
    return not (in_word(text[outside]) and in_word(text[inside]))


@lru_cache(maxsize=4096)
def in_word(character: str) -> bool:
    """Whether a character is part of a word that goes on on both of its sides."""
    return (character.isalnum() or character == "_") and not _SPACELESS.match(character)
