"""What is due when: a heap of this hour's deadlines, and those of later hours packed by the hour.

Most conversations wait for days to be forgotten; an entry that waits takes 10 bytes and its id.
"""

import heapq
import struct
from collections.abc import Iterable, Iterator

NEVER = float("inf")
_HOUR = 3600.0
_HEAD = struct.Struct("<dH")


class Agenda:
    """Deadlines (seconds) and ids, the earliest first, ties by id; one may stand there twice."""

    def __init__(self, entries: Iterable[tuple[str, float]] = ()) -> None:
        self._near: list[tuple[float, str]] = []
        self._hour = float("-inf")
        """The last hour whose deadlines are in the heap."""
        self._far: dict[float, bytearray] = {}
        self._least: dict[float, float] = {}
        self._hours: list[float] = []
        self._count = 0
        self.first = NEVER
        """The earliest deadline, `NEVER` if there is none."""
        for case_id, due in entries:
            self.put(due, case_id)

    def __len__(self) -> int:
        return self._count

    def put(self, due: float, case_id: str) -> None:
        """One more."""
        self._count += 1
        if due < self.first:
            self.first = due
        hour = due // _HOUR
        if hour <= self._hour:
            heapq.heappush(self._near, (due, case_id))
            return
        packed = self._far.get(hour)
        if packed is None:
            packed = self._far[hour] = bytearray()
            self._least[hour] = due
            heapq.heappush(self._hours, hour)
        elif due < self._least[hour]:
            self._least[hour] = due
        name = case_id.encode("utf-8", "surrogatepass")
        packed += _HEAD.pack(due, len(name)) + name

    def pop(self) -> tuple[float, str]:
        """The earliest deadline and its id. Raises IndexError if there is none."""
        near = self._near
        if not near:
            self._hour = heapq.heappop(self._hours)
            near[:] = _unpacked(self._far.pop(self._hour))
            heapq.heapify(near)
            del self._least[self._hour]
        self._count -= 1
        found = heapq.heappop(near)
        if near:
            self.first = near[0][0]
        else:
            self.first = self._least[self._hours[0]] if self._hours else NEVER
        return found


def _unpacked(packed: bytearray) -> Iterator[tuple[float, str]]:
    place = 0
    while place < len(packed):
        due, length = _HEAD.unpack_from(packed, place)
        place += _HEAD.size + length
        yield due, packed[place - length : place].decode("utf-8", "surrogatepass")
