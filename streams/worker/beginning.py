"""The start of a worker's roles, which a broker that answers may hold up for good.

A group that does not let a member in says nothing, and Faust waits for it without a limit: so a
start that takes minutes ends the worker, and one that is told to stop meanwhile stops.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Protocol

from streams.errors import WorkerStopped

LIMIT_S = 300.0
"""Longer than a group waits for members that went without a word."""
_LOOK_S = 1.0


class Starts(Protocol):
    """A Faust application."""

    def start(self) -> Awaitable[Any]:
        """Returns when it has a place in its group."""


async def begin(
    apps: Mapping[Any, Starts],
    stop: asyncio.Event,
    away: Callable[[], bool],
    limit_s: float = LIMIT_S,
) -> bool:
    """Starts them together; False where it was told to `stop` before they had.

    Raises WorkerStopped where one has not after `limit_s`, which begins anew while the broker is
    `away`, and what a start raises.
    """
    starting = {asyncio.ensure_future(app.start()): role for role, app in apps.items()}
    asked = asyncio.ensure_future(stop.wait())
    since = time.monotonic()
    try:
        while not stop.is_set():
            under_way = [task for task in starting if not task.done()]
            for task in starting.keys() - set(under_way):
                task.result()
            if not under_way:
                return True
            if away():
                since = time.monotonic()
            if time.monotonic() > since + limit_s:
                roles = ", ".join(sorted(str(starting[task]) for task in under_way))
                raise WorkerStopped(
                    f"role {roles} has no place in its group after {limit_s:.0f} s; "
                    "this worker ends so that it can be started afresh"
                )
            await asyncio.wait(
                [*under_way, asked],
                timeout=min(_LOOK_S, limit_s),
                return_when=asyncio.FIRST_COMPLETED,
            )
        return False
    finally:
        asked.cancel()
        for task in starting:
            task.cancel()
