"""What browsers are told while they watch: a bounded log of events, read by any number of them.

Nothing is queued for a browser: each one has a place in the log, and who falls behind it, or was
connected to another process before, starts over with fresh data.
"""

import asyncio
import secrets
from collections import deque
from collections.abc import Sequence
from typing import NamedTuple

MOST_EVENTS = 5_000


class Event(NamedTuple):
    """One thing that changed: `about` a case, or the brands; newer ones make older ones moot."""

    number: int
    about: str


class Hub:
    """The log; `name` is this process, so that numbers of another one are not mistaken for ours."""

    def __init__(self, most: int = MOST_EVENTS) -> None:
        self.name = secrets.token_hex(4)
        self._events: deque[Event] = deque(maxlen=most)
        self._number = 0
        self._news = asyncio.Event()
        self._ended = False

    @property
    def ended(self) -> bool:
        """Whether nothing more will come."""
        return self._ended

    @property
    def last(self) -> str:
        """Id of the newest event, as a browser gives it back in Last-Event-ID."""
        return f"{self.name}-{self._number}"

    def tell(self, about: str) -> None:
        """Something changed."""
        self._number += 1
        self._events.append(Event(self._number, about))
        self._wake()

    def end(self) -> None:
        """Lets everybody go."""
        self._ended = True
        self._wake()

    def _wake(self) -> None:
        self._news.set()
        self._news = asyncio.Event()

    def since(self, last: str) -> Sequence[str] | None:
        """What changed after the event of this id, each once; None when that is not known."""
        name, _, number = last.partition("-")
        if name != self.name or not number.isdigit():
            return None
        known = int(number)
        if known > self._number or self._number - known > len(self._events):
            return None
        fresh = [event.about for event in self._events if event.number > known]
        return list(dict.fromkeys(fresh))

    async def wait(self, last: str, timeout_s: float) -> bool:
        """Waits until there is something after `last`; False when the time is over before."""
        news = self._news
        if self._ended or last != self.last:
            return True
        try:
            await asyncio.wait_for(news.wait(), timeout_s)
        except TimeoutError:
            return False
        return True
