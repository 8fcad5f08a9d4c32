"""Inputs from seeds: bytes turned, cut, doubled and spliced, and JSON values exchanged.

The same generator gives the same inputs, so that a run can go on where it was, and a failure can
be had again from its number.
"""

import json
import random
from collections.abc import Callable, Sequence
from typing import Any

MAX_BYTES = 200_000
_TOKENS = [
    *(b"null true false 0 -1 1e999 NaN Infinity -0 1.5 18446744073709551616 {} [] \"\" ''".split()),
    *(b'\\u0000 \\ud800 \\udfff \\" // \xff \xc3 \xed\xa0\x80 \xf0\x9f\x98\x80 \x00 \r\n'.split()),
    *(b"1970-01-01T00:00:00Z 9999-12-31T23:59:60Z 2024-02-30T00:00:00+24:00 0001-01-01".split()),
    *(b"[[ ]] = . , : ; # \" ' ''' \"\"\" @ + %00 %2e%2e/ ../ http://[ javascript:".split()),
    b"9" * 5000,
    b"[" * 3000,
    b'{"a":' * 3000,
    b"a." * 3000,
    "é".encode() * 2000,
    b"\xef\xbb\xbf",
]
_VALUES: list[Any] = [
    *(None, True, False, 0, -1, 1, 2**31, 2**63, 2**64, 10**400, -(10**400), 1e308, -0.0, 0.5),
    *("", "\0", "\ud800", "a" * 300, "a" * 30_000, "../../etc/passwd", "1970-01-01T00:00:00Z"),
    *("9999-12-31T23:59:59Z", "0001-01-01T00:00:00+23:59", "𝔘𝔫", "\u202e", "0612345678 " * 50),
    *([], {}, [[]], [None], {"": None}, {"a": {"b": {"c": []}}}),
]


def mutated(chance: random.Random, seeds: Sequence[bytes]) -> bytes:
    """One input; one in twenty is a seed as it stands."""
    seed = chance.choice(seeds)
    dice = chance.random()
    if dice < 0.05:
        return seed
    if dice < 0.45 and seed[:1] in (b"{", b"["):
        seed = _exchanged(chance, seed)
        if dice < 0.25:
            return seed[:MAX_BYTES]
    for _ in range(1 + int(chance.expovariate(0.7))):
        seed = chance.choice(_WAYS)(chance, seed, seeds)
    return seed[:MAX_BYTES]


def _exchanged(chance: random.Random, seed: bytes) -> bytes:
    """A JSON document with one value, key or length changed; the seed where it is none."""
    try:
        document = json.loads(seed)
    except (ValueError, RecursionError):
        return seed
    at, value = document, chance.choice(_VALUES)
    while at:
        key: Any = chance.choice(list(at)) if isinstance(at, dict) else chance.randrange(len(at))
        inner = at[key]
        if isinstance(inner, dict | list) and inner and chance.random() < 0.7:
            at = inner
            continue
        if isinstance(at, dict) and chance.random() < 0.2:
            del at[key]
        elif isinstance(at, list) and chance.random() < 0.3:
            at *= chance.choice((2, 200))
        else:
            at[key] = value
        break
    return json.dumps(document, ensure_ascii=chance.random() < 0.5).encode("utf-8", "replace")


def _flip(chance: random.Random, seed: bytes, seeds: Sequence[bytes]) -> bytes:
    changed = bytearray(seed or b"\0")
    for _ in range(chance.randint(1, 4)):
        changed[chance.randrange(len(changed))] = chance.randrange(256)
    return bytes(changed)


def _cut(chance: random.Random, seed: bytes, seeds: Sequence[bytes]) -> bytes:
    start, end = _slice(chance, seed)
    return seed[:start] + seed[end:]


def _double(chance: random.Random, seed: bytes, seeds: Sequence[bytes]) -> bytes:
    start, end = _slice(chance, seed)
    return seed[:end] + seed[start:end] * chance.choice((1, 2, 50)) + seed[end:]


def _insert(chance: random.Random, seed: bytes, seeds: Sequence[bytes]) -> bytes:
    start, end = _slice(chance, seed)
    end = chance.choice((start, end))
    return seed[:start] + chance.choice(_TOKENS) + seed[end:]


def _splice(chance: random.Random, seed: bytes, seeds: Sequence[bytes]) -> bytes:
    other = chance.choice(seeds)
    return seed[: _slice(chance, seed)[0]] + other[_slice(chance, other)[0] :]


def _end(chance: random.Random, seed: bytes, seeds: Sequence[bytes]) -> bytes:
    return seed[: chance.randrange(len(seed) + 1)]


def _slice(chance: random.Random, seed: bytes) -> tuple[int, int]:
    start = chance.randrange(len(seed) + 1)
    return start, min(len(seed), start + int(chance.expovariate(0.1)))


_WAYS: list[Callable[[random.Random, bytes, Sequence[bytes]], bytes]] = [
    _flip,
    _flip,
    _cut,
    _double,
    _insert,
    _insert,
    _splice,
    _end,
]
