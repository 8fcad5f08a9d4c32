"""The `incidents` agent: brand pulses, ticks and commands in, escalations of incidents out."""

import logging
from collections.abc import Sequence

import msgspec

from scoring.brands import Brands, BrandsClock, brand_of, case_id_of
from scoring.command import Order
from scoring.escalation import CaseKind, Escalation, Status, Why
from scoring.incident import weighed, window_of
from scoring.policy import Policy
from scoring.pulse import Pulse, PulseEvent
from scoring.scored import Tick, encode_event
from scoring.surge import Incident, Surge
from scoring.timeline import MOST_ENTRIES, CaseTimeline, Entry, Point, What, of_command
from streams.errors import TocsinError
from streams.worker import messages
from streams.worker.chronicle import of_standing
from streams.worker.logfold import CLOCK, LogFold, Step, Stored, Tools
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
        self._entries: dict[str, list[Entry]] = {}
        super().__init__(tools, "incidents", tools.topics.pulse, partitions)

    def recovered(self, number: int, stored: Stored) -> tuple[Brands, int]:
        """The partition's brands and clock."""
        values = dict(stored)
        clock = _clocks.decode(values[CLOCK]) if CLOCK in values else BrandsClock()
        known = {
            name.removeprefix(_BRAND): _incidents.decode(value)
            for name, value in values.items()
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
        except TocsinError:
            raise
        except Exception as error:  # the poison boundary: a bug costs a message, not the stream
            log.exception("a brand's minute cannot be folded; it goes to the dead letters")
            said = fold.rescue()
            failed = f"{type(error).__name__}: {error}"
            return Step(said=said, records=self._news(fold), failed=failed)

    def _step(self, fold: Brands, what: BrandEvent) -> Step:
        if isinstance(what, Order):
            said = fold.order(what.command)
            if brand := brand_of(what.command.case_id):
                decided = of_command(what.command, fold.watermark)
                self._entries.setdefault(brand, []).append(decided)
            held = fold.held(what.command.case_id)
            ordered = (what.command.case_id, held.standing) if held else None
            return Step(said=said, records=self._news(fold), ordered=ordered, command=what.command)
        if isinstance(what, Tick):
            said = fold.tick(what.at.timestamp())
        else:
            said = fold.pulse(what)
            self._entries.setdefault(what.brand, []).extend(_voices(what))
        return Step(said=said, records=self._news(fold))

    def told(self, fold: Brands, said: Sequence[Escalation]) -> list[Record]:
        """The timelines of the incidents that are open, or that the batch ended."""
        try:
            told = [*self._open(fold), *self._ended(said)]
        except TocsinError:
            raise
        except Exception:  # the poison boundary: a bug costs what people watch, not the stream
            log.exception("what happened in the incidents of a batch cannot be told")
            told = []
        self._entries.clear()
        return [messages.timeline(self.tools.topics, one) for one in told]

    def _open(self, fold: Brands) -> list[CaseTimeline]:
        found = [self._timeline(fold, brand) for brand in sorted(fold.changed)]
        return [one for one in found if one is not None]

    def _ended(self, said: Sequence[Escalation]) -> list[CaseTimeline]:
        return [
            CaseTimeline(
                case_id=one.case_id,
                brand=one.brand,
                kind=CaseKind.INCIDENT,
                entries=tuple(self._entries.get(one.brand, ())),
                point=Point(at=one.at.timestamp(), score=one.score),
            )
            for one in said
            if one.status is Status.RESOLVED
        ]

    def _timeline(self, fold: Brands, brand: str) -> CaseTimeline | None:
        state = fold.incidents[brand]
        case_id = case_id_of(state)
        if case_id is None:
            return None
        seen, score, why = self._weighed(state, max(state.clock, fold.watermark))
        total = state.total or seen.whole()
        return CaseTimeline(
            case_id=case_id,
            brand=brand,
            kind=CaseKind.INCIDENT,
            entries=tuple(self._entries.get(brand, ())[-MOST_ENTRIES:]),
            point=Point(
                at=max(state.clock, fold.watermark),
                score=score,
                mentions=total.mentions,
                authors=len(total.authors),
                shares=total.shares,
                reach=total.reach,
                pace=round(seen.rate, 2),
                waiting_since=seen.at - seen.silence_s if seen.silence_s else 0.0,
            ),
            why=why,
            **of_standing(state.standing),
        )

    def _news(self, fold: Brands) -> list[Record]:
        """Every partition of conversations hears of an incident."""
        told = [encode_event(news) for news in fold.drain()]
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
                seen, score, why = self._weighed(state, self.reached(number))
                total = state.total or seen.whole()
                return Present(
                    score=score,
                    reproduction=0.0,
                    forecast_shares=float(total.shares),
                    silence_s=seen.silence_s,
                    why=why,
                )
        return None

    def _weighed(self, state: Incident, at: float) -> tuple[Surge, float, tuple[Why, ...]]:
        """The brand's last hours as of a time (seconds), their score, and its reasons."""
        policy = self._policy.for_brand(state.brand)
        window = window_of(state, policy)
        window.move(at)
        seen = Surge(state, window, at, policy)
        score, terms = weighed(state, seen, policy)
        return seen, score, seen.why(terms, seen.whole())

    def changes(self, fold: Brands, offset: int) -> dict[str, bytes | None]:
        """The brands that moved, then the clock."""
        changes: dict[str, bytes | None] = {
            _BRAND + brand: _encoder.encode(fold.incidents[brand]) for brand in sorted(fold.changed)
        }
        fold.changed.clear()
        changes[CLOCK] = _encoder.encode(fold.clock(offset))
        return changes


def _voices(pulse: Pulse) -> list[Entry]:
    """The strongest complaints of a minute."""
    return [
        Entry(what=What.COMPLAINT, at=pulse.at, id=voice.mention_id, words=voice.quote)
        for voice in pulse.voices
    ]
