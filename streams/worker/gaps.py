"""Notices messages that never came: Faust has passed over some when partitions moved.

Its offsets would be committed past them. Read from the last commit again, they come.
"""

from collections.abc import Sequence

import faust
from faust.types import TP, EventT

from streams.config import Settings
from streams.worker import ends
from streams.worker.clock import committed_of


class Gaps:
    """The offset that comes next, by partition.

    `keeps` says whether what was taken before partitions were shared out anew is done, and not
    taken again: then it is no gap where the group's commit lies before it.
    """

    def __init__(self, app: faust.App, settings: Settings, *, keeps: bool) -> None:
        self._app = app
        self._settings = settings
        self._keeps = keeps
        self._reached: dict[TP, tuple[int | None, int]] = {}
        """Per partition the generation that it was read in, and the offset that comes next."""

    async def check(self, events: Sequence[EventT]) -> None:
        """Raises GapError where the log holds messages between these and those before them."""
        for event in events:
            message = event.message
            generation, wanted = self._reached.get(message.tp, (None, 0))
            if generation != message.generation_id:
                known = committed_of(self._app, [message.topic])
                committed = known.get((message.topic, message.partition)) or 0
                wanted = max(wanted, committed) if self._keeps else committed
                if message.offset > wanted:
                    # Faust may be told of the commit after it has begun to read there.
                    group = self._app.conf.id
                    wanted = max(wanted, await ends.committed(self._settings, group, message.tp))
            if message.offset > wanted:
                await ends.check_gap(self._settings, message.tp, wanted, message.offset)
            self._reached[message.tp] = (message.generation_id, max(wanted, message.offset + 1))
