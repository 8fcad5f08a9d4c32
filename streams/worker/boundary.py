"""The one way out for what nobody foresaw: end the process, so that its supervisor starts afresh.

An agent that swallowed the error would acknowledge what it lost; one that lets Faust see it would
have Faust skip the batch. Ending keeps the offsets where they are and loses nothing.
"""

import asyncio
import logging
import os
from collections.abc import Awaitable, Callable

from streams.errors import TocsinError

log = logging.getLogger(__name__)

RESTART = 70


class Gate:
    """Lets batches in one at a time, and on `close` waits for the last to finish."""

    def __init__(self) -> None:
        self._lock = asyncio.Lock()
        self._closed = False

    async def run(self, work: Callable[[], Awaitable[None]]) -> bool:
        """Runs one batch to its end; False, with nothing done, once the gate is closed."""
        async with self._lock:
            if self._closed:
                return False
            # A cancelled agent must not leave a batch half done: the work goes on behind it.
            task = asyncio.ensure_future(guarded(work))
            await asyncio.shield(task)
            return True

    async def close(self) -> None:
        """No batch begins from now on; returns when none is under way."""
        self._closed = True
        await self.idle()

    async def idle(self) -> None:
        """Returns when no batch is under way."""
        async with self._lock:
            pass


async def guarded(work: Callable[[], Awaitable[None]]) -> None:
    """Runs `work`; any error ends the process with exit code 70."""
    try:
        await work()
    except asyncio.CancelledError:
        raise
    except TocsinError as error:  # says what is wrong: no trace is needed
        log.error("this worker ends so that it can be started afresh: %s", error)
        _end()
    except Exception:
        log.exception("this worker cannot go on; it ends so that it can be started afresh")
        _end()


def _end() -> None:
    logging.shutdown()
    os._exit(RESTART)
