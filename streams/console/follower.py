"""Reads what is told of cases, of all partitions, from as far back as it matters; commits nothing.

Escalations and timelines build the book anew at each start. Reading never hurries: other work of
the same event loop goes first.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Mapping, Sequence

import msgspec
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError
from aiokafka.structs import ConsumerRecord

from scoring.command import decode_command
from scoring.errors import BadCommandError
from scoring.escalation import decode
from scoring.timeline import decode_timeline
from streams.config import Settings
from streams.console.brands import Brands, decode_minute
from streams.console.casebook import Casebook
from streams.kafka import clients
from streams.kafka.topics import DAY_MS, Topics

log = logging.getLogger(__name__)

_BATCH = 200
_POLL_MS = 250
_AGAIN_S = 5.0
_QUOTABLE_MS = 6 * DAY_MS
"""Older messages are shown without words: who took theirs back is known for a week."""
_PULSES_MS = 2 * DAY_MS
_COMMANDS_MS = 7 * DAY_MS


class Follower:
    """`run` fills a book and the brands until it is cancelled."""

    def __init__(self, settings: Settings, book: Casebook, brands: Brands) -> None:
        self._settings = settings
        self._book = book
        self._brands = brands
        topics = Topics.of(settings)
        self._takes: Mapping[str, Callable[[bytes, int], None]] = {
            topics.escalations: self._say,
            topics.timeline: self._tell,
            topics.commands: self._order,
            topics.pulse: self._pulse,
        }
        self._back = {topics.pulse: _PULSES_MS, topics.commands: _COMMANDS_MS}
        self.read = 0
        """Records so far."""
        self.complete = False
        """Whether what was there at the start has all been read."""
        self.heard_at = 0.0
        """Wall clock (seconds) when the newest event time was heard."""
        self._newest = 0.0
        self.fault = ""
        """Why nothing is read at present, empty when all is well."""

    @property
    def event_now(self) -> float:
        """Event time (seconds) at this moment: in silence it advances by the time that passes."""
        now = time.time()
        if not self._newest:
            return now
        return min(now, self._newest + (now - self.heard_at))

    async def run(self) -> None:
        """Reads for ever; a broker that does not answer is asked again."""
        while True:
            try:
                await self._follow()
            except (KafkaError, OSError) as error:
                self.fault = f"{type(error).__name__}: {error}"
                log.warning("the console hears nothing from the broker: %s", self.fault)
            await asyncio.sleep(_AGAIN_S)

    async def _follow(self) -> None:
        consumer = AIOKafkaConsumer(
            **clients.aiokafka(self._settings),
            group_id=None,
            enable_auto_commit=False,
            max_partition_fetch_bytes=clients.LARGEST_MESSAGE,
        )
        await consumer.start()
        try:
            left = await self._begin(consumer)
            while True:
                batches = await consumer.getmany(timeout_ms=_POLL_MS, max_records=_BATCH)
                self.fault = ""
                for partition, records in batches.items():
                    self._take(partition, records)
                    self._clock(records)
                for partition in list(left):
                    if await consumer.position(partition) >= left[partition]:
                        del left[partition]
                if not left and not self.complete:
                    self.complete = True
                    log.info("the console knows %d open cases", len(self._book))
                await asyncio.sleep(0)
        finally:
            await consumer.stop()

    async def _begin(self, consumer: AIOKafkaConsumer) -> dict[TopicPartition, int]:
        """Assigns all partitions, goes back in each as far as matters; the ends of those not empty.

        What was read before a fault is read again: it changes nothing.
        """
        partitions = [
            TopicPartition(topic, number)
            for topic in self._takes
            for number in await self._numbers(consumer, topic)
        ]
        consumer.assign(partitions)
        now = int(time.time() * 1000)
        first = await consumer.beginning_offsets(partitions)
        ends = await consumer.end_offsets(partitions)
        since = await consumer.offsets_for_times(
            {p: now - self._back[p.topic] for p in partitions if p.topic in self._back}
        )
        starts: dict[TopicPartition, int] = dict(first)
        for partition in partitions:
            found = since.get(partition)
            if partition.topic in self._back:
                starts[partition] = found.offset if found else first[partition]
            consumer.seek(partition, starts[partition])
        return {p: ends[p] for p in partitions if ends[p] > starts[p]}

    async def _numbers(self, consumer: AIOKafkaConsumer, topic: str) -> list[int]:
        await consumer.topics()
        return sorted(consumer.partitions_for_topic(topic) or ())

    def _clock(self, records: Sequence[ConsumerRecord]) -> None:
        """Event time as far as it was heard of, and when that was."""
        newest = max(self._book.newest_at, self._brands.newest_at)
        if newest > self._newest:
            self._newest = newest
            self.heard_at = records[-1].timestamp / 1000

    def _take(self, partition: TopicPartition, records: Sequence[ConsumerRecord]) -> None:
        take = self._takes[partition.topic]
        for record in records:
            try:
                take(record.value or b"", record.timestamp)
            except (msgspec.DecodeError, UnicodeDecodeError, BadCommandError) as error:
                log.debug("a record of %s is none of ours: %s", partition.topic, error)
        self.read += len(records)

    def _say(self, value: bytes, timestamp: int) -> None:
        quotable = time.time() * 1000 - timestamp < _QUOTABLE_MS
        self._book.say(decode(value), quotable=quotable)

    def _tell(self, value: bytes, timestamp: int) -> None:
        self._book.tell(decode_timeline(value))

    def _order(self, value: bytes, timestamp: int) -> None:
        self._book.order(decode_command(value))

    def _pulse(self, value: bytes, timestamp: int) -> None:
        minute = decode_minute(value)
        if minute is not None:
            self._brands.pulse(minute)
