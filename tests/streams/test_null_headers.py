"""Kafka lets a header be null: such a message is a dead letter as any other, and stops nothing."""

import asyncio
from collections.abc import Callable

import pytest
from aiokafka import AIOKafkaProducer

from streams.config import Settings
from streams.kafka import clients, dead_letters
from streams.kafka.topics import Topics
from tests.conftest import Cli
from tests.streams.helpers import received
from tests.streams.running import Workers

pytestmark = [pytest.mark.process, pytest.mark.broker]

Until = Callable[..., None]


async def send(settings: Settings, topic: str) -> None:
    async with AIOKafkaProducer(**clients.aiokafka(settings)) as producer:
        await producer.send_and_wait(topic, b"{no", key=b"k", headers=[("trace", None)])


def test_a_null_header_ends_no_worker(workers: Workers, cli: Cli, until: Until) -> None:
    settings = workers.settings
    names = Topics.of(settings)
    asyncio.run(send(settings, names.scored))
    worker = workers("--role", "cases")

    def died() -> list[dead_letters.DeadLetter]:
        return list(dead_letters.read(settings, names.dead_letters))

    until(lambda: died() or worker.process.poll() is not None, 90)
    (letter,) = died()
    assert (letter.reason, letter.value) == ("not_scored", b"{no")
    assert dict(letter.headers) == {"trace": b""}
    mine = {"TOCSIN_TOPIC_PREFIX": settings.topic_prefix}
    assert "not_scored" in cli("dead-letters", "list", **mine).stdout
    assert cli("dead-letters", "replay", letter.id, **mine).returncode == 0
    until(lambda: len(died()) == 2, 30)
    assert died()[1].again == letter.id
    assert len(received(settings, names.scored)) >= 2
    assert worker.process.poll() is None
