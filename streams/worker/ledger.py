"""Offsets in order: what is done early waits for what came before it.

Faust commits up to the highest acknowledged offset that it sees no gap before, and has lost
messages by that (faust-streaming issue 606), so it only ever hears of offsets in their order.
"""

import asyncio
from collections import deque
from collections.abc import Collection
from typing import Any

import msgspec
from faust.types import TP, EventT

from streams.sinks.job import Job

MOST_UNDER_WAY = 10_000
"""Messages that may be done already and wait for one that a sink has not taken yet.

So many at most are read again after a crash, and known by their ids.
"""


class Entry(msgspec.Struct, kw_only=True, eq=False):
    """One message under way: `left` pieces of work are not done yet, its own reading among them."""

    event: EventT
    stream: Any
    jobs: list[Job] = []
    left: int = 1

    def charge(self, jobs: list[Job]) -> None:
        """The jobs that the message makes."""
        self.jobs = jobs
        self.left += len(jobs)


class Ledger:
    """The messages under way of each partition, oldest first."""

    def __init__(self, most: int = MOST_UNDER_WAY) -> None:
        self._entries: dict[TP, deque[Entry]] = {}
        self._most = most
        self._moved = asyncio.Event()

    @property
    def first(self) -> Entry | None:
        """The message that holds back most others, when there are too many; else None."""
        if sum(map(len, self._entries.values())) < self._most:
            return None
        return max(self._entries.values(), key=len)[0]

    async def moves(self) -> None:
        """Returns when a message is done, or a partition has left."""
        self._moved.clear()
        await self._moved.wait()

    def open(self, entry: Entry) -> None:
        """A message has come."""
        self._entries.setdefault(entry.event.message.tp, deque()).append(entry)

    async def done(self, entry: Entry) -> list[EventT]:
        """One piece of a message's work is done; acknowledges what may be, and tells which."""
        entry.left -= 1
        tp = entry.event.message.tp
        waiting = self._entries.get(tp)
        acknowledged = []
        while waiting and waiting[0].left == 0:
            first = waiting.popleft()
            await first.stream.ack(first.event)
            acknowledged.append(first.event)
        if not waiting and self._entries.get(tp) is waiting:
            self._entries.pop(tp, None)
        self._moved.set()
        return acknowledged

    def under_way(self, tp: TP) -> list[Entry]:
        """Messages of a partition that are not acknowledged."""
        return list(self._entries.get(tp, ()))

    def waits(self, tp: TP) -> bool:
        """Whether messages of a partition wait for sinks, or for room behind others that do."""
        return tp in self._entries or self.first is not None

    def drop(self, tps: Collection[TP]) -> None:
        """These partitions go to another worker: their messages will be read again."""
        for tp in tps:
            for entry in self._entries.pop(tp, ()):
                for job in entry.jobs:
                    job.dropped = True
        self._moved.set()
