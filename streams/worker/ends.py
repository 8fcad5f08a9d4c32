"""Where a changelog really ends: state that is recovered in part would be taken for the whole.

Faust recovers up to what the broker lists as the end. Some brokers (tansu 0.6.0) list the start of
the newest batch; the answer to a fetch has the true end.
"""

import asyncio
import time
from collections.abc import Collection, Mapping
from functools import partial

import faust
from aiokafka import AIOKafkaConsumer, TopicPartition
from faust.types import TP
from faust.types.transports import ConsumerT

from streams.config import Settings
from streams.errors import BrokerError
from streams.kafka import clients

_TIMEOUT_S = 30.0
_POLL_MS = 200


class App(faust.App):
    """A Faust application that recovers its tables to their true end."""

    tocsin: Settings

    def _new_consumer(self) -> ConsumerT:
        consumer = super()._new_consumer()
        # The one place where Faust asks for ends; an instance attribute goes before its method.
        vars(consumer)["highwaters"] = partial(_highwaters, self.tocsin)
        return consumer


async def _highwaters(settings: Settings, *partitions: TP) -> Mapping[TP, int]:
    return await true_ends(settings, partitions)


async def true_ends(settings: Settings, partitions: Collection[TP]) -> dict[TP, int]:
    """The offset after the last record of each partition. Raises BrokerError, KafkaError."""
    if not partitions:
        return {}
    wanted = {TopicPartition(*tp): tp for tp in partitions}
    consumer = AIOKafkaConsumer(
        **clients.aiokafka(settings),
        group_id=None,
        enable_auto_commit=False,
        max_partition_fetch_bytes=clients.LARGEST_MESSAGE,
    )
    await consumer.start()
    try:
        consumer.assign(list(wanted))
        first = await consumer.beginning_offsets(list(wanted))
        ends: dict[TopicPartition, int] = dict(await consumer.end_offsets(list(wanted)))
        for partition, end in ends.items():
            consumer.seek(partition, max(first[partition], end - 1))
        unsure = {partition for partition, end in ends.items() if end > first[partition]}
        deadline = time.monotonic() + _TIMEOUT_S
        while unsure:
            await consumer.getmany(*unsure, timeout_ms=_POLL_MS)
            for partition in list(unsure):
                if (seen := consumer.highwater(partition)) is not None:
                    ends[partition] = max(ends[partition], seen)
                    unsure.remove(partition)
            if time.monotonic() > deadline:
                raise BrokerError(f"broker does not answer a fetch from {min(unsure)[0]}")
            await asyncio.sleep(0)
        return {wanted[partition]: end for partition, end in ends.items()}
    finally:
        await consumer.stop()
