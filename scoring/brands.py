"""Runs the incident folds over one partition's log of pulses, ticks and commands."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import msgspec
from msgspec.structs import replace

from scoring import incident as incidents
from scoring import likeness
from scoring.bounded import key
from scoring.command import Command
from scoring.escalation import Escalation
from scoring.incident import NEVER
from scoring.news import IncidentNews
from scoring.orders import ordered
from scoring.policy import Policy
from scoring.pulse import MINUTE, Pulse
from scoring.surge import Incident
from scoring.times import LONG_AGO
from scoring.window import Window

_MOST_SEEN = 4096
_CASE_ID = re.compile(r"(.+):incident:\d{8}T\d{4}Z")


def brand_of(case_id: str) -> str | None:
    """The brand of an incident by its case id, None where it is a conversation's."""
    found = _CASE_ID.fullmatch(case_id)
    return found[1] if found else None


def case_id_of(state: Incident) -> str | None:
    """Id of the incident that a brand has now and of which something was said."""
    return incident_id(state) if state.standing.open and not state.silent else None


def incident_id(state: Incident) -> str:
    """Id of the incident that a brand has now, said or not."""
    return f"{state.brand}:incident:{datetime.fromtimestamp(state.started, UTC):%Y%m%dT%H%MZ}"


def _moved(before: Incident, after: Incident) -> bool:
    """Whether there is news of the brand's incident."""
    now = after.started, after.standing.said, after.silent
    return now != (before.started, before.standing.said, before.silent)


class BrandsClock(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    """State of a partition besides its brands: watermark (seconds) and last offset."""

    watermark: float = LONG_AGO
    offset: int = -1


class Brands:
    """The brands of one partition of pulses; `changed` names those whose state moved.

    `watch` is shown each of them.
    """

    def __init__(
        self,
        policy: Policy,
        known: dict[str, Incident] | None = None,
        clock: BrandsClock | None = None,
        watch: Callable[[Incident], None] | None = None,
    ) -> None:
        self.policy = policy
        self._watch = watch
        self.incidents: dict[str, Incident] = known or {}
        self.watermark = (clock or BrandsClock()).watermark
        self.changed: set[str] = set()
        self._windows: dict[str, Window] = {}
        self._due = min(map(incidents.deadline, self.incidents.values()), default=NEVER)
        self._unsaid: list[Escalation] = []
        self._news: list[IncidentNews] = []

    def clock(self, offset: int) -> BrandsClock:
        """The state to store beside the brands, as of the log's `offset`."""
        return BrandsClock(watermark=self.watermark, offset=offset)

    def pulse(self, pulse: Pulse) -> list[Escalation]:
        """Folds a brand's minute; returns what is to be said."""
        state = self._state(pulse.brand)
        with self._whole(pulse.brand):
            after, said = incidents.fold(state, pulse, self.policy, self._window(state))
        self.watermark = max(self.watermark, pulse.at + MINUTE)
        self._keep(after)
        return said

    def _state(self, brand: str) -> Incident:
        return self.incidents.get(brand) or incidents.begin(brand, self.policy)

    @contextmanager
    def _whole(self, brand: str) -> Iterator[None]:
        """What fails changes nothing: sums that it may have moved halfway are made anew."""
        try:
            yield
        except Exception:
            self._windows.pop(brand, None)
            raise

    def _window(self, incident: Incident) -> Window:
        window = self._windows.get(incident.brand)
        if window is None:
            window = incidents.window_of(incident, self.policy)
            self._windows[incident.brand] = window
        return window

    def _keep(self, incident: Incident) -> None:
        before = self._state(incident.brand)
        self.incidents[incident.brand] = incident
        if _moved(before, incident):
            self._news.append(self._told(before, incident))
        self.changed.add(incident.brand)
        self._due = min(self._due, incidents.deadline(incident))
        if self._watch is not None:
            self._watch(incident)

    def tick(self, at: float) -> list[Escalation]:
        """Event time has reached `at` (seconds): makes the checks that have become due.

        A brand at which that fails is not looked at before its next check; see `rescue`.
        """
        self.watermark = max(self.watermark, at)
        if self._due > at:
            return []
        try:
            for state in list(self.incidents.values()):
                if incidents.deadline(state) <= at:
                    self._unsaid += self._advance(state, at)
        finally:
            self._due = min(map(incidents.deadline, self.incidents.values()), default=NEVER)
        return self.rescue()

    def rescue(self) -> list[Escalation]:
        """What was decided and not returned, as what came after it failed."""
        said, self._unsaid = self._unsaid, []
        return said

    def _advance(self, state: Incident, at: float) -> list[Escalation]:
        try:
            with self._whole(state.brand):
                after, said = incidents.advance(state, at, self.policy, self._window(state))
        except Exception:
            self._keep(replace(state, clock=at))
            raise
        self._keep(after)
        return said

    def drain(self) -> list[IncidentNews]:
        """What conversations are to be told of incidents since the last call."""
        told, self._news = self._news, []
        return told

    def _told(self, before: Incident, after: Incident) -> IncidentNews:
        over = not after.standing.open
        of = before if over else after
        at = after.ended if over else after.standing.said_at
        return IncidentNews(
            brand=of.brand,
            case_id=incident_id(of),
            at=at,
            since=of.started,
            rank=of.standing.peak,
            until=at + self._quiet_s(of) if over else 0.0,
            topic=likeness.narrowed(of.total.topic if of.total else ()),
            silent=of.silent,
        )

    def _quiet_s(self, ended: Incident) -> float:
        """For how long one that is over still speaks for conversations: not if nobody knew it."""
        return 0.0 if ended.silent else self.policy.for_brand(ended.brand).levels.quiet_s

    def held(self, case_id: str) -> Incident | None:
        """The brand whose open incident has this id, None when there is none."""
        state = self.incidents.get(brand_of(case_id) or "")
        return state if state and case_id_of(state) == case_id else None

    def order(self, command: Command) -> list[Escalation]:
        """Does what a person decided, unless the brand's incident is another one by now."""
        state = self.held(command.case_id)
        known = key("command", command.id)
        if state is None or known in state.seen:
            return []
        policy = self.policy.for_brand(state.brand)
        had = ordered(state.standing, command, self.watermark, policy)
        state = replace(state, standing=had, seen=(*state.seen, known)[-_MOST_SEEN:])
        said: list[Escalation] = []
        if had.dismissed:
            # Its next check is made now, as of the time that is decided up to.
            early = replace(state, clock=2 * state.clock - incidents.deadline(state))
            with self._whole(state.brand):
                state, said = incidents.advance(
                    early, state.clock, self.policy, self._window(early)
                )
            # The next incident knows nothing of this one but that nobody wants to hear of it.
            until = state.clock + policy.levels.quiet_s
            quiet = replace(state.standing, snoozed=had.rank, snooze_until=until)
            state = replace(state, standing=quiet)
        self._keep(state)
        return said

    def next_due(self) -> float:
        """Event time (seconds) of the next check, NEVER while no incident is open."""
        if self._due < NEVER:  # it may have moved on since: a mention puts the next check off
            self._due = min(map(incidents.deadline, self.incidents.values()), default=NEVER)
        return self._due
