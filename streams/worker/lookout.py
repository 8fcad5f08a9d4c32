"""Looks out for the broker, and for partitions that stand still while they have messages.

A restart mends a worker that hangs, and no broker that is away: so a silent broker makes a worker
unready, and only a standstill beside a broker that answers makes it unwell.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Hashable, Iterable, Mapping
from typing import cast

import faust
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError
from faust.exceptions import ConsumerNotStarted
from faust.tables.manager import TableManager
from faust.types import TP

from streams.config import Settings
from streams.kafka import clients
from streams.worker import ends as ends_of
from streams.worker.clock import committed_of, settled
from streams.worker.progress import Partition, Progress

log = logging.getLogger(__name__)

EVERY_S = 2.0
_ANSWER_S = 5.0
SILENT_S = 10.0
"""A broker that has not answered for so long is away."""

Waits = Callable[[Partition], bool]
"""Whether what a partition holds waits for somebody else, which is no standstill."""


def never(partition: Partition) -> bool:
    """Of roles that wait for nobody."""
    return False


class Watched:
    """One role: its application, the topics it reads, and what it tells of its progress."""

    def __init__(
        self, app: faust.App, topics: Iterable[str], progress: Progress, waits: Waits
    ) -> None:
        self._app = app
        self._topics = frozenset(topics)
        self._progress = progress
        self._waits = waits

    def wanted(self) -> list[TopicPartition]:
        """Its partitions of the topics it reads."""
        try:
            assigned = self._app.consumer.assignment()
        except ConsumerNotStarted:
            return []
        return [TopicPartition(*tp) for tp in assigned if tp.topic in self._topics]

    def look(self, ends: Mapping[TopicPartition, int]) -> None:
        """Notes how far it is, as the broker just said where its partitions end."""
        if not settled(self._app):
            self._progress.paused(recovering=self._recovered())
            return
        own = {(tp.topic, tp.partition): ends[tp] for tp in self.wanted() if tp in ends}
        self._progress.look(committed_of(self._app, self._topics), own, self._waits)

    def _recovered(self) -> Hashable:
        """How far its tables have been read, None where none is being recovered."""
        recovery = cast("TableManager", self._app.tables).recovery
        if not len(self._app.tables) or not recovery.in_recovery:
            return None
        # Of a partition that nothing was read of yet the offset may be None.
        return recovery._recovery_started_at, sum(
            at or 0 for at in recovery.active_offsets.values()
        )

    async def make_sure(self, settings: Settings) -> None:
        """Looks into partitions that seem to stand still. Raises KafkaError, TimeoutError."""
        for (topic, number), offset in self._progress.suspects.items():
            holds = await ends_of.holds(settings, TP(topic, number), offset)
            self._progress.prove((topic, number), holds=holds)

    def paused(self) -> None:
        """Nothing can be said while the broker is away."""
        self._progress.paused()


class Lookout:
    """Asks the broker every two seconds where the partitions of this worker end."""

    def __init__(self, settings: Settings, roles: Iterable[Watched]) -> None:
        self._settings = settings
        self._roles = list(roles)
        self._consumer: AIOKafkaConsumer | None = None
        self._answered_at = time.monotonic()
        self._begun = False

    def begun(self) -> None:
        """The roles have started: before that they have no partitions to look at."""
        self._begun = True

    @property
    def silent_s(self) -> float:
        """Seconds since the broker last answered."""
        return time.monotonic() - self._answered_at

    @property
    def away(self) -> bool:
        """Whether the broker has been silent for long."""
        return self.silent_s > SILENT_S

    async def answers(self, limit_s: float) -> bool:
        """Whether the broker answers within `limit_s`: it may have fallen silent just now."""
        try:
            await asyncio.wait_for(self._ask(), limit_s)
        except (KafkaError, OSError, TimeoutError):
            return False
        return True

    async def run(self) -> None:
        """Runs until cancelled."""
        self._answered_at = time.monotonic()
        while True:
            try:
                ends = await asyncio.wait_for(self._ask(), _ANSWER_S)
                self._answered_at = time.monotonic()
                for role in self._roles if self._begun else ():
                    role.look(ends)
                    await role.make_sure(self._settings)
            except (KafkaError, OSError, TimeoutError) as error:
                log.debug("the broker does not answer: %r", error)
                await self._forget()
                for role in self._roles:
                    role.paused()
            await asyncio.sleep(EVERY_S)

    async def _ask(self) -> Mapping[TopicPartition, int]:
        if self._consumer is None:
            self._consumer = AIOKafkaConsumer(**clients.aiokafka(self._settings), group_id=None)
            await self._consumer.start()
        wanted = [tp for role in self._roles for tp in role.wanted()] if self._begun else []
        if not wanted:
            await self._consumer.topics()
            return {}
        found: dict[TopicPartition, int] = await self._consumer.end_offsets(wanted)
        return found

    async def close(self) -> None:
        """Lets go of the connection."""
        await self._forget()

    async def _forget(self) -> None:
        consumer, self._consumer = self._consumer, None
        if consumer is not None:
            # Behind our back: a broker that is silent does not answer a farewell.
            task = asyncio.ensure_future(consumer.stop())
            task.add_done_callback(_ended)


def _ended(task: "asyncio.Task[None]") -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        log.debug("a consumer did not stop in order: %r", error)
