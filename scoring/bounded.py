"""Bounded collections whose contents do not depend on the order of arrival."""

import hashlib
from bisect import bisect_left, insort
from functools import lru_cache
from typing import Any, TypeVar

import msgspec

from scoring.times import FOREVER

Keys = tuple[int, ...]
Weighted = tuple[tuple[int, int], ...]
"""Key and weight, sorted by key."""

Item = TypeVar("Item")

_KEY_BYTES = 6
_KEYS = float(256**_KEY_BYTES)


@lru_cache(maxsize=8192)
def key(*parts: str) -> int:
    """A 48-bit hash, the same in every process; a mention asks for the same few several times."""
    digest = hashlib.blake2b(
        "\0".join(parts).encode("utf-8", "replace"), digest_size=_KEY_BYTES
    ).digest()
    return int.from_bytes(digest, "big")


def holds(keys: Keys, item: int) -> bool:
    """Whether the sorted `keys` hold `item`."""
    index = bisect_left(keys, item)
    return index < len(keys) and keys[index] == item


def with_key(keys: Keys, item: int, most: int) -> Keys:
    """`keys` with `item`, sorted; once `most` are held the smallest stay (a KMV sketch)."""
    index = bisect_left(keys, item)
    if (index < len(keys) and keys[index] == item) or index >= most:
        return keys
    return (*keys[:index], item, *keys[index:])[:most]


def with_item(items: tuple[Item, ...], item: Item) -> tuple[Item, ...]:
    """The sorted `items` with `item` in its place; mostly that is the end."""
    if not items or items[-1] < item:  # type: ignore[operator]
        return (*items, item)
    held: list[Any] = list(items)
    insort(held, item)
    return tuple(held)


def weight_of(weights: Weighted, item: int) -> int:
    """The weight held of `item`, 0 when it is not held."""
    index = bisect_left(weights, (item,))
    return weights[index][1] if index < len(weights) and weights[index][0] == item else 0


def with_weight(weights: Weighted, item: int, weight: int, most: int) -> Weighted:
    """`weights` with `item`, whose largest weight counts; of more than `most` the smallest keys."""
    index = bisect_left(weights, (item,))
    if index < len(weights) and weights[index][0] == item:
        if weight <= weights[index][1]:
            return weights
        return (*weights[:index], (item, weight), *weights[index + 1 :])
    if index >= most:
        return weights
    return (*weights[:index], (item, weight), *weights[index:])[:most]


def distinct(weights: Weighted, most: int) -> int:
    """How many keys were ever added: exact below `most`, then estimated from the largest kept."""
    if len(weights) < most:
        return len(weights)
    return round((most - 1) * _KEYS / (weights[-1][0] + 1))


class Voice(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One author's strongest statement: value 0 to 1, the masked words, and when (seconds)."""

    value: float
    author: int
    mention_id: str
    quote: str
    said_at: float = 0.0

    @property
    def order(self) -> tuple[float, str, int, float, str]:
        """Strongest first, ties by id and author, then the newest words."""
        return (-self.value, self.mention_id, self.author, -self.said_at, self.quote)


Voices = tuple[Voice, ...]


def heard(voices: Voices, value: float, author: int, most: int) -> bool:
    """Whether a voice of that value and author may change `voices`: if not, no words are needed."""
    for held in voices:
        if held.author == author:
            return value >= held.value
    return len(voices) < most or value >= voices[-1].value


def with_voice(voices: Voices, voice: Voice, most: int) -> Voices:
    """The `most` strongest voices, one per author."""
    if not voices:
        return (voice,)
    for held in voices:
        if held.author == voice.author:
            if held.value > voice.value or held.order <= voice.order:
                return voices
            voices = tuple(v for v in voices if v is not held)
            break
    place = 0
    for held in voices:
        if held.value < voice.value or (held.value == voice.value and held.order > voice.order):
            break
        place += 1
    return (*voices[:place], voice, *voices[place:])[:most]


def without_quotes(voices: Voices, mention_id: str, until: float = FOREVER) -> Voices:
    """`voices` with what one mention said before `until` (seconds) erased."""
    return tuple(
        msgspec.structs.replace(voice, quote="")
        if voice.mention_id == mention_id and voice.said_at < until
        else voice
        for voice in voices
    )


def strength(voices: Voices) -> float:
    """The strongest value, 0 when nobody spoke."""
    return voices[0].value if voices else 0.0
