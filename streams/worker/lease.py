"""Whether a worker can be sure that its partitions are still its own.

The broker gives them to another one a session time-out after the last heartbeat that it took. So
from when that heartbeat was sent, and for so long, they are surely ours: what cannot be taken
back, a call of a ticket system, is made only then. A worker that slept, or was cut off from the
broker alone, waits here until it knows better.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

import faust

_MARGIN_S = 0.5
_LOOK_S = 0.05


class Lease:
    """Renewed by each heartbeat of an application's consumer; times are monotonic seconds."""

    def __init__(self, session_s: float, now: Callable[[], float] = time.monotonic) -> None:
        self._session_s = session_s - _MARGIN_S
        self._now = now
        self._renewed_at = float("-inf")

    def follow(self, app: faust.App) -> None:
        """Partitions have just been assigned; from now on heartbeats count."""
        self.renew()
        thread: Any = getattr(app.consumer, "_thread", None)
        coordinator: Any = thread._consumer._coordinator
        if "_do_heartbeat" not in vars(coordinator):
            # An attribute of an instance goes before the method of its class.
            coordinator._do_heartbeat = self.renewing(coordinator._do_heartbeat)

    def renew(self) -> None:
        """They are known to be ours as of now."""
        self._renewed_at = self._now()

    def renewing(self, beat: Callable[[], Awaitable[bool]]) -> Callable[[], Awaitable[bool]]:
        """A heartbeat that renews the lease when the broker takes it."""

        async def beat_and_renew() -> bool:
            sent_at = self._now()
            taken = await beat()
            if taken:
                self._renewed_at = max(self._renewed_at, sent_at)
            return taken

        return beat_and_renew

    @property
    def held(self) -> bool:
        """Whether nobody else can have our partitions."""
        return self._now() - self._renewed_at < self._session_s

    async def wait(self, over: Callable[[], bool]) -> None:
        """Returns when it is held, or when `over` says that it does not matter any more."""
        while not self.held and not over():  # noqa: ASYNC110 - renewed in the consumer's thread
            await asyncio.sleep(_LOOK_S)
