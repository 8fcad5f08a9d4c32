"""How far a file is read, and whether it is still the file that it was."""

import os
from hashlib import blake2b
from typing import BinaryIO

import msgspec

_HEAD, _TAIL = 256, 256


class Place(msgspec.Struct, frozen=True, array_like=True):
    """How far a file is read (`offset`, bytes).

    `head` is a hash of its first `length` bytes and `tail` of those just before `offset`: in a
    file that was written anew one of them is another. `line` counts the lines before `offset`, -1
    where nobody knows. `rest`: `offset` is within a line that is too long to be read. `half`: the
    size of the file when its unfinished end was taken, or told of.
    """

    offset: int
    head: bytes
    length: int
    tail: bytes = b""
    line: int = 0
    rest: bool = False
    half: int = -1

    @property
    def where(self) -> str:
        """For people."""
        return f"line {self.line + 1}" if self.line >= 0 else f"byte {self.offset}"


def begin(file: BinaryIO, known: Place | None, size: int) -> Place:
    """Where to read on: from the start when it is another file, was emptied or written anew."""
    if known is not None and known.offset <= size and _same(file, known):
        if known.length >= _HEAD:
            return known
        head = _read(file, 0, _HEAD)
        return msgspec.structs.replace(known, head=_hash(head), length=len(head))
    head = _read(file, 0, _HEAD)
    return Place(0, _hash(head), len(head))


def at(file: BinaryIO, place: Place, offset: int, line: int) -> Place:
    """The place with another offset."""
    tail = _hash(_read(file, max(0, offset - _TAIL), min(_TAIL, offset))) if offset else b""
    return msgspec.structs.replace(place, offset=offset, tail=tail, line=line, rest=False, half=-1)


def _same(file: BinaryIO, known: Place) -> bool:
    if _hash(_read(file, 0, known.length)) != known.head:
        return False
    before = min(_TAIL, known.offset)
    return not known.tail or _hash(_read(file, known.offset - before, before)) == known.tail


def _read(file: BinaryIO, offset: int, size: int) -> bytes:
    return os.pread(file.fileno(), size, offset)


def _hash(part: bytes) -> bytes:
    return blake2b(part, digest_size=8).digest()
