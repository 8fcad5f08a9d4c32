"""Which brands have an open case that somebody is paged for: read from `escalations` itself."""

import asyncio
import logging
import time

import msgspec
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from scoring.escalation import Status
from scoring.levels import Level
from streams.config import Settings
from streams.kafka import clients

log = logging.getLogger(__name__)

LEAST = Level.ESCALATE
_BACK_S = 3 * 86_400
"""An open case that nothing was said about for so long is not hot."""
_AGAIN_S = 5.0


class _Said(msgspec.Struct, frozen=True):
    """What matters here of an escalation."""

    case_id: str
    brand: str
    status: Status
    level: Level


_decoder = msgspec.json.Decoder(_Said)


class HotBrands:
    """Follows the escalations of all brands."""

    def __init__(self, settings: Settings, topic: str) -> None:
        self._settings = settings
        self._topic = topic
        self._open: dict[str, str] = {}

    @property
    def brands(self) -> frozenset[str]:
        """Those with an open case at `escalate` or above."""
        return frozenset(self._open.values())

    def hear(self, raw: bytes) -> None:
        """One escalation; what is none of ours is somebody else's to say."""
        try:
            said = _decoder.decode(raw)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return
        if said.status is not Status.RESOLVED and said.level.rank >= LEAST.rank:
            self._open[said.case_id] = said.brand
        else:
            self._open.pop(said.case_id, None)

    async def run(self) -> None:
        """Follows until cancelled; a broker that is away is asked again."""
        while True:
            try:
                await self._follow()
            except (KafkaError, OSError) as error:
                log.info("escalations cannot be followed: %r; again in %.0f s", error, _AGAIN_S)
            await asyncio.sleep(_AGAIN_S)

    async def _follow(self) -> None:
        consumer = AIOKafkaConsumer(
            **clients.aiokafka(self._settings),
            group_id=None,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
        )
        await consumer.start()
        try:
            await consumer.topics()
            numbers = consumer.partitions_for_topic(self._topic) or set()
            partitions = [TopicPartition(self._topic, number) for number in numbers]
            consumer.assign(partitions)
            since = int((time.time() - _BACK_S) * 1000)
            found = await consumer.offsets_for_times(dict.fromkeys(partitions, since))
            ends = await consumer.end_offsets(partitions)
            for partition in partitions:
                at = found.get(partition)
                consumer.seek(partition, at.offset if at else ends[partition])
            async for message in consumer:
                self.hear(message.value or b"")
        finally:
            await consumer.stop()
