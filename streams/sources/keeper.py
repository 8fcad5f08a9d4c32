"""How far each source is and what it has sent, kept in a compacted topic; and who runs which.

The workers of the role are one consumer group of that topic. A source belongs to a partition by
its name, and runs in the worker that has the partition: when a worker goes, another reads the
partition from its start and goes on there. Two workers with the same source for a moment do no
harm, since what both send has the same ids.
"""

import asyncio
import logging
import zlib
from collections.abc import Awaitable, Callable, Collection, Mapping
from functools import partial

import msgspec
from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, TopicPartition
from faust.types import TP

from streams.config import Settings
from streams.kafka import clients
from streams.kafka.topics import Topics, application_id
from streams.sources.source import Cursor
from streams.worker.ends import true_ends
from streams.worker.output import Output, Record
from streams.worker.patience import patiently

log = logging.getLogger(__name__)

_POLL_MS = 500
_CURSOR, _ITEM = b"c|", b"i|"


class Shelf(msgspec.Struct, kw_only=True):
    """What is kept of one source: its cursor, and the items that it has sent, oldest first."""

    cursor: Cursor | None = None
    items: dict[bytes, bytes] = {}


Gained = Callable[[str, Shelf], Awaitable[None]]
Lost = Callable[[str], Awaitable[None]]


def partition_of(source: str, partitions: int) -> int:
    """The partition that a source belongs to; the same in every worker."""
    return zlib.crc32(source.encode()) % partitions


class Keeper(ConsumerRebalanceListener):
    """Tells which sources are ours: `gained` with what is kept of each, `lost` when no more."""

    def __init__(
        self,
        settings: Settings,
        sources: Collection[str],
        partitions: int,
        output: Output,
        gained: Gained,
        lost: Lost,
    ) -> None:
        self._settings = settings
        self._topic = Topics.of(settings).sources_state
        self._places = {name: partition_of(name, partitions) for name in sources}
        self._output = output
        self._gained = gained
        self._lost = lost
        self._held: set[str] = set()
        self._new: set[int] = set()
        self._consumer: AIOKafkaConsumer | None = None
        self._shared_out = False

    @property
    def settled(self) -> bool:
        """Do we know which sources are ours, and do they run; a spare worker has none."""
        return self._shared_out and not self._new

    async def run(self) -> None:
        """Until it is cancelled. Raises BrokerError, aiokafka's KafkaError."""
        consumer = AIOKafkaConsumer(
            **clients.aiokafka(self._settings),
            **clients.group_timing(self._settings),
            group_id=application_id(self._settings, "sources"),
            enable_auto_commit=False,
            auto_offset_reset="latest",
        )
        self._consumer = consumer
        consumer.subscribe([self._topic], listener=self)
        await consumer.start()
        try:
            while True:
                if self._new:
                    await self._take_over()
                # Nothing is read here; asking is what keeps our place in the group.
                await consumer.getmany(timeout_ms=_POLL_MS)
        finally:
            await self._let_go(set(self._held))
            await consumer.stop()

    async def on_partitions_revoked(self, revoked: Collection[TopicPartition]) -> None:
        """Called before partitions are shared out anew: what runs ends, and says how far it is."""
        numbers = {partition.partition for partition in revoked}
        self._shared_out = False
        self._new -= numbers
        await self._let_go({name for name in self._held if self._places[name] in numbers})

    async def on_partitions_assigned(self, assigned: Collection[TopicPartition]) -> None:
        """Called when partitions are shared out; recovery is done outside of the call."""
        assert self._consumer is not None
        if assigned:
            self._consumer.pause(*assigned)
        self._new |= {partition.partition for partition in assigned}
        self._shared_out = True

    async def _take_over(self) -> None:
        numbers = set(self._new)
        names = {name for name, number in self._places.items() if number in numbers}
        wanted = {self._places[name] for name in names - self._held}
        shelves = await patiently(
            partial(recover, self._settings, self._topic, wanted), "tell how far sources are"
        )
        for name in sorted(names - self._held):
            if self._places[name] in self._new:  # not taken away meanwhile
                self._held.add(name)
                await self._gained(name, shelves.get(name, Shelf()))
        self._new -= numbers

    async def _let_go(self, names: set[str]) -> None:
        await asyncio.gather(*(self._lost(name) for name in names))
        self._held -= names

    async def store(
        self, source: str, items: Mapping[bytes, bytes | None], cursor: Cursor | None
    ) -> None:
        """Returns when the topic has the items, and after them the cursor. Raises KafkaError."""
        partition = self._places[source]
        prefix = source.encode() + b"|"
        await self._output.send(
            Record(self._topic, value, prefix + _ITEM + key, partition)
            for key, value in items.items()
        )
        if cursor is not None:
            record = Record(self._topic, cursor.encode(), prefix + _CURSOR, partition)
            await self._output.send([record])


async def recover(settings: Settings, topic: str, partitions: set[int]) -> dict[str, Shelf]:
    """What the partitions hold, by source. Raises BrokerError, KafkaError."""
    shelves: dict[str, Shelf] = {}
    ends = await true_ends(settings, [TP(topic, number) for number in partitions])
    missing = {TopicPartition(*tp): end for tp, end in ends.items() if end > 0}
    if not missing:
        return shelves
    consumer = AIOKafkaConsumer(
        **clients.aiokafka(settings), group_id=None, enable_auto_commit=False
    )
    await consumer.start()
    try:
        consumer.assign(list(missing))
        await consumer.seek_to_beginning(*missing)
        while missing:
            batches = await consumer.getmany(*missing, timeout_ms=_POLL_MS)
            for records in batches.values():
                for record in records:
                    _put(shelves, record.key or b"", record.value)
            for partition, end in list(missing.items()):
                if await consumer.position(partition) >= end:
                    del missing[partition]
    finally:
        await consumer.stop()
    return shelves


def _put(shelves: dict[str, Shelf], key: bytes, value: bytes | None) -> None:
    source, _, rest = key.partition(b"|")
    shelf = shelves.setdefault(source.decode("utf-8", "replace"), Shelf())
    if rest == _CURSOR:
        shelf.cursor = value.decode("utf-8", "replace") if value else None
    elif rest.startswith(_ITEM):
        shelf.items.pop(rest[len(_ITEM) :], None)  # what is written last comes last
        if value:
            shelf.items[rest[len(_ITEM) :]] = value
