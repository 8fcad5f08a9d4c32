"""Waiting for a broker that is away for a while: what failed is done again, until patience ends."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

from aiokafka.errors import KafkaError

log = logging.getLogger(__name__)

PATIENCE_S = 120.0
"""A broker restarts, or another one becomes leader, in less."""
_AGAIN_S = 0.5

T = TypeVar("T")


async def patiently(
    work: Callable[[], Awaitable[T]],
    what: str,
    patience_s: float = PATIENCE_S,
    hurried: Callable[[], bool] = lambda: False,
) -> T:
    """Does `work`, again while the broker cannot; `what` says it in the log.

    Once `hurried`, nothing is tried again. Raises aiokafka's KafkaError, at once where trying
    again is no use.
    """
    deadline = time.monotonic() + patience_s
    while True:
        try:
            return await work()
        except KafkaError as error:
            if hurried() or not error.retriable or time.monotonic() > deadline:
                raise
            log.warning("the broker cannot %s (%r); trying again", what, error)
            await asyncio.sleep(_AGAIN_S)
