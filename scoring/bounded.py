"""Bounded collections whose contents do not depend on the order of arrival."""

import hashlib
from bisect import bisect_left

import msgspec

Keys = tuple[int, ...]


def key(*parts: str) -> int:
    """A 48-bit hash, the same in every process."""
    digest = hashlib.blake2b("\0".join(parts).encode("utf-8", "replace"), digest_size=6).digest()
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
    return (keys[:index] + (item,) + keys[index:])[:most]


class Voice(msgspec.Struct, frozen=True, array_like=True):
    """One author's strongest statement: value 0 to 1, and the masked words."""

    value: float
    author: int
    mention_id: str
    quote: str

    @property
    def order(self) -> tuple[float, str]:
        """Strongest first, ties by id."""
        return (-self.value, self.mention_id)


Voices = tuple[Voice, ...]


def with_voice(voices: Voices, voice: Voice, most: int) -> Voices:
    """The `most` strongest voices, one per author."""
    for held in voices:
        if held.author == voice.author:
            if held.order <= voice.order:
                return voices
            voices = tuple(v for v in voices if v is not held)
            break
    return tuple(sorted((*voices, voice), key=lambda v: v.order)[:most])


def without_quotes(voices: Voices, mention_id: str) -> Voices:
    """`voices` with the words of one mention erased."""
    return tuple(
        msgspec.structs.replace(v, quote="") if v.mention_id == mention_id else v for v in voices
    )


def strength(voices: Voices) -> float:
    """The strongest value, 0 when nobody spoke."""
    return voices[0].value if voices else 0.0
