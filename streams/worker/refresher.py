"""Says open cases again to ticket systems whose alerts end by themselves (`Kind.refresh_s`)."""

import asyncio
import time
from collections.abc import Callable, Collection

import msgspec

from scoring.escalation import Status
from streams.sinks.job import Job
from streams.sinks.memory import CaseMemory
from streams.sinks.runner import Runner
from streams.worker.remembered import Remembered


class Refresher:
    """One case at a time, behind whatever else waits for the sink; `now` is a monotonic clock.

    It goes through the lane, in order with the case's other messages: what is said again after the
    end would ring anew.
    """

    def __init__(
        self,
        runner: Runner,
        remembered: Remembered,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._runner = runner
        self._remembered = remembered
        self._now = now
        self._last: dict[str, float] = {}
        self._job: Job | None = None

    async def run(self, partitions: Collection[int], go_on: Callable[[], bool]) -> None:
        """Says what is due, as long as the partitions are ours: `go_on` tells."""
        for name, lane in self._runner.lanes.items():
            every, last = lane.kind.refresh_s, self._last.get(name)
            if not every or (last is not None and self._now() - last < every):
                continue
            self._last[name] = self._now()
            for number in partitions:
                for known in self._remembered.cases(number) if go_on() else ():
                    if not go_on():
                        break
                    await self._say(name, number, known)

    def drop(self, partitions: Collection[int]) -> None:
        """These partitions go to another worker, which says them again itself."""
        if self._job is not None and self._job.partition in partitions:
            self._job.dropped = True
            self._job.receipt.set()

    async def _say(self, name: str, partition: int, known: CaseMemory) -> None:
        said, lane = known.newest, self._runner.lanes[name]
        if said is None or said.status is Status.RESOLVED:
            return
        if name not in known.open_in(said.episode) or lane.waits((partition, said.case_id)):
            return
        notice = msgspec.structs.replace(self._runner.notice(said), again=True)
        self._job = Job(
            partition=partition, notice=notice, arrived=time.time(), receipt=asyncio.Event()
        )
        await lane.put(self._job)
        await self._job.receipt.wait()
