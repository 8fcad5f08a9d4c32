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
        for case_id, due in entries:
            self.put(due, case_id)

    def __len__(self) -> int:
        return self._count

    @property
    def first(self) -> float:
        """The earliest deadline, `NEVER` if there is none."""
        if self._near:
            return self._near[0][0]
        return self._least[self._hours[0]] if self._hours else NEVER

    def put(self, due: float, case_id: str) -> None:
        """One more."""
        self._count += 1
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

    def pop(self, horizon: float) -> tuple[float, str] | None:
        """The earliest deadline up to `horizon` (seconds) and its id, None if there is none."""
        if not self._count or self.first > horizon:
            return None
        if not self._near:
            self._hour = heapq.heappop(self._hours)
            self._near = list(_unpacked(self._far.pop(self._hour)))
            heapq.heapify(self._near)
            del self._least[self._hour]
        self._count -= 1
        return heapq.heappop(self._near)


def _unpacked(packed: bytearray) -> Iterator[tuple[float, str]]:
    place = 0
    while place < len(packed):
        due, length = _HEAD.unpack_from(packed, place)
        place += _HEAD.size + length
        yield due, packed[place - length : place].decode("utf-8", "surrogatepass")
