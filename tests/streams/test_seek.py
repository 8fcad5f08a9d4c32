"""What Faust fetched and threw away is read again, also where nothing was ever committed."""

import asyncio
from typing import Any

import pytest

from streams.config import Settings
from streams.kafka import clients, topics
from streams.kafka.topics import Topics
from streams.worker.application import Role, application, raw_topic

pytestmark = [pytest.mark.broker, pytest.mark.slow]
HELD = 5


def test_a_partition_without_a_commit_is_read_from_its_start_again(settings: Settings) -> None:
    topics.create(settings)
    name = Topics.of(settings).escalations
    with clients.producer(settings) as producer:
        for number in range(HELD):
            producer.send(name, value=b"%d" % number, partition=0)
        producer.flush()
    app = application(settings, Role.TICKETS)
    seen: list[int] = []
    came = asyncio.Condition()

    @app.agent(raw_topic(app, name), concurrency=1)
    async def read(stream: Any) -> None:
        async for events in stream.noack_take(1, within=0.01):
            async with came:
                seen.extend(event.message.offset for event in events)
                came.notify_all()

    async def until(count: int) -> None:
        async with came:
            await asyncio.wait_for(came.wait_for(lambda: len(seen) >= count), 60)

    async def run() -> None:
        app.finalize()
        await app.start()
        try:
            await until(HELD)
            consumer: Any = app.consumer
            await consumer.perform_seek()
            await until(2 * HELD)
        finally:
            await app.stop()

    settings.state_dir.mkdir(parents=True)
    asyncio.run(run())
    assert seen == [*range(HELD), *range(HELD)]
