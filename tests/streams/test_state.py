"""The state of a partition: written whole, and never older than what its owner wrote."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest
from faust.events import Event
from faust.types.tuples import Message
from kafka import KafkaConsumer, TopicPartition

from streams.config import Settings
from streams.kafka import clients, topics
from streams.kafka.topics import Topics
from streams.worker.application import Role, application
from streams.worker.output import Output
from streams.worker.state import State, folded_of
from tests.streams.helpers import received

pytestmark = pytest.mark.broker


@pytest.fixture
def changelog(settings: Settings) -> str:
    topics.create(settings)
    return Topics.of(settings).cases_state


def worker(settings: Settings, output: Output) -> State:
    """The state as one worker has it."""
    return State(application(settings, Role.CASES), "cases", settings.partitions, output, settings)


def recovered(settings: Settings, changelog: str) -> State:
    """The state as a worker has it that has read the whole changelog, as Faust hands it over."""
    app = application(settings, Role.CASES)
    state = State(app, "cases", settings.partitions, Output(settings), settings)
    (table,) = app.tables.values()
    table.apply_changelog_batch(_events(app, received(settings, changelog)))
    state.keep(range(settings.partitions))
    return state


def _events(app: Any, records: list[Any]) -> Iterator[Event]:
    for record in records:
        message = Message(
            record.topic,
            record.partition,
            record.offset,
            timestamp=0.0,
            timestamp_type=0,
            headers=list(record.headers),
            key=record.key,
            value=record.value,
            checksum=None,
        )
        yield Event(app, record.key, record.value, message.headers, message)


def run(settings: Settings, work: Callable[[Output], Awaitable[None]]) -> None:
    async def whole() -> None:
        output = Output(settings)
        await output.start()
        try:
            await work(output)
        finally:
            await output.stop()

    asyncio.run(whole())


def first_batch(settings: Settings, topic: str, number: int) -> list[Any]:
    """The records of a partition's first batch: a broker sends one whole, however little is asked.

    https://kafka.apache.org/documentation/#consumerconfigs_max.partition.fetch.bytes
    """
    consumer = KafkaConsumer(
        **clients.kafka_python(settings),
        group_id=None,
        max_partition_fetch_bytes=1,
        fetch_max_bytes=1,
        max_poll_records=10_000,
    )
    partition = TopicPartition(topic, number)
    consumer.assign([partition])
    consumer.seek_to_beginning(partition)
    found: list[Any] = []
    while not found:
        found = consumer.poll(timeout_ms=1000).get(partition, [])
    consumer.close()
    return found


def test_a_fetch_of_a_byte_tells_batches_apart(settings: Settings, changelog: str) -> None:
    async def write(output: Output) -> None:
        await worker(settings, output).write(1, {"case|a": b"1", "case|b": b"2"}, 1)
        await worker(settings, output).write(1, {"case|c": b"3"}, 2)

    run(settings, write)
    assert len(first_batch(settings, changelog, 1)) == 2


def test_what_a_batch_changes_is_appended_as_one(settings: Settings, changelog: str) -> None:
    changes: dict[str, bytes | None] = {f"case|{n}": b"x" * 2000 for n in range(300)}

    async def write(output: Output) -> None:
        await worker(settings, output).write(1, changes | {"clock": b"c"}, 41)

    run(settings, write)
    assert len(first_batch(settings, changelog, 1)) == 301
    records = received(settings, changelog)
    assert len(records) == 301
    assert {folded_of(record.headers) for record in records} == {41}
    assert dict(recovered(settings, changelog).of(1)) == {**changes, "clock": b"c"}


def test_a_worker_that_slept_does_not_write_over_its_successor(
    settings: Settings, changelog: str
) -> None:
    async def write(output: Output) -> None:
        sleeper, successor = worker(settings, output), worker(settings, output)
        await sleeper.write(0, {"case|a": b"a4", "case|gone": b"g4", "clock": b"4"}, 4)
        await successor.write(0, {"case|a": b"a9", "case|gone": None, "clock": b"9"}, 9)
        await sleeper.write(0, {"case|a": b"a6", "case|gone": b"g6", "clock": b"6"}, 6)

    run(settings, write)
    assert dict(recovered(settings, changelog).of(0)) == {"case|a": b"a9", "clock": b"9"}


def test_the_owner_sees_that_another_wrote_and_has_the_last_word(
    settings: Settings, changelog: str
) -> None:
    async def write(output: Output) -> None:
        sleeper, owner = worker(settings, output), worker(settings, output)
        await owner.write(0, {"case|a": b"a9", "case|b": b"b9", "clock": b"9"}, 9)
        await sleeper.write(0, {"case|a": b"a6", "clock": b"6"}, 6)
        await owner.write(0, {"case|b": b"b12", "clock": b"12"}, 12)

    run(settings, write)
    newest = {record.key: record.value for record in received(settings, changelog)}
    # What compaction keeps, when it has gone over all of it.
    assert newest == {b"0|case|a": b"a9", b"0|case|b": b"b12", b"0|clock": b"12"}


def test_nobody_else_wrote_and_nothing_is_said_again(settings: Settings, changelog: str) -> None:
    async def write(output: Output) -> None:
        owner = worker(settings, output)
        for offset in range(3):
            await owner.write(0, {"case|a": b"a%d" % offset, "clock": b"c"}, offset)

    run(settings, write)
    assert len(received(settings, changelog)) == 6


def test_of_a_log_that_was_made_anew_small_offsets_are_the_newer_ones(
    settings: Settings, changelog: str
) -> None:
    async def write(output: Output) -> None:
        owner = worker(settings, output)
        await owner.write(0, {"case|a": b"old", "clock": b"900"}, 900)
        owner.begin_anew(0)
        await owner.write(0, {"case|a": b"new", "clock": b"0"}, 0)

    async def write_more(output: Output) -> None:
        next_owner = recovered(settings, changelog)
        next_owner._output = output
        await next_owner.write(0, {"clock": b"1"}, 1)

    run(settings, write)
    assert dict(recovered(settings, changelog).of(0)) == {"case|a": b"new", "clock": b"0"}
    run(settings, write_more)
    assert dict(recovered(settings, changelog).of(0)) == {"case|a": b"new", "clock": b"1"}


def test_what_the_release_before_wrote_is_read(settings: Settings, changelog: str) -> None:
    with clients.producer(settings) as producer:
        for value in (b"1", b"2"):
            producer.send(changelog, key=b"0|case|a", value=value, partition=0)
        producer.send(changelog, key=b"0|case|b", value=b"3", partition=0)
        producer.send(changelog, key=b"0|case|b", value=None, partition=0)
        producer.flush()
    assert dict(recovered(settings, changelog).of(0)) == {"case|a": b"2"}
