"""A circuit breaker: a sink that fails again and again is left in peace, then tried with one call.

https://martinfowler.com/bliki/CircuitBreaker.html
"""

import asyncio
import enum
from collections.abc import Awaitable, Callable

FAILURES = 5
"""Calls in a row that opened it."""
FIRST_S, MOST_S = 15.0, 300.0


class State(enum.IntEnum):
    """The value of the gauge."""

    CLOSED = 0
    HALF_OPEN = 1
    OPEN = 2


class Breaker:
    """`now` is a monotonic clock in seconds, `sleep` waits on it."""

    def __init__(self, now: Callable[[], float], sleep: Callable[[float], Awaitable[None]]) -> None:
        self._now = now
        self._sleep = sleep
        self._failures = 0
        self._rest_s = FIRST_S
        self._until = 0.0
        self._answered = asyncio.Event()
        self.state = State.CLOSED

    @property
    def resting(self) -> bool:
        """Whether the sink is left in peace, be it that it asked for that."""
        return self.state is not State.CLOSED or self._until > self._now()

    async def admit(self) -> None:
        """Returns when a call may be made; after an open time only one does at first.

        Whoever was admitted says `succeeded`, `failed` or `abandoned`.
        """
        while True:
            if (wait := self._until - self._now()) > 0:
                await self._sleep(wait)
            elif self.state is State.CLOSED:
                return
            elif self.state is State.OPEN:
                self.state = State.HALF_OPEN
                self._answered.clear()
                return
            else:
                await self._answered.wait()

    def succeeded(self) -> None:
        """The sink answered, be it with no."""
        self._failures, self._rest_s = 0, FIRST_S
        self.state = State.CLOSED
        self._answered.set()

    def failed(self, after_s: float | None) -> None:
        """No answer, or "later"; with `after_s` nothing is sent before then."""
        self._failures += 1
        if self.state is State.HALF_OPEN or self._failures >= FAILURES:
            if self.state is not State.OPEN:
                self._until = self._now() + self._rest_s
                self._rest_s = min(MOST_S, 2 * self._rest_s)
            self.state = State.OPEN
        if after_s:
            self._until = max(self._until, self._now() + after_s)
        self._answered.set()

    def abandoned(self) -> None:
        """The call was not made, or nothing is known of how it ended."""
        if self.state is State.HALF_OPEN:
            self.state = State.OPEN
        self._answered.set()
