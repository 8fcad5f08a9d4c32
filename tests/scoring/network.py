"""Several partitions wired together as in the stream: what one tells goes into the others' logs."""

import heapq
import random
from collections.abc import Callable, Sequence
from itertools import count

from scoring.escalation import Escalation
from scoring.news import CaseNews, Echo
from scoring.partition import Partition
from scoring.scored import Scored
from tests.scoring.helpers import EARLY

Told = CaseNews | Echo
Logged = Scored | float | Told
"""A mention, a tick (seconds), or what another partition told."""


def step(partition: Partition, event: Logged) -> tuple[list[Escalation], list[Told]]:
    """Folds one event of a log; what is said, and what the others are to be told."""
    if isinstance(event, Scored):
        said, _ = partition.mention(event)
    elif isinstance(event, CaseNews):
        said = partition.news(event)
    elif isinstance(event, Echo):
        said = partition.echo(event)
    else:
        said, _ = partition.tick(event)
    return said, partition.drain()


class Network:
    """Partitions whose logs it writes; each mention comes in order, with the lag of its partition.

    What they tell each other takes up to `delay_s` more, in the order in which it was told.
    """

    def __init__(
        self, where: Callable[[str], int], lags: Sequence[float], delay_s: float, seed: int
    ) -> None:
        self.partitions = [Partition(EARLY, number) for number in range(len(lags))]
        self.logs: list[list[Logged]] = [[] for _ in lags]
        self.said: list[Escalation] = []
        self._where = where
        self._lags = lags
        self._delay_s = delay_s
        self._chance = random.Random(seed)
        self._queue: list[tuple[float, int, int, Logged]] = []
        self._number = count()
        self._last: dict[tuple[int, int], float] = {}

    def run(self, mentions: Sequence[Scored]) -> None:
        """Takes mentions, in order of event time, and then lets every clock go on."""
        for scored in mentions:
            number = self._where(scored.mention.case_id)
            self._put(scored.mention.at + self._lags[number], number, scored)
        end = max(scored.mention.at for scored in mentions) + EARLY.allowed_lateness_s
        for number, lag in enumerate(self._lags):
            self._put(end + lag, number, end)
        while self._queue:
            now, _, number, event = heapq.heappop(self._queue)
            self.logs[number].append(event)
            said, told = step(self.partitions[number], event)
            self.said += said
            for what in told:
                self._tell(now, number, what)

    def _tell(self, now: float, source: int, told: Told) -> None:
        others = [number for number in range(len(self.partitions)) if number != source]
        for number in [self._where(told.case_id)] if isinstance(told, Echo) else others:
            at = now + self._chance.uniform(0, self._delay_s)
            at = self._last[source, number] = max(at, self._last.get((source, number), 0.0))
            self._put(at, number, told)

    def _put(self, at: float, number: int, event: Logged) -> None:
        heapq.heappush(self._queue, (at, next(self._number), number, event))
