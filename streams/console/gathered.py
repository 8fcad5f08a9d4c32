"""What is known for the console, and how current it is."""

import asyncio

import msgspec

from streams.config import Settings
from streams.console.brands import Brands
from streams.console.casebook import Casebook
from streams.console.follower import Follower
from streams.console.hub import Hub
from streams.console.page import Page

BRANDS = "brands"


class AsOf(msgspec.Struct, frozen=True, kw_only=True):
    """How current an answer is: `event` is the event that it includes, `now` event time (seconds).

    Until it is `complete`, what happened before the start is still being read; `fault` says why
    nothing is heard, empty when all is well.
    """

    event: str
    now: float
    complete: bool
    fault: str
    open: int


class Gathered:
    """The book, the brands and the log of changes, filled by a follower once it is started."""

    def __init__(self, settings: Settings) -> None:
        self.hub = Hub()
        self.book = Casebook(self._changed)
        self.brands = Brands()
        self._follower = Follower(settings, self.book, self.brands)
        self._running: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begins to follow; a second call changes nothing."""
        if self._running is None:
            self._running = asyncio.create_task(self._follower.run())

    async def stop(self) -> None:
        """Lets the watching go and stops following."""
        self.hub.end()
        if self._running is not None:
            self._running.cancel()
            await asyncio.gather(self._running, return_exceptions=True)

    @property
    def now(self) -> float:
        """Event time (seconds)."""
        return self._follower.event_now

    def as_of(self) -> AsOf:
        """How current everything is at this moment."""
        return AsOf(
            event=self.hub.last,
            now=self.now,
            complete=self._follower.complete,
            fault=self._follower.fault,
            open=len(self.book),
        )

    def unheard_of(self, case_id: str) -> bool:
        """Whether there is no such case, nor was lately: certain only where all is known."""
        known = self._follower.complete and not self._follower.fault and self.book.whole
        return known and self.book.page(case_id) is None

    def _changed(self, page: Page) -> None:
        self.hub.tell(page.case_id)
