"""The `incidents` agent: brand pulses, ticks and commands in, escalations of incidents out."""

import msgspec

from scoring.brands import Brands, BrandsClock, case_id_of
from scoring.command import Order
from scoring.policy import Policy
from scoring.pulse import PulseEvent
from scoring.scored import Tick
from scoring.surge import Incident
from streams.worker.logfold import CLOCK, LogFold, Step, Tools

_BRAND = "brand|"
_encoder = msgspec.msgpack.Encoder()
_incidents = msgspec.msgpack.Decoder(Incident)
BrandEvent = PulseEvent | Order
"""What `brand-pulse` carries."""
_events: msgspec.json.Decoder[BrandEvent] = msgspec.json.Decoder(BrandEvent)
_clocks = msgspec.msgpack.Decoder(BrandsClock)


class IncidentsAgent(LogFold[Brands]):
    """Folds each assigned partition of `brand-pulse`."""

    def __init__(self, tools: Tools, policy: Policy, partitions: int) -> None:
        self._policy = policy
        super().__init__(tools, "incidents", tools.topics.pulse, partitions)

    def recovered(self, number: int, stored: dict[str, bytes]) -> tuple[Brands, int]:
        """The partition's brands and clock."""
        clock = _clocks.decode(stored[CLOCK]) if CLOCK in stored else BrandsClock()
        known = {
            name.removeprefix(_BRAND): _incidents.decode(value)
            for name, value in stored.items()
            if name.startswith(_BRAND)
        }
        fold = Brands(self._policy, known, clock)
        for brand, state in known.items():
            if case_id := case_id_of(state):
                self.tools.board.recover(case_id, brand, state.standing, fold.watermark)
        return fold, clock.offset

    def case_ids(self, fold: Brands) -> set[str]:
        """The incidents that its brands have now."""
        return {found for state in fold.incidents.values() if (found := case_id_of(state))}

    def step(self, fold: Brands, value: bytes) -> Step:
        """Folds a brand's minute, a tick or a person's command."""
        what = _events.decode(value)
        if isinstance(what, Order):
            said = fold.order(what.command)
            held = fold.held(what.command.case_id)
            return Step(said=said, ordered=(what.command.case_id, held.standing) if held else None)
        said = fold.tick(what.at.timestamp()) if isinstance(what, Tick) else fold.pulse(what)
        return Step(said=said)

    def changes(self, fold: Brands, offset: int) -> dict[str, bytes | None]:
        """The brands that moved, then the clock."""
        changes: dict[str, bytes | None] = {
            _BRAND + brand: _encoder.encode(fold.incidents[brand]) for brand in sorted(fold.changed)
        }
        fold.changed.clear()
        changes[CLOCK] = _encoder.encode(fold.clock(offset))
        return changes
