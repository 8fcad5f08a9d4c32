"""Runs the incident folds over one partition's log of pulses and ticks."""

import msgspec

from scoring import incident as incidents
from scoring.escalation import Escalation
from scoring.incident import NEVER
from scoring.policy import Policy
from scoring.pulse import MINUTE, Pulse
from scoring.surge import Incident
from scoring.times import LONG_AGO
from scoring.window import Window


class BrandsClock(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    """State of a partition besides its brands: watermark (seconds) and last offset."""

    watermark: float = LONG_AGO
    offset: int = -1


class Brands:
    """The brands of one partition of pulses; `changed` names those whose state moved."""

    def __init__(
        self,
        policy: Policy,
        known: dict[str, Incident] | None = None,
        clock: BrandsClock | None = None,
    ) -> None:
        self.policy = policy
        self.incidents: dict[str, Incident] = known or {}
        self.watermark = (clock or BrandsClock()).watermark
        self.changed: set[str] = set()
        self._windows: dict[str, Window] = {}
        self._due = min(map(incidents.deadline, self.incidents.values()), default=NEVER)

    def clock(self, offset: int) -> BrandsClock:
        """The state to store beside the brands, as of the log's `offset`."""
        return BrandsClock(watermark=self.watermark, offset=offset)

    def pulse(self, pulse: Pulse) -> list[Escalation]:
        """Folds a brand's minute; returns what is to be said."""
        self.watermark = max(self.watermark, pulse.at + MINUTE)
        state = self.incidents.get(pulse.brand) or incidents.begin(pulse.brand, self.policy)
        after, said = incidents.fold(state, pulse, self.policy, self._window(state))
        self._keep(after)
        return said

    def _window(self, incident: Incident) -> Window:
        window = self._windows.get(incident.brand)
        if window is None:
            window = incidents.window_of(incident, self.policy)
            self._windows[incident.brand] = window
        return window

    def _keep(self, incident: Incident) -> None:
        self.incidents[incident.brand] = incident
        self.changed.add(incident.brand)
        self._due = min(self._due, incidents.deadline(incident))

    def tick(self, at: float) -> list[Escalation]:
        """Event time has reached `at` (seconds): makes the checks that have become due."""
        self.watermark = max(self.watermark, at)
        said: list[Escalation] = []
        if self._due > at:
            return said
        self._due = NEVER
        for state in list(self.incidents.values()):
            if incidents.deadline(state) <= at:
                state, more = incidents.advance(state, at, self.policy, self._window(state))
                self._keep(state)
                said += more
            self._due = min(self._due, incidents.deadline(state))
        return said

    def next_due(self) -> float:
        """Event time (seconds) of the next check, NEVER while no incident is open."""
        if self._due < NEVER:  # it may have moved on since: a mention puts the next check off
            self._due = min(map(incidents.deadline, self.incidents.values()), default=NEVER)
        return self._due
