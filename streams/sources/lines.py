"""The lines of a file from a place on: of any length, in any encoding, finished or not."""

from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from streams.sources.places import Place

MOST = 8 * 1024 * 1024
"""Bytes of a line; a longer one is passed over."""
_FALLBACK = "cp1252"


class Line(NamedTuple):
    """One line with its end; `begin` and `after` are offsets, `number` counts from 0 (-1: unknown).

    `half`: its end is not there yet. `long`: over the limit, and `raw` empty.
    """

    raw: bytes
    begin: int
    after: int
    number: int
    half: bool = False
    long: bool = False

    @property
    def following(self) -> int:
        """The number of the line that begins at `after`."""
        return self.number if self.half or self.number < 0 else self.number + 1


def lines(file: BinaryIO, place: Place) -> Iterator[Line]:
    """To the end of the file. One too long that has no end yet is told again as it grows."""
    offset, number = place.offset, place.line
    file.seek(offset)
    if place.rest:
        skipped, ended = _skip(file)
        offset += skipped
        if not ended:
            yield Line(b"", place.offset, offset, number, half=True, long=True)
            return
        number += number >= 0
    while raw := file.readline(MOST + 1):
        begin, half, long = offset, not raw.endswith(b"\n"), False
        offset += len(raw)
        if half and len(raw) > MOST:
            skipped, ended = _skip(file)
            offset += skipped
            raw, half, long = b"", not ended, True
        line = Line(raw, begin, offset, number, half, long)
        yield line
        number = line.following


def _skip(file: BinaryIO) -> tuple[int, bool]:
    """Passes the rest of a line; how many bytes, and whether its end was there."""
    size = 0
    while piece := file.readline(MOST):
        size += len(piece)
        if piece.endswith(b"\n"):
            return size, True
    return size, False


def text(line: Line, encoding: str) -> tuple[str, bool]:
    """What it says, and whether that had to be guessed: what is no UTF-8 is mostly Windows-1252."""
    utf8 = encoding.lower().replace("_", "-") in ("utf-8", "utf8", "utf-8-sig")
    raw = line.raw.removeprefix(b"\xef\xbb\xbf") if utf8 and line.begin == 0 else line.raw
    try:
        return raw.decode("utf-8" if utf8 else encoding), False
    except UnicodeDecodeError:
        return raw.decode(_FALLBACK if utf8 else encoding, "replace"), True
