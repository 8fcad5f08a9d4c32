"""The `incidents` agent: brand pulses, ticks and commands in, escalations of incidents out."""

import logging
from collections.abc import Iterable

import msgspec

from scoring.brands import Brands, BrandsClock, case_id_of
from scoring.command import Order
from scoring.escalation import Escalation
from scoring.incident import weighed, window_of
from scoring.policy import Policy
from scoring.pulse import PulseEvent
from scoring.scored import Tick, encode_event
from scoring.surge import Incident, Surge
from streams.worker.logfold import CLOCK, LogFold, Step, Tools
from streams.worker.output import Record
from streams.worker.situation import Present

log = logging.getLogger(__name__)

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
        self._partitions = partitions
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
        try:
            return self._step(fold, what)
        except Exception as error:  # the poison boundary: a bug costs a message, not the stream
            log.exception("a brand's minute cannot be folded; it goes to the dead letters")
            said = fold.rescue()
            failed = f"{type(error).__name__}: {error}"
            return Step(said=said, records=self._news(fold, said), failed=failed)

    def _step(self, fold: Brands, what: BrandEvent) -> Step:
        if isinstance(what, Order):
            said = fold.order(what.command)
            held = fold.held(what.command.case_id)
            ordered = (what.command.case_id, held.standing) if held else None
            return Step(
                said=said, records=self._news(fold, said), ordered=ordered, command=what.command
            )
        said = fold.tick(what.at.timestamp()) if isinstance(what, Tick) else fold.pulse(what)
        return Step(said=said, records=self._news(fold, said))

    def _news(self, fold: Brands, said: Iterable[Escalation]) -> list[Record]:
        """Every partition of conversations hears of an incident."""
        told = [encode_event(fold.news(escalation)) for escalation in said]
        topic = self.tools.topics.scored
        return [
            Record(topic=topic, value=value, partition=number)
            for value in told
            for number in range(self._partitions)
        ]

    def present(self, case_id: str) -> Present | None:
        """A brand's incident, weighed at the event time its partition has reached."""
        for number, fold in self.folds.items():
            state = fold.held(case_id)
            if state is not None:
                policy = self._policy.for_brand(state.brand)
                window = window_of(state, policy)
                window.move(self.reached(number))
                seen = Surge(state, window, self.reached(number), policy)
                score, terms = weighed(state, seen, policy)
                whole = seen.whole()
                total = state.total or whole
                return Present(
                    score=score,
                    reproduction=0.0,
                    forecast_shares=float(total.shares),
                    silence_s=seen.silence_s,
                    why=seen.why(terms, whole),
                )
        return None

    def changes(self, fold: Brands, offset: int) -> dict[str, bytes | None]:
        """The brands that moved, then the clock."""
        changes: dict[str, bytes | None] = {
            _BRAND + brand: _encoder.encode(fold.incidents[brand]) for brand in sorted(fold.changed)
        }
        fold.changed.clear()
        changes[CLOCK] = _encoder.encode(fold.clock(offset))
        return changes
