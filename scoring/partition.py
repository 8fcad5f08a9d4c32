"""Runs the folds over one partition's log: cases, their deadlines, and the brands' minutes.

The live `cases` agent and the offline backtest drive this same class.
"""

import heapq
from collections import OrderedDict
from collections.abc import Callable, Iterable

import msgspec

from scoring import belonging, likeness
from scoring import case as cases
from scoring import echo as echoes
from scoring import pulse as pulses
from scoring.absorb import author_key
from scoring.case import NEVER, Case
from scoring.command import Command
from scoring.escalation import Escalation
from scoring.links import Links
from scoring.mention import Kind
from scoring.news import IncidentNews
from scoring.policy import Policy
from scoring.pulse import MINUTE, Pulse
from scoring.scored import Scored
from scoring.times import LONG_AGO

MOST_CASES = 1_000_000
"""Conversations held by one partition."""


class Clock(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    """State of a partition besides its cases: watermark (seconds), open minutes, last offset.

    `incidents` is what it was told of them, the latest of each brand.
    """

    watermark: float = LONG_AGO
    open_pulses: tuple[Pulse, ...] = ()
    offset: int = -1
    incidents: tuple[IncidentNews, ...] = ()


class Partition:
    """One partition's cases and clock; `watch` is shown each case that moved.

    `slack_s` is how long a deadline waits for mentions that are still on their way: the policy's
    allowed lateness live, nothing where input is sorted. No more than `most` conversations are
    held: the one that was quiet for longest and is no open case goes first; `evicted` counts them.
    """

    def __init__(
        self,
        policy: Policy,
        number: int = 0,
        slack_s: float = 0.0,
        known: Iterable[Case] = (),
        clock: Clock | None = None,
        watch: Callable[[Case], None] | None = None,
        most: int = MOST_CASES,
    ) -> None:
        self.policy = policy
        self.number = number
        self._watch = watch
        self.cases: OrderedDict[str, Case] = OrderedDict()
        """The one that was quiet for longest comes first."""
        self.changed: set[str] = set()
        self._slack_s = slack_s
        self._grace_s = min(slack_s, MINUTE)
        self._due: list[tuple[float, str]] = []
        self._scheduled: dict[str, float] = {}
        clock = clock or Clock()
        self.watermark = clock.watermark
        self._pulses = {(pulse.brand, pulse.at): pulse for pulse in clock.open_pulses}
        self._oldest = min((pulse.at for pulse in clock.open_pulses), default=NEVER)
        self._incidents = {news.brand: news for news in clock.incidents}
        for case in sorted(known, key=lambda case: (case.evidence.last_at, case.case_id)):
            self.cases[case.case_id] = case
            self._schedule(case)
        self.links = Links(self.cases)
        self.evicted = 0
        self._most = most

    def clock(self, offset: int) -> Clock:
        """The state to store beside the cases, as of the log's `offset`."""
        return Clock(
            watermark=self.watermark,
            open_pulses=tuple(self._pulses.values()),
            offset=offset,
            incidents=tuple(self._incidents.values()),
        )

    def incident(self, news: IncidentNews) -> None:
        """Hears of a brand's incident; older news changes nothing."""
        known = self._incidents.get(news.brand)
        if known is None or known.at <= news.at:
            self._incidents[news.brand] = news

    def mention(self, scored: Scored) -> tuple[list[Escalation], list[Pulse]]:
        """Folds a mention; returns what is to be said, and the brands' minutes that are over."""
        at = scored.mention.at
        late = at < self.watermark - self.policy.allowed_lateness_s
        said, sealed = self.tick(at)
        case = self.cases.get(scored.mention.case_id) or cases.begin(scored.mention)
        decided = self.watermark - self._slack_s
        case = self.links.joined(case, scored)
        floor = self._floor(case)
        after, more = cases.fold(case, scored, self.policy, late=late, decided=decided, floor=floor)
        if after is not case:
            self._keep(after)
            self._count(scored, late=late)
            more += self._echo(after, scored, late=late)
        return said + more, sealed

    def order(self, command: Command) -> list[Escalation]:
        """Does what a person decided; a case that is not held here has nothing to decide."""
        case = self.cases.get(command.case_id)
        if case is None:
            return []
        after, said = cases.order(case, command, self.watermark, self.policy)
        if after is not case:
            self._keep(after)
        return said

    def _floor(self, case: Case) -> int:
        """The rank up to which its leader, or its brand's incident, speaks for the case."""
        leader = self.cases.get(case.leader) if case.leader else None
        below = belonging.floor(case, self._incidents.get(case.brand), self.watermark)
        return max(below, leader.standing.rank if leader else 0)

    def _echo(self, case: Case, scored: Scored, *, late: bool) -> list[Escalation]:
        """Tells the case's leader of a mention."""
        leader = self.cases.get(case.leader) if case.leader else None
        if leader is None or leader.evidence.root is None:
            return []
        began, speaker = leader.evidence.root, author_key(scored.mention)
        goes_on = case.evidence.root is not None and (
            likeness.author(scored.mention) != ()
            and set(likeness.author(scored.mention)) <= set(leader.marks)
            and began.channel != scored.mention.channel
        )
        heard = echoes.of(leader.case_id, scored, speaker, goes_on=goes_on)
        if heard is None:
            return []
        floor = self._floor(leader)
        after, said = cases.hear(leader, heard, self.policy, late=late, floor=floor)
        if after is not leader:
            self._keep(after)
        return said

    def tick(self, at: float) -> tuple[list[Escalation], list[Pulse]]:
        """Event time has reached `at` (seconds): decides what has become due."""
        self.watermark = max(self.watermark, at)
        said: list[Escalation] = []
        horizon = self.watermark - self._slack_s
        while self._due and self._due[0][0] <= horizon:
            due, case_id = heapq.heappop(self._due)
            self._scheduled.pop(case_id, None)
            case = self.cases.get(case_id)
            if case is None:
                continue
            if cases.forgotten(case, due, self.policy):
                self._drop(case)
                continue
            after, more = cases.advance(case, due, self.policy, self._floor(case))
            said += more
            if after is not case:
                self._keep(after)
            else:
                self._schedule(case)
        return said, self._seal()

    def next_due(self) -> float:
        """Event time (seconds) of the earliest deadline or open minute, NEVER if there is none."""
        deadline = self._due[0][0] if self._due else NEVER
        return min(deadline + self._slack_s, self._oldest + MINUTE + self._grace_s)

    def _keep(self, case: Case) -> None:
        if case.case_id not in self.cases and len(self.cases) >= self._most:
            self._evict()
        self.cases[case.case_id] = case
        self.cases.move_to_end(case.case_id)
        self.changed.add(case.case_id)
        self.links.keep(case)
        self._schedule(case)
        if self._watch is not None:
            self._watch(case)

    def _evict(self) -> None:
        for _ in range(len(self.cases)):
            coldest = next(iter(self.cases.values()))
            if not coldest.standing.open:
                break
            self.cases.move_to_end(coldest.case_id)
        self._drop(next(iter(self.cases.values())))
        self.evicted += 1

    def _drop(self, case: Case) -> None:
        del self.cases[case.case_id]
        self._scheduled.pop(case.case_id, None)
        self.changed.add(case.case_id)
        self.links.drop(case)

    def _schedule(self, case: Case) -> None:
        if case.still and case.case_id in self._scheduled:
            return  # it is looked at no later than when it would be forgotten
        due = cases.deadline(case, self.policy)
        if due == NEVER:
            policy = self.policy.for_brand(case.brand)
            known = case.standing.episode > 0
            keep = policy.forget_case_after_s if known else policy.forget_after_s
            due = max(case.evidence.last_at, 0.0) + keep + MINUTE
        if due < self._scheduled.get(case.case_id, NEVER):
            self._scheduled[case.case_id] = due
            heapq.heappush(self._due, (due, case.case_id))

    def _count(self, scored: Scored, *, late: bool) -> None:
        if late and scored.mention.kind is not Kind.DELETION:
            return
        brand = scored.mention.brand
        oldest = self.watermark - MINUTE - self._grace_s
        minute = pulses.minute_of(max(scored.mention.at, oldest))
        held = self._pulses.get((brand, minute))
        held = held or Pulse(brand=brand, at=minute, partition=self.number)
        self._pulses[brand, minute] = pulses.count(held, scored)
        self._oldest = min(self._oldest, minute)

    def _seal(self) -> list[Pulse]:
        edge = self.watermark - MINUTE - self._grace_s
        if self._oldest > edge:
            return []
        over = sorted((key for key in self._pulses if key[1] <= edge), key=lambda k: (k[1], k[0]))
        sealed = [self._pulses.pop(key) for key in over]
        self._oldest = min((at for _, at in self._pulses), default=NEVER)
        return sealed
