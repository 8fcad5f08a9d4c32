"""The whole decision over a recorded history, in event time and without a broker."""

import heapq
from collections.abc import Iterable, Iterator, Mapping

from scoring.brands import Brands
from scoring.case import Case
from scoring.desk import Desk
from scoring.escalation import Escalation
from scoring.partition import Partition
from scoring.policy import Policy
from scoring.scored import Scored
from scoring.trace import Trace

_RUN_ON_S = 30 * 86_400.0


class History:
    """Feeds mentions through a sorting buffer of the allowed lateness, then runs the clock on.

    A mention that comes later than that in the file is folded at once and raises no alarm;
    `late` counts them, `count` all. A `trace` is shown how each case goes.
    """

    def __init__(self, policy: Policy, trace: Trace | None = None) -> None:
        self.policy = policy
        self.late = 0
        self._desk = Desk(
            Partition(policy, watch=trace.case if trace else None),
            Brands(policy, watch=trace.incident if trace else None),
        )
        self._waiting: list[tuple[float, str, int, Scored]] = []
        self.count = 0
        self._newest = float("-inf")

    @property
    def cases(self) -> Mapping[str, Case]:
        """The conversations as they stand, but for the mentions that still wait for their turn."""
        return self._desk.partition.cases

    def add(self, scored: Scored) -> Iterator[Escalation]:
        """Takes one mention; yields what is said once its turn in event time has come."""
        at = scored.mention.at
        self._newest = max(self._newest, at)
        self.count += 1
        heapq.heappush(self._waiting, (at, scored.mention.id, self.count, scored))
        edge = self._newest - self.policy.allowed_lateness_s
        while self._waiting and self._waiting[0][0] < edge:
            yield from self._mention(heapq.heappop(self._waiting)[3])

    def finish(self) -> Iterator[Escalation]:
        """Takes what waits and lets the clock run on until every case has come to rest."""
        while self._waiting:
            yield from self._mention(heapq.heappop(self._waiting)[3])
        yield from self._desk.until(self._newest + _RUN_ON_S)

    def _mention(self, scored: Scored) -> list[Escalation]:
        if scored.mention.at < self._desk.partition.watermark - self.policy.allowed_lateness_s:
            self.late += 1
        return self._desk.mention(scored)


def replay(events: Iterable[Scored], policy: Policy) -> Iterator[Escalation]:
    """Every escalation that the stream would have sent, in order of event time."""
    history = History(policy)
    for scored in events:
        yield from history.add(scored)
    yield from history.finish()
