"""Kafka topics with messages of another shape, read beside whoever else reads them.

Every worker could read some partitions, but the source runs in one: what it does is little beside
the scoring. Offsets are kept with our cursors, and no consumer group is made.
"""

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated, Any, Literal

import msgspec
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from faust.types import TP
from msgspec import Meta

from streams import config
from streams.config import HOSTS
from streams.errors import BrokerError, ConfigError
from streams.kafka import clients
from streams.kafka.same import is_same_cluster, written_alike
from streams.kafka.topics import Topics
from streams.sinks.target import Later, Refused
from streams.sources import document, mapping
from streams.sources.records import SENT_BY, mark
from streams.sources.source import Batch, Context, Cursor, Item, Unreadable, placed, sorted_out
from streams.worker.ends import true_ends

STREAMS = True
_POLL_MS = 1000
_MOST = 500
_cursor = msgspec.json.Decoder(dict[str, int])


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`topic`, on our own brokers unless `broker` names others, which are logged in to as ours.

    `mapping`, or a file of one: where the fields of a mention stand; without one the messages are
    Mention v1. `start`: where to begin the first time.
    """

    topic: Annotated[str, Meta(min_length=1, max_length=249)]
    broker: Annotated[str, Meta(pattern=HOSTS, examples=["kafka:9092"])] | None = None
    mapping: dict[str, Any] | None = None
    mapping_file: str = ""
    timezone: str = "UTC"
    start: Literal["beginning", "end"] = "end"

    def check(self) -> None:
        """Raises ConfigError."""
        mapping.of_settings(self.mapping, self.mapping_file, self.timezone)


class TopicSource:
    """One topic."""

    def __init__(self, settings: Settings, context: Context) -> None:
        self._settings = settings
        self._name = context.name
        self._channel = context.common.channel or "website"
        self._kafka = context.settings
        self._ours = context.settings
        if settings.broker is not None:
            self._kafka = msgspec.structs.replace(context.settings, broker=settings.broker)
        topics = Topics.of(context.settings)
        self._is_own_name = settings.topic in msgspec.structs.astuple(topics)
        self._mark = mark(topics.mentions, context.name)
        if self._is_own_name and written_alike(self._kafka, self._ours):
            raise ConfigError(self._circle)
        self._shape = mapping.of_settings(
            settings.mapping, settings.mapping_file, settings.timezone
        )

    @property
    def _circle(self) -> str:
        return (
            f"topic: {self._settings.topic} is one of Tocsin's own: it would circle; name another"
        )

    async def batches(self, cursor: Cursor | None) -> AsyncIterator[Batch]:
        await self._check_no_circle()
        count = await self._count()
        consumer = AIOKafkaConsumer(
            **clients.aiokafka(self._kafka),
            group_id=None,
            enable_auto_commit=False,
            max_partition_fetch_bytes=clients.LARGEST_MESSAGE,
            auto_offset_reset="earliest",
        )
        await consumer.start()
        try:
            offsets = await self._seek(consumer, count, cursor)
            yield Batch(cursor=_encode(offsets))
            while True:
                found = await consumer.getmany(timeout_ms=_POLL_MS, max_records=_MOST)
                read: list[Item | Unreadable] = []
                for partition, records in found.items():
                    for record in records:
                        read += self._record(record)
                    offsets[str(partition.partition)] = records[-1].offset + 1
                if found:
                    yield msgspec.structs.replace(sorted_out(read), cursor=_encode(offsets))
        finally:
            await consumer.stop()

    async def _check_no_circle(self) -> None:
        """Raises Refused, Later: the same brokers may be written in many ways."""
        if not self._is_own_name:
            return
        try:
            same = await asyncio.to_thread(is_same_cluster, self._kafka, self._ours)
        except BrokerError as error:
            raise Later(str(error)) from error
        if same:
            raise Refused(f"{self._circle} ({self._settings.broker} is our own broker)")

    async def _count(self) -> int:
        """Number of partitions. Raises Later."""
        try:
            count = await asyncio.to_thread(partitions, self._kafka, self._settings.topic)
        except BrokerError as error:
            raise Later(str(error)) from error
        if not count:
            raise Later(f"the broker has no topic {self._settings.topic}")
        return count

    async def _seek(
        self, consumer: AIOKafkaConsumer, count: int, cursor: Cursor | None
    ) -> dict[str, int]:
        """Where reading goes on, by partition; one that is new is read from its start."""
        places = [TopicPartition(self._settings.topic, number) for number in range(count)]
        ends = await true_ends(self._kafka, [TP(*place) for place in places])
        consumer.assign(places)
        first = await consumer.beginning_offsets(places)
        known = _cursor.decode(cursor) if cursor else {}
        fresh = cursor is None and self._settings.start == "end"
        offsets: dict[str, int] = {}
        for place in places:
            start, end = first[place], ends[TP(*place)]
            wanted = known.get(str(place.partition), end if fresh else start)
            if wanted > end:  # deleted and made anew
                wanted = start
            offsets[str(place.partition)] = wanted = max(wanted, start)
            consumer.seek(place, wanted)
        return offsets

    def _record(self, record: "ConsumerRecord[bytes, bytes]") -> "list[Item | Unreadable]":
        if (SENT_BY, self._mark) in (record.headers or ()):
            return [Unreadable("this source sent it itself: it reads what it writes")]
        found = document.items(record.value or b"", self._shape, self._name, self._channel)
        where = f"partition {record.partition}, offset {record.offset}"
        return [placed(one, where) for one in found]

    async def close(self) -> None:
        """The consumer ends with the batches."""


def partitions(settings: config.Settings, topic: str) -> int:
    """Number of partitions of a topic, 0 when there is none. Raises BrokerError."""
    with clients.admin(settings) as client:
        if topic not in client.list_topics():
            return 0
        (found,) = client.describe_topics([topic])
        return len(found["partitions"])


def _encode(offsets: dict[str, int]) -> Cursor:
    return msgspec.json.encode(offsets).decode()


def build(settings: Settings, context: Context) -> TopicSource:
    """A source of one Kafka topic. Raises ConfigError."""
    return TopicSource(settings, context)
