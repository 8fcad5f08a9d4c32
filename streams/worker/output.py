"""Acknowledged sends: nothing is done until the broker says it has it.

A broker that is away, or changes leaders, is waited for: what failed is sent again, all of it and
in its order, since what arrives twice changes nothing.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from functools import lru_cache, partial
from typing import Any, NamedTuple, TypeVar

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaConnectionError
from aiokafka.partitioner import murmur2
from aiokafka.producer.message_accumulator import BatchBuilder

from streams.config import Settings
from streams.kafka import clients
from streams.worker.patience import PATIENCE_S, patiently

Headers = Sequence[tuple[str, bytes]]

REQUEST_TIMEOUT_S = 10.0
"""How long the client itself tries to deliver before it tells us."""
_LARGEST_BATCH = clients.LARGEST_MESSAGE - 64 * 1024
"""Bytes; what a state topic takes in one piece, less some air (`max.message.bytes`)."""

_ORDINARY_BATCH = 512 * 1024
"""Bytes; every other topic takes twice as much in one piece."""

T = TypeVar("T")


class Record(NamedTuple):
    """One message to send; without a partition the key chooses."""

    topic: str
    value: bytes | None
    key: bytes | None = None
    partition: int | None = None
    headers: Headers = ()


class Output:
    """A producer whose sends are awaited until every in-sync replica has them."""

    def __init__(self, settings: Settings, patience_s: float = PATIENCE_S) -> None:
        self._settings = settings
        self._patience_s = patience_s
        self._producer: AIOKafkaProducer | None = None
        self.connected = False
        """Whether it was ever: a broker that is away later is waited for."""
        self._hasty = False

    async def start(self) -> None:
        """Connects. Raises aiokafka's KafkaError."""
        self._producer = AIOKafkaProducer(
            **clients.aiokafka(self._settings),
            acks="all",
            linger_ms=5,
            max_batch_size=128 * 1024,
            max_request_size=clients.LARGEST_MESSAGE,
            request_timeout_ms=int(REQUEST_TIMEOUT_S * 1000),
        )
        await self._producer.start()
        self.connected = True

    async def stop(self) -> None:
        """Sends what waits and disconnects."""
        if self._producer is not None:
            await self._producer.stop()

    def hurry(self) -> None:
        """The worker stops: from now on a broker that does not answer is not waited for."""
        self._hasty = True

    async def send(self, records: Iterable[Record]) -> None:
        """Sends all and waits for all acknowledgements. Raises aiokafka's KafkaError.

        Those of a partition go in their order.
        """
        if not self.connected:
            raise KafkaConnectionError("not connected to the broker yet")
        kept = list(records)
        if kept:
            await self._patiently(partial(self._send, kept))

    async def send_whole(self, topic: str, partition: int, records: Sequence[Record]) -> int:
        """Sends records as one batch, which Kafka appends whole or not at all; where the next goes.

        What is too large for one batch is sent as several, one after the other: then those that
        come first may be there alone. Raises aiokafka's KafkaError.
        """
        last, sent = -1, 0
        for batch in batches(records, _LARGEST_BATCH):
            last = await self._patiently(partial(self._batch, batch, topic, partition))
            sent = len(batch)
        return last + sent

    async def _patiently(self, send: Callable[[], Awaitable[T]]) -> T:
        return await patiently(send, "take messages", self._patience_s, lambda: self._hasty)

    async def _send(self, records: Sequence[Record]) -> None:
        """As batches that are made here: a call and a future for each record would cost more."""
        numbers = {topic: await self._numbers(topic) for topic in {r.topic for r in records}}
        parted: dict[tuple[str, int], list[Record]] = {}
        for record in records:
            where = record.topic, _partition(record, numbers[record.topic])
            parted.setdefault(where, []).append(record)
        found = await asyncio.gather(
            *(self._in_turn(own, *where) for where, own in parted.items()), return_exceptions=True
        )
        # Each has ended one way or the other, so that none comes after what is sent again.
        for outcome in found:
            if isinstance(outcome, BaseException):
                raise outcome

    async def _in_turn(self, records: Sequence[Record], topic: str, partition: int) -> None:
        for batch in batches(records, _ORDINARY_BATCH):
            await self._batch(batch, topic, partition)

    async def _numbers(self, topic: str) -> list[int]:
        assert self._producer is not None
        return sorted(await self._producer.partitions_for(topic))

    async def _batch(self, records: Sequence[Record], topic: str, partition: int) -> int:
        assert self._producer is not None
        batch = built(records)
        waiting: Any = await self._producer.send_batch(batch, topic, partition=partition)
        sent = await waiting
        return int(sent.offset)


@lru_cache(maxsize=65_536)
def _hash(key: bytes) -> int:
    """The Java client's hash, in pure Python: a conversation's key comes again and again."""
    return int(murmur2(key)) & 0x7FFFFFFF


def _partition(record: Record, numbers: Sequence[int]) -> int:
    """Where a record goes: as asked, or as every client of Kafka chooses by its key."""
    if record.partition is not None:
        return record.partition
    return numbers[_hash(record.key) % len(numbers)] if record.key is not None else numbers[0]


def batches(records: Sequence[Record], most: int) -> Iterable[Sequence[Record]]:
    """The records in as few batches of `most` bytes as hold them, in order; a larger one alone."""
    begin, size = 0, 0
    for number, record in enumerate(records):
        more = len(record.key or b"") + len(record.value or b"") + _overhead(record)
        if number > begin and size + more > most:
            yield records[begin:number]
            begin, size = number, 0
        size += more
    if records:
        yield records[begin:]


def _overhead(record: Record) -> int:
    return 64 + sum(len(name.encode()) + len(value) + 16 for name, value in record.headers)


def built(records: Sequence[Record]) -> BatchBuilder:
    """The bytes of a batch."""
    # The producer's own builder ends at `max_batch_size`; the broker's bound is the topic's.
    builder = BatchBuilder(clients.LARGEST_MESSAGE, 0)
    for record in records:
        added = builder.append(
            timestamp=None, key=record.key, value=record.value, headers=list(record.headers)
        )
        assert added is not None, "a batch holds what was measured"
    builder.close()
    return builder
