"""Ticks: the time that passes in silence, written into each partition's own log.

A Faust timer may not write tables, and a decision that depended on it could not be replayed. So
the clock is part of the log.
"""

import asyncio
import logging
from collections.abc import Collection, Mapping, Sequence
from functools import partial

import faust
from faust.exceptions import ConsumerNotStarted
from faust.types import TP

from streams.worker.boundary import guarded
from streams.worker.ends import end_of
from streams.worker.logfold import LogFold
from streams.worker.output import Output

log = logging.getLogger(__name__)


class Clock:
    """Loads assigned partitions as soon as they are recovered, and lets their time pass."""

    def __init__(
        self, app: faust.App, agents: Sequence[LogFold], output: Output, every_s: float
    ) -> None:
        self._app = app
        self._agents = agents
        self._output = output
        self._every_s = every_s

    async def run(self) -> None:
        """Runs until cancelled."""
        while True:
            await asyncio.sleep(self._every_s)
            if self.settled:
                await guarded(self._tick)

    @property
    def settled(self) -> bool:
        """Whether partitions are assigned and their state is recovered."""
        return settled(self._app)

    async def _tick(self) -> None:
        for agent in self._agents:
            await agent.gate.run(partial(self._recover, agent))
            await self._output.send(agent.ticks(self._end_of))

    async def _recover(self, agent: LogFold) -> None:
        if self.settled:  # partitions may have moved while a batch held the gate
            assigned = self._app.consumer.assignment()
            agent.recover(sorted(tp.partition for tp in assigned if tp.topic == agent.topic))

    def _end_of(self, topic: str, partition: int) -> int | None:
        return end_of(self._app, topic, partition)


def committed_of(app: faust.App, topics: Collection[str]) -> dict[tuple[str, int], int | None]:
    """What the group had committed of the assigned partitions of these topics, None for nothing.

    As Faust read it when it was given them.
    """
    try:
        assigned = app.consumer.assignment()
    except ConsumerNotStarted:
        return {}
    # Faust keeps it to itself; asking the broker at each scrape would cost a round trip.
    known: Mapping[TP, int | None] = app.consumer._committed_offset  # type: ignore[attr-defined]
    return {(tp.topic, tp.partition): known.get(tp) for tp in assigned if tp.topic in topics}


def settled(app: faust.App) -> bool:
    """Whether an application has its partitions, and its tables what they held.

    One that was given none, as there are more workers than partitions, has nothing to wait for.
    """
    if app.rebalancing or not app.started:
        return False
    try:
        assigned = bool(app.consumer.assignment())
    except ConsumerNotStarted:
        return False
    return app.tables.actives_ready if len(app.tables) else assigned or app.unassigned
