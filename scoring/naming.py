"""Whom complaints name besides the brand: a rival's failure is told to everybody who is tagged.

No list of companies is needed. When one name that is not the brand's stands in a good part of the
complaints, and the brand is named as well, people speak about somebody else. Names are kept as a
histogram over hashes: what is counted adds up and takes off exactly, and no name is stored.
"""

import re
from functools import lru_cache
from zlib import crc32

BUCKETS = 64
_USUAL, _MOST = 0.15, 0.3
_OWN = 0.15
_TELLING = 5
_LEAST = 4
_MOST_TEXT = 1000
_WORD = re.compile(r"@?\w[\w&’'-]*")
_ADDRESSED = re.compile(r"[\s.]*(?:@[\w.-]+[\s,:]*)+")
"""Handles before the first word: whom a reply goes to, put there by the network."""
_ENDS = '.!?…:;\n«“"-–—#'

Names = tuple[int, ...]


@lru_cache(maxsize=256)
def _parts(brand: str) -> tuple[str, ...]:
    return (brand.replace("-", ""), *(part for part in brand.split("-") if len(part) > 2))


def _own(word: str, brand: str) -> bool:
    plain = word.lower().lstrip("@").replace("_", "")
    return any(plain == part or (len(part) >= _LEAST and part in plain) for part in _parts(brand))


def _owns(words: list[str], text: str, brand: str) -> list[bool]:
    """Which of the words name the brand; nothing where none does, as in most texts."""
    plain = text.lower().replace("_", "")
    if not any(part in plain for part in _parts(brand)):
        return []
    return [_own(word, brand) for word in words]


@lru_cache(maxsize=1024)
def named(text: str, brand: str, reply: bool = False) -> tuple[bool, frozenset[int]]:
    """Whether the text names the brand (a slug), and the buckets of the other names in it.

    A name is a handle, or a word with a capital within a sentence. One that stands beside the
    brand's is its product's; handles before the first word of a `reply` say whom it goes to.
    """
    text = text[:_MOST_TEXT]
    addressed = _ADDRESSED.match(text) if reply else None
    begins = addressed.end() if addressed else 0
    words: list[str] = []
    marked: list[tuple[int, int]] = []
    for match in _WORD.finditer(text):
        word = match.group()
        if word[0] == "@" or word[0].isupper():  # most are neither
            marked.append((len(words), match.start()))
        words.append(word)
    own = _owns(words, text, brand)
    buckets = set()
    for place, start in marked:
        word = words[place]
        handle = word[0] == "@"
        if start < begins or not (handle or _capital(word, text[begins:start])):
            continue
        if own and any(own[place : place + 1] if handle else own[max(0, place - 1) : place + 2]):
            continue
        name = re.split("[’']", word.lower().lstrip("@"))[0]
        if len(name) >= _LEAST:
            buckets.add(crc32(name.encode("utf-8", "replace")) % BUCKETS)
    return any(own), frozenset(buckets)


def _capital(word: str, before: str) -> bool:
    before = before.rstrip(" ")
    within = bool(before) and before[-1] not in _ENDS
    return within and word[0].isupper() and not word.isupper()


def with_names(names: Names, buckets: frozenset[int]) -> Names:
    """The histogram with one more text."""
    if not buckets:
        return names
    held = list(names or (0,) * BUCKETS)
    for bucket in buckets:
        held[bucket] += 1
    return tuple(held)


def elsewhere(most: int, own: int, complaints: int) -> float:
    """0 to 1: how far complaints are about somebody else.

    `most` of the complaints name the same other, `own` the brand.
    """
    if complaints < _TELLING or own < _OWN * complaints:
        return 0.0
    return min(1.0, max(0.0, most / complaints - _USUAL) / (_MOST - _USUAL))
