"""Runs the folds over one partition's log: cases, their deadlines, and the brands' minutes.

The live `cases` agent and the offline backtest drive this same class.
"""

import heapq
from collections.abc import Iterable

import msgspec

from scoring import case as cases
from scoring import pulse as pulses
from scoring.case import NEVER, Case
from scoring.escalation import Escalation
from scoring.mention import Kind
from scoring.policy import Policy
from scoring.pulse import MINUTE, Pulse
from scoring.scored import Scored
from scoring.times import LONG_AGO


class Clock(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    """State of a partition besides its cases: watermark (seconds), open minutes, last offset."""

    watermark: float = LONG_AGO
    open_pulses: tuple[Pulse, ...] = ()
    offset: int = -1


class Partition:
    """One partition's cases and clock.

    `slack_s` is how long a deadline waits for mentions that are still on their way: the policy's
    allowed lateness live, nothing where input is sorted.
    """

    def __init__(
        self,
        policy: Policy,
        number: int = 0,
        slack_s: float = 0.0,
        known: Iterable[Case] = (),
        clock: Clock | None = None,
    ) -> None:
        self.policy = policy
        self.number = number
        self.cases: dict[str, Case] = {}
        self.changed: set[str] = set()
        self._slack_s = slack_s
        self._grace_s = min(slack_s, MINUTE)
        self._due: list[tuple[float, str]] = []
        self._scheduled: dict[str, float] = {}
        clock = clock or Clock()
        self.watermark = clock.watermark
        self._pulses = {(pulse.brand, pulse.at): pulse for pulse in clock.open_pulses}
        self._oldest = min((pulse.at for pulse in clock.open_pulses), default=NEVER)
        for case in known:
            self.cases[case.case_id] = case
            self._schedule(case)

    def clock(self, offset: int) -> Clock:
        """The state to store beside the cases, as of the log's `offset`."""
        return Clock(
            watermark=self.watermark, open_pulses=tuple(self._pulses.values()), offset=offset
        )

    def mention(self, scored: Scored) -> tuple[list[Escalation], list[Pulse]]:
        """Folds a mention; returns what is to be said, and the brands' minutes that are over."""
        at = scored.mention.at
        late = at < self.watermark - self.policy.allowed_lateness_s
        said, sealed = self.tick(at)
        case = self.cases.get(scored.mention.case_id) or cases.begin(scored.mention)
        decided = self.watermark - self._slack_s
        after, more = cases.fold(case, scored, self.policy, late=late, decided=decided)
        if after is not case:
            self._keep(after)
            self._count(scored, late=late)
        return said + more, sealed

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
                del self.cases[case_id]
                self.changed.add(case_id)
                continue
            after, more = cases.advance(case, due, self.policy)
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
        self.cases[case.case_id] = case
        self.changed.add(case.case_id)
        self._schedule(case)

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
