"""What a partition and the others tell each other of conversations that are one case.

Their logs meet in no common order: news of a case may come after its follower has spoken, and an
echo from a partition that is ahead in event time. Both wait here, bounded, so that the order in
which they come within the allowed lateness makes no difference to what the leader hears.
"""

from bisect import insort
from collections.abc import Iterable

from msgspec.structs import replace

from scoring.foreign import Foreign
from scoring.news import CaseNews, Echo
from scoring.policy import Policy

MOST_UNLED = 128
"""Echoes kept for a leader that may yet be heard of; of more the newest."""
MOST_AHEAD = 512
"""Echoes that wait for the partition's clock; of more the earliest."""

Told = CaseNews | Echo


class Exchange:
    """Others' cases, echoes that wait, and `outbox`: what is to be told, in order."""

    def __init__(
        self,
        policy: Policy,
        foreign: Iterable[CaseNews] = (),
        unled: Iterable[Echo] = (),
        ahead: Iterable[Echo] = (),
    ) -> None:
        self._policy = policy
        self.foreign = Foreign(policy, foreign)
        self.unled = list(unled)
        self.ahead = list(ahead)
        self.outbox: list[Told] = []

    def drain(self) -> list[Told]:
        """What is to be told since the last call: news to all others, an echo to its case's."""
        told, self.outbox = self.outbox, []
        return told

    def tell(self, echo: Echo, leader: str) -> None:
        """Sends an echo to a leader elsewhere, unless nothing is known of that one any more."""
        if self.foreign.get(leader) is not None:
            self.outbox.append(replace(echo, case_id=leader))

    def keep(self, echo: Echo, now: float) -> None:
        """Keeps an echo of a conversation without a leader for twice the allowed lateness."""
        oldest = now - 2 * self._policy.allowed_lateness_s
        if echo.at < oldest:
            return
        _put(self.unled, echo)
        gone = max(0, len(self.unled) - MOST_UNLED)
        while gone < len(self.unled) and self.unled[gone].at < oldest:
            gone += 1
        del self.unled[:gone]

    def claim(self, case_id: str, news: CaseNews) -> list[Echo]:
        """The echoes of a conversation that its new leader would have heard, had it come in time.

        None is older than the news by more than the allowed lateness: they come or do not come
        whenever the news does.
        """
        since = news.at - self._policy.allowed_lateness_s
        own = [echo for echo in self.unled if echo.case_id == case_id]
        self.unled = [echo for echo in self.unled if echo.case_id != case_id]
        return [echo for echo in own if echo.at >= since]

    def hold(self, echo: Echo) -> None:
        """Keeps an echo until the partition's clock has reached it."""
        _put(self.ahead, echo)
        del self.ahead[MOST_AHEAD:]

    def due(self, at: float) -> Echo | None:
        """The next echo that the clock has reached at `at` (seconds); it is kept no longer."""
        return self.ahead.pop(0) if self.ahead and self.ahead[0].at <= at else None


def _put(echoes: list[Echo], echo: Echo) -> None:
    """Inserts an echo in its place, once; mostly that is the end."""
    if not echoes or echoes[-1].order < echo.order:
        echoes.append(echo)
    elif echo not in echoes:
        insort(echoes, echo, key=lambda held: held.order)
