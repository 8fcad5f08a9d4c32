"""Runs the incident folds over one partition's log of pulses and ticks."""

import msgspec

from scoring import incident as incidents
from scoring.escalation import Escalation
from scoring.incident import NEVER
from scoring.policy import Policy
from scoring.pulse import MINUTE, Pulse
from scoring.surge import Incident
from scoring.times import LONG_AGO


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

    def clock(self, offset: int) -> BrandsClock:
        """The state to store beside the brands, as of the log's `offset`."""
        return BrandsClock(watermark=self.watermark, offset=offset)

    def pulse(self, pulse: Pulse) -> list[Escalation]:
        """Folds a brand's minute; returns what is to be said."""
        self.watermark = max(self.watermark, pulse.at + MINUTE)
        state = self.incidents.get(pulse.brand) or incidents.begin(pulse.brand, self.policy)
        after, said = incidents.fold(state, pulse, self.policy)
        self.incidents[pulse.brand] = after
        self.changed.add(pulse.brand)
        return said

    def tick(self, at: float) -> list[Escalation]:
        """Event time has reached `at` (seconds): makes the checks that have become due."""
        self.watermark = max(self.watermark, at)
        said: list[Escalation] = []
        for brand, state in self.incidents.items():
            after, more = incidents.advance(state, at, self.policy)
            if after is not state:
                self.incidents[brand] = after
                self.changed.add(brand)
                said += more
        return said

    def next_due(self) -> float:
        """Event time (seconds) of the next check, NEVER while no incident is open."""
        return min(map(incidents.deadline, self.incidents.values()), default=NEVER)
