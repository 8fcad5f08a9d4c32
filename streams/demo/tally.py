"""What has happened so far, told by the threads of the demo and read by its board."""

import threading
import time
from collections import Counter, deque

import msgspec

from scoring.escalation import Escalation, Status
from scoring.levels import Level
from streams.worker.board import OpenCase

RECENT_S = 5.0
"""Seconds over which the present rate is measured."""
CALM_S = 1.5
"""Seconds without news after which what was sent counts as worked off."""
DWELL_S = 3.0
"""Seconds for which the newest escalation stays in view at least."""


class Work(msgspec.Struct, frozen=True, kw_only=True):
    """What the worker has done: mentions by outcome, escalations said, messages waiting."""

    scored: int = 0
    dead_letters: int = 0
    said: int = 0
    lag: int = 0


class View(msgspec.Struct, frozen=True, kw_only=True):
    """One moment of the demo; `at` is the event time of what was sent last, seconds since 1970."""

    sent: int
    at: float
    played: bool
    work: Work
    per_s: float
    cases: list[OpenCase]
    newest: Escalation | None


class Tally:
    """Counts under one lock; times are seconds on the monotonic clock."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._began = time.monotonic()
        self._sent = 0
        self._first_sent: float | None = None
        self._at = 0.0
        self._played = False
        self._work = Work()
        self._worked_at = self._began
        self._recent: deque[tuple[float, int]] = deque([(self._began, 0)])
        self._cases: list[OpenCase] = []
        self._said: list[Escalation] = []
        self._shown: Escalation | None = None
        self._shown_at = float("-inf")
        self.first_escalation_s: float | None = None
        """Seconds from the start of the demo to its first escalation."""

    def sent(self, at: float | None) -> None:
        """One record went out; `at` is its event time, if it has one."""
        with self._lock:
            self._sent += 1
            self._first_sent = self._first_sent or time.monotonic()
            self._at = at or self._at

    def played(self) -> None:
        """The broker has the whole script."""
        with self._lock:
            self._played = True

    def worked(self, work: Work, cases: list[OpenCase]) -> None:
        """The worker told how far it is."""
        now = time.monotonic()
        with self._lock:
            if work != self._work:
                self._worked_at = now
            self._work, self._cases = work, cases
            self._recent.append((now, work.scored))
            while now - self._recent[0][0] > RECENT_S and len(self._recent) > 2:
                self._recent.popleft()

    def heard(self, said: Escalation) -> None:
        """An escalation was read from its topic."""
        with self._lock:
            self.first_escalation_s = self.first_escalation_s or self.seconds
            self._said.append(said)

    @property
    def seconds(self) -> float:
        """Since the demo began."""
        return time.monotonic() - self._began

    @property
    def settled(self) -> bool:
        """Whether everything that was sent is worked off, and everything said was heard."""
        with self._lock:
            work = self._work
            return (
                self._played
                and work.scored + work.dead_letters >= self._sent
                and work.lag == 0
                and len(self._said) >= work.said
                and time.monotonic() - self._worked_at > CALM_S
            )

    @property
    def said(self) -> list[Escalation]:
        """Every escalation, in the order in which they were heard."""
        with self._lock:
            return list(self._said)

    def view(self) -> View:
        """The present moment."""
        with self._lock:
            (since, before), (until, after) = self._recent[0], self._recent[-1]
            return View(
                sent=self._sent,
                at=self._at,
                played=self._played,
                work=self._work,
                per_s=(after - before) / max(until - since, 1e-3),
                cases=self._cases,
                newest=self._in_view(),
            )

    def _in_view(self) -> Escalation | None:
        """The newest that is not an end; a person needs a moment to read it."""
        now = time.monotonic()
        if now - self._shown_at > DWELL_S:
            raised = [said for said in self._said[-50:] if said.status is not Status.RESOLVED]
            newest = raised[-1] if raised else self._shown
            if newest is not self._shown:
                self._shown, self._shown_at = newest, now
        return self._shown

    def report(self, console: str, watched: dict[str, str]) -> "Report":
        """The sum of it all; `watched` maps names to brands."""
        view, said = self.view(), self.said
        raised = [one for one in said if one.status is not Status.RESOLVED]
        highest: dict[str, Level] = {}
        for one in raised:
            if one.brand not in highest or one.level.rank > highest[one.brand].rank:
                highest[one.brand] = one.level
        counts = Counter(one.level for one in raised)
        working = self._worked_at - (self._first_sent or self._began)
        return Report(
            seconds=round(self.seconds, 1),
            sent=view.sent,
            scored=view.work.scored,
            dead_letters=view.work.dead_letters,
            mentions_per_s=round(view.work.scored / working, 1) if working > 0 else 0.0,
            escalations={level.value: counts[level] for level in Level},
            cases_open=len(view.cases),
            resolved=len(said) - len(raised),
            first_escalation_s=self.first_escalation_s and round(self.first_escalation_s, 1),
            console=console,
            stories={name: highest.get(brand) for name, brand in watched.items()},
        )


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What `--json` writes; `escalations` counts messages that open or update, by level."""

    seconds: float
    sent: int
    scored: int
    dead_letters: int
    mentions_per_s: float
    escalations: dict[str, int]
    cases_open: int
    resolved: int
    first_escalation_s: float | None
    console: str
    stories: dict[str, Level | None]
