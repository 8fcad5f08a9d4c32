"""Runs the folds over one partition's log: cases, their deadlines, and the brands' minutes.

The live `cases` agent and the offline backtest drive this same class.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterable, MutableMapping, Sequence

import msgspec
from msgspec.structs import replace

from scoring import advert, belonging, bounded
from scoring import case as cases
from scoring import echo as echoes
from scoring import pulse as pulses
from scoring.agenda import Agenda
from scoring.case import NEVER, Case
from scoring.command import Command
from scoring.escalation import Escalation, Status
from scoring.exchange import Exchange, Told
from scoring.links import Links, means_customer
from scoring.mention import Kind, Mention, Role
from scoring.news import CaseNews, Echo, IncidentNews
from scoring.policy import Policy
from scoring.pulse import MINUTE, Pulse
from scoring.scored import Scored
from scoring.shelf import Shelf
from scoring.times import LONG_AGO

_SLACK = 1024
_AGAIN_S = 3600.0
MOST_CASES = 1_000_000
"""Conversations held by one partition."""


class Clock(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    """State of a partition besides its cases: watermark (seconds), open minutes, last offset.

    `incidents` is what it was told of them, the latest of each brand; `foreign` of cases in other
    partitions; `unled` and `ahead` are echoes that wait, see `scoring.exchange`.
    """

    watermark: float = LONG_AGO
    open_pulses: tuple[Pulse, ...] = ()
    offset: int = -1
    incidents: tuple[IncidentNews, ...] = ()
    foreign: tuple[CaseNews, ...] = ()
    unled: tuple[Echo, ...] = ()
    ahead: tuple[Echo, ...] = ()


class Partition:
    """One partition's cases and clock; `watch` is shown each case that moved.

    `slack_s` is how long a deadline waits for mentions that are still on their way: the policy's
    allowed lateness live, nothing where input is sorted. No more than `most` conversations are
    held: the one that was quiet for longest and is no open case goes first; `evicted` counts them,
    `late` the mentions that came too late to raise an alarm.
    What other partitions are to be told gathers until whoever drives this one takes it (`drain`).
    A `shelf` holds the cases that are known where memory does not.
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
        shelf: Shelf | None = None,
    ) -> None:
        self.policy = policy
        self.number = number
        self._watch = watch
        self.cases: OrderedDict[str, Case] | Shelf = OrderedDict() if shelf is None else shelf
        """The one that was quiet for longest comes first."""
        self.changed: set[str] = set()
        self._slack_s = slack_s
        self._grace_s = min(slack_s, MINUTE)
        self._due = Agenda()
        self._scheduled: MutableMapping[str, float] = {} if shelf is None else shelf.deadlines
        clock = clock or Clock()
        self.watermark = clock.watermark
        self._pulses = {(pulse.brand, pulse.at): pulse for pulse in clock.open_pulses}
        self._oldest = min((pulse.at for pulse in clock.open_pulses), default=NEVER)
        self._incidents = {news.brand: news for news in clock.incidents}
        self.exchange = Exchange(policy, clock.foreign, clock.unled, clock.ahead)
        for case in sorted(known, key=lambda case: (case.evidence.last_at, case.case_id)):
            self.cases[case.case_id] = case
        for case in self.cases.values():
            self._schedule(case)
        self.links = Links(self.cases, self.exchange.foreign)
        self.evicted = 0
        self.late = 0
        self._most = most
        self._unsaid: list[Escalation] = []

    def drain(self) -> list[Told]:
        """What other partitions are to be told since the last call."""
        return self.exchange.drain()

    def clock(self, offset: int) -> Clock:
        """The state to store beside the cases, as of the log's `offset`."""
        return Clock(
            watermark=self.watermark,
            open_pulses=tuple(self._pulses.values()),
            offset=offset,
            incidents=tuple(self._incidents.values()),
            foreign=tuple(self.exchange.foreign),
            unled=tuple(self.exchange.unled),
            ahead=tuple(self.exchange.ahead),
        )

    def incident(self, news: IncidentNews) -> None:
        """Hears of a brand's incident; older news changes nothing."""
        known = self._incidents.get(news.brand)
        if known is not None and known.at > news.at:
            return
        if known is not None and news.until and known.case_id == news.case_id:
            news = replace(news, topic=known.topic)  # at its end nobody complains any more
        self._incidents[news.brand] = news

    def news(self, news: CaseNews) -> list[Escalation]:
        """Hears of a case in another partition; its own, and older news, change nothing."""
        exchange = self.exchange
        if news.case_id in self.cases or not exchange.foreign.hear(news, self.watermark):
            return []
        press = {
            echo.case_id
            for echo in exchange.unled
            if echo.role is Role.MEDIA and echo.at >= news.at and not news.until
        }
        for case in self.links.led_by(news, press):
            self._keep(case)
            for echo in exchange.claim(case.case_id, news):
                exchange.tell(echo, news.case_id)
        return []

    def echo(self, echo: Echo) -> list[Escalation]:
        """Hears what a conversation in another partition told a case of its own.

        One from a partition that is ahead in event time waits until this one's clock is there.
        """
        if echo.at <= self.watermark:
            return self._hear(echo)
        if echo.case_id in self.cases:
            self.exchange.hold(echo)
        return []

    def mention(self, scored: Scored) -> tuple[list[Escalation], list[Pulse]]:
        """Folds a mention; returns what is to be said, and the brands' minutes that are over.

        One that is ahead moves its own conversation and nothing else, no clock in particular; what
        it means to others waits for its turn.
        """
        scored = advert.heard(scored)
        if scored.ahead:
            return self._early(scored), []
        at = scored.mention.at
        late = at < self.watermark - self.policy.allowed_lateness_s
        self.late += late
        said, sealed = self.tick(at)
        case = self.cases.get(scored.mention.case_id) or cases.begin(scored.mention)
        if self.was_ahead(scored.mention):
            known = bounded.key(scored.mention.id)
            after = replace(case, ahead=tuple(key for key in case.ahead if key != known))
            self._keep(after)
            return said + self._tell(after, scored, late=late), sealed
        decided = self.watermark - self._slack_s
        case = self.links.joined(case, scored)
        after, more = cases.fold(
            case, scored, self.policy, late=late, decided=decided, floor=self._floor
        )
        if after is not case:
            self._keep(after, more)
            more += self._tell(after, scored, late=late)
        return said + more, sealed

    def _tell(self, case: Case, scored: Scored, *, late: bool) -> list[Escalation]:
        """What a mention means to its brand's minute, and to its conversation's leader."""
        self._count(scored, late=late, cased=case.standing.open and means_customer(case))
        heard = echoes.of(case.case_id, scored)
        return self._pass_on(case, heard) if heard else []

    def _early(self, scored: Scored) -> list[Escalation]:
        case = self.cases.get(scored.mention.case_id) or cases.begin(scored.mention)
        known = bounded.key(scored.mention.id)
        if known in case.ahead or len(case.ahead) >= cases.MOST_AHEAD:
            return []
        case = self.links.joined(case, scored)
        after, said = cases.fold(case, scored, self.policy, floor=self._floor)
        if after is not case:
            self._keep(replace(after, ahead=(*after.ahead, known)), said)
        return said

    def was_ahead(self, mention: Mention) -> bool:
        """Whether a mention came by the fast lane, and was not in its turn yet."""
        case = self.cases.get(mention.case_id)
        return case is not None and bool(case.ahead) and bounded.key(mention.id) in case.ahead

    def order(self, command: Command) -> list[Escalation]:
        """Does what a person decided; a case that is not held here has nothing to decide."""
        case = self.cases.get(command.case_id)
        if case is None:
            return []
        after, said = cases.order(case, command, self.watermark, self.policy, self._floor)
        if after is not case:
            self._keep(after, said)
        return said

    def _floor(self, case: Case) -> int:
        """The rank up to which its leader, its brand's incident or open cases speak for it."""
        below = belonging.floor(case, self._incidents.get(case.brand), self.watermark)
        return max(below, belonging.beside(case, self.links.beside(case)), self._led(case))

    def _led(self, case: Case) -> int:
        """The rank up to which its leaders speak for the case, wherever they are."""
        rank, passed = 0, {case.case_id}
        while case.leader and case.leader not in passed:
            passed.add(case.leader)
            leader = self.cases.get(case.leader)
            if leader is None:
                return max(rank, self.exchange.foreign.rank(case.leader, self.watermark))
            rank, case = max(rank, leader.standing.rank), leader
        return rank

    def _pass_on(self, case: Case, echo: Echo) -> list[Escalation]:
        """Tells the case's leader; where there is none, one may yet be heard of."""
        if case.leader in self.cases:
            return self._hear(replace(echo, case_id=case.leader))
        if case.leader:
            self.exchange.tell(echo, case.leader)
        elif case.marks or echo.role is Role.MEDIA:
            self.exchange.keep(replace(echo, case_id=case.case_id), self.watermark)
        return []

    def _hear(self, echo: Echo) -> list[Escalation]:
        case = self.cases.get(echo.case_id)
        if case is None or case.evidence.root is None:
            return []
        late = echo.at < self.watermark - self.policy.allowed_lateness_s
        after, said = cases.hear(case, echo, self.policy, late=late, floor=self._floor)
        if after is not case:
            self._keep(after, said)
            said += self._pass_on(after, echo)
        return said

    def tick(self, at: float) -> tuple[list[Escalation], list[Pulse]]:
        """Event time has reached `at` (seconds): decides what has become due.

        A case at which that fails is looked at again an hour later; see `rescue`.
        """
        while (echo := self.exchange.due(at)) is not None:
            self._until(echo.at)
            self._unsaid += self._hear(echo)
        self._until(at)
        return self.rescue(), self._seal()

    def rescue(self) -> list[Escalation]:
        """What was decided and not returned, as what came after it failed."""
        said, self._unsaid = self._unsaid, []
        return said

    def _until(self, at: float) -> None:
        self.watermark = max(self.watermark, at)
        horizon = self.watermark - self._slack_s
        while self._due.first <= horizon:
            due, case_id = self._due.pop()
            self._scheduled.pop(case_id, None)
            case = self.cases.get(case_id)
            if case is None:
                continue
            if cases.forgotten(case, due, self.policy):
                self._drop(case)
                continue
            try:
                after, more = cases.advance(case, due, self.policy, self._floor)
            except Exception:
                self._scheduled[case_id] = horizon + _AGAIN_S
                self._due.put(horizon + _AGAIN_S, case_id)
                raise
            self._unsaid += more
            if after is not case:
                self._keep(after, more)
            else:
                self._schedule(case)

    def next_due(self) -> float:
        """Event time (seconds) of the earliest deadline or open minute, NEVER if there is none."""
        waits = self.exchange.ahead[0].at if self.exchange.ahead else NEVER
        return min(self._due.first + self._slack_s, self._oldest + MINUTE + self._grace_s, waits)

    def _keep(self, case: Case, said: Sequence[Escalation] = ()) -> None:
        if case.case_id not in self.cases and len(self.cases) >= self._most:
            self._evict()
        self.cases[case.case_id] = case
        self.cases.move_to_end(case.case_id)
        self.changed.add(case.case_id)
        self.links.keep(case)
        self._schedule(case)
        if said:
            self.exchange.outbox.append(self._told(case, said[-1]))
            # Its incident is to know where cases stand. By the fast lane there may be no clock yet.
            self._minute(case.brand, said[-1].at.timestamp())
        if self._watch is not None:
            self._watch(case)

    def _told(self, case: Case, said: Escalation) -> CaseNews:
        """What the other partitions are to be told after a message about a case was said."""
        root, at, over = case.evidence.root, said.at.timestamp(), said.status is Status.RESOLVED
        return CaseNews(
            brand=case.brand,
            case_id=case.case_id,
            at=at,
            since=case.evidence.first_at,
            rank=said.level.rank,
            until=at + self.policy.for_brand(case.brand).levels.quiet_s if over else 0.0,
            channel=root.channel if root else "",
            marks=case.marks,
            topic=case.topic if means_customer(case) else b"",
        )

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
            due = max(case.evidence.last_at, case.clock) + keep + MINUTE
        if due < self._scheduled.get(case.case_id, NEVER):
            self._scheduled[case.case_id] = due
            self._due.put(due, case.case_id)
            if len(self._due) > 2 * len(self._scheduled) + _SLACK:  # of cases that are gone
                self._due = Agenda(self._scheduled.items())

    def _count(self, scored: Scored, *, late: bool, cased: bool) -> None:
        if late and scored.mention.kind is not Kind.DELETION:
            return
        pulse = self._minute(scored.mention.brand, scored.mention.at)
        self._pulses[pulse.brand, pulse.at] = pulses.count(pulse, scored, cased=cased)

    def _minute(self, brand: str, at: float) -> Pulse:
        """The brand's minute at `at` (seconds), begun if need be.

        One that was sealed takes nothing more: the earliest that is open does.
        """
        edge = self.watermark - MINUTE - self._grace_s
        minute = max(pulses.minute_of(at), pulses.minute_of(edge) + MINUTE)
        held = self._pulses.get((brand, minute))
        if held is None:
            held = Pulse(brand=brand, at=minute, partition=self.number)
            self._pulses[brand, minute] = held
            self._oldest = min(self._oldest, minute)
        return held

    def _seal(self) -> list[Pulse]:
        edge = self.watermark - MINUTE - self._grace_s
        if self._oldest > edge:
            return []
        over = sorted((key for key in self._pulses if key[1] <= edge), key=lambda k: (k[1], k[0]))
        sealed = [self._pulses.pop(key) for key in over]
        for place, pulse in enumerate(sealed):
            if stakes := self.links.stakes(pulse.brand):
                sealed[place] = replace(pulse, stakes=stakes)
        self._oldest = min((at for _, at in self._pulses), default=NEVER)
        return sealed
