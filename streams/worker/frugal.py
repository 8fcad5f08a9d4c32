"""Faust's price per message, where it pays for what is not asked for.

Waiting for "delivered, or told to stop" makes four tasks for each message; its monitor keeps
histories that nobody here reads. What is delivered at once needs no task, and one time by partition
is enough.
"""

import asyncio
import gc
import types
from collections.abc import Callable, Coroutine, Generator
from time import monotonic
from typing import Any

from faust.sensors.monitor import Monitor
from faust.types import TP, EventT, Message, StreamT
from faust.types.transports import ConsumerT
from mode.services import WaitResults

FETCH_WAIT_MS = 50
PASSED_OVER_S = 0.005


def collect_seldom() -> None:
    """Garbage is looked for once in many objects: a worker makes millions, and few in circles."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


class QuietMonitor(Monitor):
    """Notes only when each partition last got on: Faust warns of those that do not."""

    def on_message_in(self, tp: TP, offset: int, message: Message) -> None:
        """Not counted."""

    def on_stream_event_in(self, tp: TP, offset: int, stream: StreamT, event: EventT) -> None:
        """Notes the time."""
        self.stream_inbound_time[tp] = monotonic()

    def on_stream_event_out(
        self, tp: TP, offset: int, stream: StreamT, event: EventT, state: Any = None
    ) -> None:
        """Not timed."""

    def on_message_out(self, tp: TP, offset: int, message: Message) -> None:
        """Not counted."""

    def on_topic_buffer_full(self, tp: TP) -> None:
        """Not counted."""

    def track_tp_end_offset(self, tp: TP, offset: int) -> None:
        """Asked of the consumer itself."""


def deliver_at_once(consumer: ConsumerT) -> None:
    """Has the consumer wait for a delivery only where it has to: when a stream's buffer is full."""
    waiting: Callable[..., Any] = consumer.wait_first  # type: ignore[attr-defined]

    async def wait_first(*coros: Any, timeout: Any = None) -> WaitResults:
        if len(coros) != 2 or timeout is not None or not asyncio.iscoroutine(coros[0]):
            return await waiting(*coros, timeout=timeout)
        delivery, other = coros
        try:
            waits_for = delivery.send(None)
        except StopIteration as done:
            other.close()
            return WaitResults([delivery], [done.value], False)
        except BaseException:
            other.close()
            raise
        return await waiting(_rest(delivery, waits_for), other)

    # An attribute of an instance goes before the method of its class.
    vars(consumer).update(wait_first=wait_first)


def fetch_impatiently(consumer: ConsumerT) -> None:
    """Has the broker answer a fetch soon, with nothing if need be.

    A client has one fetch under way with each broker, for the partitions that were empty when it
    was sent; the others wait for its answer. Faust lets that take 1.5 s and has no setting for it.
    """
    thread: Any = consumer._thread  # type: ignore[attr-defined]
    create = thread._create_consumer

    def create_consumer(*arguments: Any, **named: Any) -> Any:
        made = create(*arguments, **named)
        made._fetch_max_wait_ms = FETCH_WAIT_MS
        return made

    vars(thread).update(_create_consumer=create_consumer)


def look_again_soon(consumer: ConsumerT) -> None:
    """Has the consumer read on as soon as a buffer has room.

    A partition whose stream has a full buffer is left out of a fetch. Faust sleeps for a second
    where all of them are, and waits as long for the others, though there may be room by then.
    """
    own: Any = consumer
    fetch = own._wait_next_records

    async def wait_next_records(timeout: float) -> Any:
        for _ in range(round(timeout / PASSED_OVER_S)):
            if own._get_active_partitions() or not own._buffered_partitions or own.should_stop:
                break
            await asyncio.sleep(PASSED_OVER_S)
        return await fetch(PASSED_OVER_S if own._buffered_partitions else timeout)

    vars(consumer).update(_wait_next_records=wait_next_records)


async def _rest(begun: Coroutine[Any, Any, Any], waits_for: Any) -> Any:
    return await _resumed(begun, waits_for)


@types.coroutine
def _resumed(begun: Coroutine[Any, Any, Any], waits_for: Any) -> Generator[Any, Any, Any]:
    """The rest of a coroutine that was begun by hand and waits for a future."""
    while True:
        value: Any = None
        thrown: BaseException | None = None
        try:
            value = yield waits_for
        except BaseException as error:  # noqa: BLE001  (a cancellation too is the coroutine's)
            thrown = error
        try:
            waits_for = begun.send(value) if thrown is None else begun.throw(thrown)
        except StopIteration as done:
            return done.value
