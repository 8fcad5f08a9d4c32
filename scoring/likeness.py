"""What a mention has in common with others: near-duplicate and quoted texts, addresses, authors.

A text's sketch is the smallest hash of its word triples in each of eight bins (one permutation
hashing; Li, Owen and Zhang, NIPS 2012, arXiv:1208.1259): two texts share a bin's mark about as
often as they share triples. A MinHash of datasketch took 127 microseconds a text where the whole
decision has 50; this takes 10.
"""

import math
import operator
import re
from array import array
from collections.abc import Collection, Sequence
from functools import lru_cache
from urllib.parse import parse_qsl, urlencode, urlsplit
from zlib import crc32

from scoring import bounded
from scoring.mention import Mention

BINS = 8
_BIN_BITS = 29
_ALIKE = 5
"""Bins that near-duplicates share, of eight; fewer bins are filled by a short text."""
_LEAST_WORDS = 6
_NARROW = 255
_LEAST_HANDLE = 6
_LEAST_FILLED = 3
_MOST_TEXT = 1000
_MOST_QUOTES = 3
_ADDRESS = BINS << 48
_AUTHOR = (BINS + 1) << 48
_NOISE = re.compile(r"https?://\S+|@\w+")
_WORD = re.compile(r"\w+")
_QUOTED = re.compile(r"[“«\"]([^“”«»\"]{20,500})[”»\"]")
_TRACKING = re.compile(r"utm_|fbclid|gclid|ref$|source$|igshid", re.IGNORECASE)

Marks = tuple[int, ...]
Sum = tuple[int, bytes]
"""How many topic embeddings were summed: none, one as it is, or the sums of several."""
NOTHING: Sum = (0, b"")


@lru_cache(maxsize=1024)
def sketch(text: str) -> Marks:
    """Marks of the text, one per filled bin; none for texts of fewer than six words."""
    words = _WORD.findall(_NOISE.sub(" ", text[:_MOST_TEXT].lower()))
    if len(words) < _LEAST_WORDS:
        return ()
    least: dict[int, int] = {}
    joined = [word.encode("utf-8", "replace") for word in words]
    for triple in zip(joined, joined[1:], joined[2:], strict=False):
        mark = crc32(b" ".join(triple))
        place = mark >> _BIN_BITS
        if mark < least.get(place, 1 << 32):
            least[place] = mark
    return tuple(sorted(least.values())) if len(least) >= _LEAST_FILLED else ()


def gist(text: str) -> int:
    """One hash: near-duplicates have the same as often as they share triples."""
    marks = sketch(text)
    return min(marks) if marks else bounded.key(" ".join(text.lower().split()))


def alike(shared: int, filled: int) -> bool:
    """Whether texts that share so many marks, of so many filled bins, are near-duplicates."""
    return shared >= min(_ALIKE, filled)


def quoted(text: str) -> list[str]:
    """Words of others within the text: between quotation marks, or behind `>`."""
    cited = [line.lstrip("> ") for line in text.splitlines() if line.startswith(">")]
    return [*_QUOTED.findall(text), *cited][:_MOST_QUOTES]


def sketches(text: str) -> list[Marks]:
    """Of the text, and of what it quotes."""
    found = [sketch(text), *map(sketch, quoted(text))]
    return [marks for marks in found if marks]


def canonical(url: str) -> str:
    """The address without scheme, `www.`, tracking, fragment and trailing slash."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return url
    kept = sorted(pair for pair in parse_qsl(parts.query) if not _TRACKING.match(pair[0]))
    host = (parts.hostname or "").removeprefix("www.").removeprefix("m.")
    return f"{host}{parts.path.rstrip('/')}?{urlencode(kept)}".rstrip("?")


def addresses(mention: Mention) -> Marks:
    """Where it stands and what it points to: one in common suffices."""
    urls = [mention.url, *(item.url for item in mention.attachments or ())]
    return tuple(_ADDRESS | bounded.key(canonical(url)) for url in urls if url)


def author(mention: Mention) -> Marks:
    """The author's handle where it is long enough to be the same person's on another channel."""
    handle = _handle(mention)
    return (_AUTHOR | bounded.key(handle),) if handle else ()


def _handle(mention: Mention) -> str:
    handle = ((mention.author.handle or "") if mention.author else "").lower().lstrip("@")
    return handle if len(handle) >= _LEAST_HANDLE else ""


def sorted_out(marks: Collection[int]) -> tuple[Marks, Marks, Marks]:
    """Those of texts, of addresses and of authors."""
    words = tuple(mark for mark in marks if mark < _ADDRESS)
    addresses = tuple(mark for mark in marks if _ADDRESS <= mark < _AUTHOR)
    return words, addresses, tuple(mark for mark in marks if mark >= _AUTHOR)


def summed(total: Sum, vector: bytes) -> Sum:
    """A sum of topic embeddings with one more; the order in which they come does not matter.

    A vector of another width than those before changes nothing.
    """
    count, sums = total
    if not count or not vector:
        return (1, vector) if vector else total
    before = array(_code(count), sums)
    if len(before) != len(vector):
        return total
    after = map(operator.add, before, _signed(vector))
    return count + 1, array(_code(count + 1), after).tobytes()


def mean(total: Sum) -> bytes:
    """A sum of embeddings, brought back to 8 bits; empty for none."""
    count, sums = total
    return sums if count <= 1 else narrowed(array(_code(count), sums))


def _code(count: int) -> str:
    """Of the narrowest whole numbers that hold the sum of so many signed 8-bit numbers."""
    return "b" if count <= 1 else "h" if count <= _NARROW else "i"


def _signed(vector: bytes) -> Sequence[int]:
    return memoryview(vector).cast("b")


def narrowed(total: Sequence[int]) -> bytes:
    """A sum of signed 8-bit vectors, brought back to 8 bits; empty for none."""
    most = max(map(abs, total), default=0)
    if not most:
        return b""
    return bytes(round(value * 127 / most) & 0xFF for value in total)


def cosine(one: bytes, other: bytes) -> float:
    """Of two topic embeddings, -1 to 1; 0 when one is empty."""
    first, second = _signed(one), _signed(other)
    if not one or len(first) != len(second):
        return 0.0
    product = sum(a * b for a, b in zip(first, second, strict=True))
    return product / math.sqrt(sum(a * a for a in first) * sum(b * b for b in second) or 1)
