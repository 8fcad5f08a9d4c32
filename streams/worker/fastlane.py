"""The fast lane: while a backlog is worked off, brands with a case at stake are told of first.

Beside the consumer that works off `mentions` in order, another one, in no group, reads on ahead in
the same partitions and picks out the mentions of such brands. They are scored by the same process,
in turns, and told to `mentions-scored` marked `ahead`: their conversations are decided at once. In
its turn each comes again and changes nothing more (`scoring.partition`).

Order: of a brand, what is told ahead comes in the order of its partition, hence of its
conversation. When a brand becomes hot, reading begins again at the backlog's beginning, so that
none of its mentions is passed over. Nothing is promised between brands: that is the point.

Nothing is committed here. A worker that ends forgets what it told; the next one tells it again.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime

import msgspec
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.errors import KafkaError

from scoring.decoding import check_not_future, decode
from scoring.errors import BadMentionError
from scoring.mention import Mention
from scoring.scored import encode_passed
from streams.config import Settings
from streams.kafka import clients
from streams.kafka.topics import Topics
from streams.metrics import Metrics
from streams.scorer.process import Batch
from streams.worker.hot import HotBrands
from streams.worker.output import Output, Record

log = logging.getLogger(__name__)

EVERY_S = 1.0
TOGETHER = 64
"""Mentions scored together: few, for the backlog goes on in turns with them."""
_READ = 2_000
_POLL_MS = 500


class _Named(msgspec.Struct, frozen=True):
    """What is looked at of the mentions that are passed over."""

    brand: str


_named = msgspec.json.Decoder(_Named)
Score = Callable[[Sequence[Mention]], Awaitable[Batch]]
Reached = Callable[[], Mapping[int, int]]
"""Of each partition of `mentions` held here, the offset that is read next in order."""


class FastLane:
    """Reads ahead in the partitions that this worker works off."""

    def __init__(
        self,
        settings: Settings,
        output: Output,
        score: Score,
        reached: Reached,
        metrics: Metrics,
    ) -> None:
        self._settings = settings
        self._topics = Topics.of(settings)
        self._output = output
        self._score = score
        self._reached = reached
        self._metrics = metrics
        self._least = 4 * settings.batch_size
        """So much is read and under way in order already: it comes soon enough."""
        self._told: dict[int, dict[str, int]] = {}
        """Per partition and brand, up to which offset it is told."""
        self._at: dict[int, int] = {}
        """Where the consumer stands."""
        self.hot = HotBrands(settings, self._topics.escalations)

    async def run(self) -> None:
        """Runs until cancelled."""
        following = asyncio.ensure_future(self.hot.run())
        try:
            while True:
                try:
                    await self._work()
                except (KafkaError, OSError) as error:
                    log.info("the fast lane pauses: %r", error)
                await asyncio.sleep(EVERY_S)
        finally:
            following.cancel()

    async def _work(self) -> None:
        consumer = AIOKafkaConsumer(
            **clients.aiokafka(self._settings),
            group_id=None,
            enable_auto_commit=False,
            max_poll_records=_READ,
        )
        await consumer.start()
        self._at = {}
        try:
            while True:
                busy = await self._look(consumer)
                await asyncio.sleep(0 if busy else EVERY_S)
        finally:
            await consumer.stop()

    async def _look(self, consumer: AIOKafkaConsumer) -> bool:
        """One step in each partition with a backlog; whether there was any."""
        brands, reached = self.hot.brands, dict(self._reached())
        for number in self._told.keys() - reached.keys():
            del self._told[number]
        if not brands or not reached:
            self._told.clear()
            return False
        parts = {number: TopicPartition(self._topics.mentions, number) for number in reached}
        ends = await consumer.end_offsets(list(parts.values()))
        begin: dict[int, int] = {}
        for number, part in parts.items():
            if ends[part] - reached[number] > self._least:
                told = self._told.setdefault(number, {})
                for brand in told.keys() - brands:
                    del told[brand]
                start = min(max(told.get(brand, 0), reached[number]) for brand in brands)
                if start < ends[part]:
                    begin[number] = start
            else:
                self._told.pop(number, None)
        if not begin:
            return False
        if begin.keys() != self._at.keys():
            consumer.assign([parts[number] for number in begin])
            self._at.clear()
        for number, start in begin.items():
            if self._at.get(number) != start:
                consumer.seek(parts[number], start)
        self._at = begin
        found = await consumer.getmany(timeout_ms=_POLL_MS, max_records=_READ)
        for part, records in found.items():
            self._at[part.partition] = records[-1].offset + 1
            await self._tell(part.partition, records, brands)
        return bool(found)

    async def _tell(
        self, number: int, records: Sequence[ConsumerRecord], brands: frozenset[str]
    ) -> None:
        told = self._told[number]
        wanted = [record for record in records if self._wants(record, brands, told)]
        for begin in range(0, len(wanted), TOGETHER):
            await self._batch(wanted[begin : begin + TOGETHER])
        for brand in brands:
            told[brand] = max(told.get(brand, 0), records[-1].offset + 1)

    def _wants(
        self, record: ConsumerRecord, brands: frozenset[str], told: Mapping[str, int]
    ) -> bool:
        try:
            brand = _named.decode(record.value or b"").brand
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return False
        return brand in brands and record.offset >= told.get(brand, 0)

    async def _batch(self, records: Sequence[ConsumerRecord]) -> None:
        good: list[tuple[ConsumerRecord, Mention]] = []
        now = datetime.now(UTC)
        for record in records:
            try:
                mention = decode(record.value or b"")
                check_not_future(mention, now)
            except BadMentionError:
                continue  # a dead letter, in its turn
            good.append((record, mention))
        batch = await self._score([mention for _, mention in good])
        sent = []
        for (record, mention), scored in zip(good, batch.scored, strict=True):
            if scored is None:
                continue
            arrived_at = datetime.fromtimestamp(record.timestamp / 1000, UTC)
            event = msgspec.structs.replace(scored, arrived_at=arrived_at, ahead=True)
            value = encode_passed(event, record.value)
            key = mention.partition_key.encode()
            sent.append(Record(topic=self._topics.scored, key=key, value=value))
        await self._output.send(sent)
        self._metrics.fast_lane.inc(len(sent))
