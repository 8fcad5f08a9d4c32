"""Batches of a stream: whole ones at once, what waits behind them without another wait."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Coroutine, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from faust.types import EventT, Message

from streams.config import Settings
from streams.worker.application import Role, application
from streams.worker.taking import batches

NEVER_S = 3600.0
Batches = AsyncGenerator[Sequence[EventT], None]


class Rig(NamedTuple):
    """A stream of Faust's over a channel, and how messages come to it."""

    stream: Any
    send: Callable[[int, int], Coroutine[Any, Any, None]]


@pytest.fixture
def run(tmp_path: Path) -> Callable[[Callable[[Rig], Coroutine[Any, Any, None]]], None]:
    """Runs a test with a rig; none may take longer than a wait that is long."""

    async def whole(work: Callable[[Rig], Coroutine[Any, Any, None]]) -> None:
        app = application(Settings(state_dir=tmp_path), Role.SCORE)
        app.flow_control.resume()
        channel: Any = app.channel()
        stream: Any = app.stream(channel)
        await stream.start()

        async def send(begin: int, end: int) -> None:
            for offset in range(begin, end):
                message = Message(
                    topic="mentions",
                    partition=0,
                    offset=offset,
                    timestamp=0.0,
                    timestamp_type=0,
                    headers={},
                    key=None,
                    value=str(offset).encode(),
                    checksum=None,
                    generation_id=app.consumer_generation_id,
                )
                await stream.channel.put(channel._create_event(None, message.value, {}, message))

        try:
            await asyncio.wait_for(work(Rig(stream, send)), 60)
        finally:
            await stream.stop()

    return lambda work: asyncio.run(whole(work))


async def turns() -> None:
    """Lets whatever can go on do so."""
    for _ in range(50):
        await asyncio.sleep(0)


async def offsets(taken: Batches) -> list[int]:
    """Of the next batch."""
    return [event.message.offset for event in await anext(taken)]


@pytest.mark.parametrize("at_once", [False, True])
def test_a_full_batch_waits_for_nobody(run: Any, at_once: bool) -> None:
    async def work(rig: Rig) -> None:
        taken = batches(rig.stream, 4, NEVER_S, at_once=at_once)
        await rig.send(0, 8)
        assert await offsets(taken) == [0, 1, 2, 3]
        assert await offsets(taken) == [4, 5, 6, 7]
        await taken.aclose()

    run(work)


def test_what_came_during_a_batch_is_taken_at_once(run: Any) -> None:
    async def work(rig: Rig) -> None:
        taken = batches(rig.stream, 4, NEVER_S, at_once=True)
        await rig.send(0, 4)
        assert await offsets(taken) == [0, 1, 2, 3]
        await rig.send(4, 6)
        assert await offsets(taken) == [4, 5]
        await taken.aclose()

    run(work)


def test_the_first_waits_for_others(run: Any) -> None:
    async def work(rig: Rig) -> None:
        taken = batches(rig.stream, 4, NEVER_S, at_once=True)
        waiting = asyncio.ensure_future(offsets(taken))
        await turns()
        await rig.send(0, 1)
        await turns()
        assert not waiting.done()
        await rig.send(1, 4)
        assert await waiting == [0, 1, 2, 3]
        await taken.aclose()

    run(work)


def test_nothing_is_taken_while_a_batch_is_worked_on(run: Any) -> None:
    async def work(rig: Rig) -> None:
        taken = batches(rig.stream, 2, 0.0)
        await rig.send(0, 6)
        assert await offsets(taken) == [0, 1]
        await turns()
        assert rig.stream.channel.queue.qsize() >= 3, "one may have come up to the door"
        assert await offsets(taken) == [2, 3]
        await taken.aclose()

    run(work)


def test_nothing_is_acknowledged_but_by_whoever_takes_it(run: Any) -> None:
    async def work(rig: Rig) -> None:
        taken = batches(rig.stream, 2, 0.0)
        await rig.send(0, 4)
        first = await anext(taken)
        second = await anext(taken)
        assert not any(event.message.acked for event in (*first, *second))
        await rig.stream.ack(first[0])
        assert [event.message.acked for event in first] == [True, False]
        await taken.aclose()

    run(work)


def test_a_stream_that_stops_gives_no_more(run: Any) -> None:
    async def work(rig: Rig) -> None:
        taken = batches(rig.stream, 2, NEVER_S)
        waiting = asyncio.ensure_future(anext(taken, None))
        await rig.send(0, 1)
        await turns()
        await rig.stream.stop()
        assert await waiting is None

    run(work)
