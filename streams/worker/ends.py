"""What a log really holds, asked of the broker without Faust.

Faust recovers a changelog up to what the broker lists as its end. Some brokers (tansu 0.6.0) list
the start of the newest batch; the answer to a fetch has the true end. And Faust may pass over
messages of a partition that it was just given: see `streams.worker.application`.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from functools import partial

import faust
from aiokafka import AIOKafkaConsumer, TopicPartition
from faust.exceptions import ConsumerNotStarted
from faust.types import TP

from streams.config import Settings
from streams.errors import BrokerError
from streams.kafka import clients
from streams.worker.patience import patiently

_TIMEOUT_S = 30.0
_FETCH_S = 10.0
_POLL_MS = 200


class GapError(Exception):
    """Messages were passed over; read from the last commit again, they will come."""


def end_of(app: faust.App, topic: str, partition: int) -> int | None:
    """Offset after the last record of a partition, None where it is not known."""
    try:
        return app.consumer.highwater(TP(topic, partition))
    except (AssertionError, ConsumerNotStarted):
        # The first is aiokafka's word for a partition that was just taken away.
        return None


async def true_ends(settings: Settings, partitions: Collection[TP]) -> dict[TP, int]:
    """The offset after the last record of each partition. Raises BrokerError, KafkaError."""
    if not partitions:
        return {}
    return await patiently(partial(_true_ends, settings, partitions), "list ends of logs")


async def _true_ends(settings: Settings, partitions: Collection[TP]) -> dict[TP, int]:
    wanted = {TopicPartition(*tp): tp for tp in partitions}
    async with _reader(settings) as consumer:
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


async def check_gap(settings: Settings, tp: TP, wanted: int, came: int) -> None:
    """Raises GapError when the log does hold something from offset `wanted` to before `came`.

    Retention, or transactions of another program, may have left nothing there: no harm.
    """
    found = await patiently(partial(_next, settings, tp, wanted), "be asked about a gap")
    if found < came:
        raise GapError(f"{tp.topic}, partition {tp.partition}: {wanted} to {came - 1} did not come")


async def _next(settings: Settings, tp: TP, wanted: int) -> int:
    """Offset of the first record from `wanted` on."""
    partition = TopicPartition(*tp)
    async with _reader(settings) as consumer:
        consumer.assign([partition])
        first = (await consumer.beginning_offsets([partition]))[partition]
        consumer.seek(partition, max(first, wanted))
        found = await asyncio.wait_for(consumer.getone(), _FETCH_S)
    return int(found.offset)


async def committed(settings: Settings, group: str, tp: TP) -> int:
    """What a group has committed of a partition, 0 for nothing. Raises KafkaError."""
    return await patiently(partial(_committed, settings, group, tp), "say what is committed")


async def _committed(settings: Settings, group: str, tp: TP) -> int:
    async with _reader(settings, group) as consumer:
        consumer.assign([TopicPartition(*tp)])  # assigned by hand: it does not join the group
        return await consumer.committed(TopicPartition(*tp)) or 0


async def holds(settings: Settings, tp: TP, wanted: int) -> bool:
    """Whether a log has a record at offset `wanted` or later. Raises KafkaError."""
    try:
        await _next(settings, tp, wanted)
    except TimeoutError:
        return False
    return True


async def keys_between(settings: Settings, tp: TP, begin: int, end: int) -> set[bytes]:
    """Keys of the records from offset `begin` to before `end`, where there is a record at `end`."""
    work = partial(_keys_between, settings, tp, begin, end)
    return await patiently(work, "be asked who wrote state")


async def _keys_between(settings: Settings, tp: TP, begin: int, end: int) -> set[bytes]:
    partition = TopicPartition(*tp)
    keys: set[bytes] = set()
    async with _reader(settings) as consumer:
        consumer.assign([partition])
        consumer.seek(partition, begin)
        while (found := await asyncio.wait_for(consumer.getone(), _TIMEOUT_S)).offset < end:
            keys.add(found.key)
    return keys


@asynccontextmanager
async def _reader(settings: Settings, group: str | None = None) -> AsyncIterator[AIOKafkaConsumer]:
    consumer = AIOKafkaConsumer(
        **clients.aiokafka(settings),
        group_id=group,
        enable_auto_commit=False,
        max_partition_fetch_bytes=clients.LARGEST_MESSAGE,
    )
    await consumer.start()
    try:
        yield consumer
    finally:
        await consumer.stop()
