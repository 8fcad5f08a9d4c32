"""Batches of messages, as Faust's `noack_take` gives them, without a wait before each.

An agent that works four fifths of its time has no time to wait for a batch to fill: a twentieth of
a second before each is a quarter of one in the queue.
"""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from typing import Any

from faust.streams import Stream
from faust.types import EventT
from mode.utils.locks import Event


async def batches(
    stream: "Stream[EventT]", most: int, wait_s: float, *, at_once: bool = False
) -> AsyncGenerator[Sequence[EventT], None]:
    """Events in the order of each partition, at most `most` together; whoever takes them acks.

    The first waits up to `wait_s` for others; `at_once`, only where it finds the agent idle.
    Nothing is taken from the stream while a batch is worked on: Faust empties its own buffers when
    partitions move.
    """
    taken: list[EventT] = []
    room, some, full = Event(), Event(), Event()

    async def take(value: Any) -> Any:
        while not room.is_set():
            await room.wait()
        event = stream.current_event
        assert event is not None, "an agent's topic has events"
        taken.append(event)
        some.set()
        if len(taken) >= most:
            room.clear()
            full.set()
        return value

    acks, stream.enable_acks = stream.enable_acks, False
    stream.add_processor(take)
    stream._enable_passive(stream.channel)  # type: ignore[arg-type]
    try:
        while not stream.should_stop:
            some.clear()
            full.clear()
            room.set()
            await _come_in(stream, full, most)
            idle = not taken
            if idle:
                await stream.wait_for_stopped(some)
            if wait_s and not full.is_set() and (idle or not at_once):
                await stream.wait_for_stopped(full, timeout=wait_s)
                await _come_in(stream, full, most)
            room.clear()
            if taken and not stream.should_stop:
                yield list(taken)
                taken.clear()
    finally:
        stream.enable_acks = acks
        stream._processors.remove(take)


async def _come_in(stream: "Stream[EventT]", full: Event, most: int) -> None:
    """Lets the stream pass on what waits: it takes a turn of the loop for each."""
    queue: Any = stream.channel.queue  # type: ignore[attr-defined]
    for _ in range(4 * most):
        await asyncio.sleep(0)
        if queue.empty() or full.is_set():
            break
    await asyncio.sleep(0)
