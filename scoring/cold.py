"""Ids of conversations that memory does not hold, packed: some 45 bytes each, where a dictionary of
strings, and one of deadlines, take 200.

Ids lie by hash in small blocks, each one encoded dictionary; blocks are split one at a time as
their number grows (linear hashing; Litwin, VLDB 1980).
"""

from collections import deque
from collections.abc import Iterator
from heapq import nsmallest
from zlib import crc32

import msgspec

_PER_BLOCK = 12
_OPEN = 16
"""Blocks that are decoded: the same ids are asked for several times in a row."""
_AHEAD = 16_384
"""The next ids in order are looked for so many at a time."""


class Entry(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """When an id was put, counted, and when it must be looked at again (seconds)."""

    put: int
    due: float | None


_Block = dict[str, Entry]
_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(_Block)
_EMPTY = _encoder.encode({})


class Cold:
    """Ids in the order in which they were put, each with a deadline or none."""

    def __init__(self) -> None:
        self._blocks = [_EMPTY]
        self._mask = 1
        """Blocks at the last power of two above their number, less one."""
        self._open: dict[int, _Block] = {}
        self._changed: set[int] = set()
        self._count = self._put = 0
        self._oldest: deque[tuple[int, str]] = deque()
        self.deadlines = 0
        """How many ids have one."""

    def __len__(self) -> int:
        return self._count

    def __contains__(self, case_id: str) -> bool:
        return case_id in self._block(case_id)

    def __iter__(self) -> Iterator[str]:
        """In order, as it is when the second is asked for; the first comes without a sort."""
        first = self._first()
        if first is None:
            return
        yield first
        ordered = sorted(self._entries())
        yield from (case_id for _, case_id in ordered if case_id != first)

    def put(self, case_id: str, due: float | None) -> None:
        """A new id, the last in order."""
        self._block(case_id, change=True)[case_id] = Entry(self._put, due)
        self._put += 1
        self._count += 1
        self.deadlines += due is not None
        if self._count > _PER_BLOCK * len(self._blocks):
            self._split()

    def take(self, case_id: str) -> float | None:
        """Forgets an id; its deadline. Raises KeyError."""
        due = self._block(case_id, change=True).pop(case_id).due
        self._count -= 1
        self.deadlines -= due is not None
        return due

    def due(self, case_id: str) -> float | None:
        """The deadline of an id, None where it has none or is not here."""
        entry = self._block(case_id).get(case_id)
        return entry.due if entry else None

    def set_due(self, case_id: str, due: float | None) -> None:
        """Another deadline, or none, for an id. Raises KeyError."""
        block = self._block(case_id, change=True)
        before = block[case_id]
        block[case_id] = Entry(before.put, due)
        self.deadlines += (due is not None) - (before.due is not None)

    def with_deadlines(self) -> Iterator[tuple[str, float]]:
        """Ids that have one, in no order."""
        self._close()
        for block in self._blocks:
            for case_id, entry in _decoder.decode(block).items():
                if entry.due is not None:
                    yield case_id, entry.due

    def _entries(self) -> Iterator[tuple[int, str]]:
        self._close()
        for block in self._blocks:
            for case_id, entry in _decoder.decode(block).items():
                yield entry.put, case_id

    def _first(self) -> str | None:
        """What is put is last: the oldest, once known, only ever become fewer."""
        while self._count:
            if not self._oldest:
                self._oldest.extend(nsmallest(_AHEAD, self._entries()))
            put, case_id = self._oldest[0]
            entry = self._block(case_id).get(case_id)
            if entry is not None and entry.put == put:
                return case_id
            self._oldest.popleft()
        return None

    def _block(self, case_id: str, *, change: bool = False) -> _Block:
        mark = crc32(case_id.encode("utf-8", "surrogatepass"))
        place = mark & self._mask
        if place >= len(self._blocks):
            place = mark & (self._mask >> 1)
        found = self._open.get(place)
        if found is None:
            if len(self._open) >= _OPEN:
                self._close()
            found = self._open[place] = _decoder.decode(self._blocks[place])
        if change:
            self._changed.add(place)
        return found

    def _close(self) -> None:
        for place in self._changed:
            self._blocks[place] = _encoder.encode(self._open[place])
        self._changed.clear()
        self._open.clear()

    def _split(self) -> None:
        """One more block, with what belongs there of the one that had it so far."""
        self._close()
        new = len(self._blocks)
        if new > self._mask:
            self._mask = 2 * self._mask + 1
        old = new & (self._mask >> 1)
        stay: _Block = {}
        move: _Block = {}
        for case_id, entry in _decoder.decode(self._blocks[old]).items():
            mark = crc32(case_id.encode("utf-8", "surrogatepass"))
            (move if mark & self._mask == new else stay)[case_id] = entry
        self._blocks[old] = _encoder.encode(stay)
        self._blocks.append(_encoder.encode(move))
