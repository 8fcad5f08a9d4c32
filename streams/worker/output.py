"""Acknowledged sends: nothing is done until the broker says it has it."""

import asyncio
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaConnectionError
from aiokafka.structs import RecordMetadata

from streams.config import Settings
from streams.kafka import clients

Headers = Sequence[tuple[str, bytes]]


class Record(NamedTuple):
    """One message to send; without a partition the key chooses."""

    topic: str
    value: bytes | None
    key: bytes | None = None
    partition: int | None = None
    headers: Headers = ()


class Output:
    """A producer whose sends are awaited until every in-sync replica has them."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._producer: AIOKafkaProducer | None = None
        self._started = False

    async def start(self) -> None:
        """Connects. Raises aiokafka's KafkaError."""
        self._producer = AIOKafkaProducer(
            **clients.aiokafka(self._settings),
            acks="all",
            linger_ms=5,
            max_batch_size=128 * 1024,
            max_request_size=clients.LARGEST_MESSAGE,
        )
        await self._producer.start()
        self._started = True

    async def stop(self) -> None:
        """Sends what waits and disconnects."""
        if self._producer is not None:
            await self._producer.stop()

    async def send(self, records: Iterable[Record]) -> list[RecordMetadata]:
        """Sends all and waits for all acknowledgements. Raises aiokafka's KafkaError."""
        if self._producer is None or not self._started:
            raise KafkaConnectionError("not connected to the broker yet")
        waiting = [
            await self._producer.send(
                record.topic,
                value=record.value,
                key=record.key,
                partition=record.partition,
                headers=list(record.headers),
            )
            for record in records
        ]
        return list(await asyncio.gather(*waiting))
