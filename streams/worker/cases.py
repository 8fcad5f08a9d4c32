"""The `cases` agent: scored mentions, ticks and commands in, escalations and brand pulses out.

What partitions tell each other of their cases goes through their logs, so these alone decide.
"""

import logging
import math
import time
from collections.abc import Sequence
from functools import partial

import msgspec

from scoring.assessment import assess
from scoring.case import Case
from scoring.command import Command, Order
from scoring.escalation import Escalation, Status
from scoring.exchange import Told
from scoring.mention import Kind, Mention, Role
from scoring.news import CaseNews, Echo, IncidentNews
from scoring.partition import Clock, Partition
from scoring.policy import Policy
from scoring.pulse import Pulse
from scoring.scored import Event, Tick, decode_event, encode_event
from scoring.shelf import Shelf
from scoring.times import LONG_AGO
from streams.errors import TocsinError
from streams.worker import messages
from streams.worker.chronicle import Chronicle
from streams.worker.logfold import CLOCK, LogFold, Step, Stored, Tools
from streams.worker.output import Record
from streams.worker.situation import Present

log = logging.getLogger(__name__)

_CASE = "case|"
_encoder = msgspec.msgpack.Encoder()
_cases = msgspec.msgpack.Decoder(Case)
_clocks = msgspec.msgpack.Decoder(Clock)


class CasesAgent(LogFold[Partition]):
    """Folds each assigned partition of `mentions-scored`."""

    def __init__(self, tools: Tools, policy: Policy, partitions: int) -> None:
        self._policy = policy
        self._partitions = partitions
        self._chronicle = Chronicle(policy)
        super().__init__(tools, "cases", tools.topics.scored, partitions)

    def recovered(self, number: int, stored: Stored) -> tuple[Partition, int]:
        """The partition's cases and clock; with RocksDB only the newest cases are in memory."""
        clock = Clock()
        known: list[Case] = []
        ranked: list[tuple[float, str]] = []
        opened: list[Case] = []
        spills = self.tools.settings.state_store == "rocksdb"
        for name, value in stored:
            if name == CLOCK:
                clock = _clocks.decode(value)
            elif name.startswith(_CASE):
                case = _cases.decode(value)
                if case.standing.open:
                    opened.append(case)
                if spills:
                    ranked.append((case.evidence.last_at, case.case_id))
                else:
                    known.append(case)
        fold = Partition(
            self._policy,
            number,
            slack_s=self._policy.allowed_lateness_s,
            known=known,
            clock=clock,
            shelf=self._shelf(number, ranked) if spills else None,
        )
        for case in opened:
            self.tools.board.recover(case.case_id, case.brand, case.standing, fold.watermark)
        return fold, clock.offset

    def _shelf(self, number: int, ranked: list[tuple[float, str]]) -> Shelf:
        order = [case_id for _, case_id in sorted(ranked)]
        return Shelf(partial(self._fetch, number), order, self.tools.settings.hot_cases)

    def _fetch(self, number: int, case_id: str) -> Case:
        value = self.state.get(number, _CASE + case_id)
        assert value is not None, "what is on the shelf is stored"
        return _cases.decode(value)

    def stored(self, fold: Partition) -> None:
        """Cases that moved long ago need not be in memory."""
        if isinstance(fold.cases, Shelf):
            fold.cases.trim(fold.changed)

    def case_ids(self, fold: Partition) -> set[str]:
        """Its conversations."""
        return set(fold.cases)

    def step(self, fold: Partition, value: bytes) -> Step:
        """Folds a mention, a tick, a person's command, news of an incident or a case, an echo."""
        step = self._step(fold, decode_event(value))
        step.records += [record for told in fold.drain() for record in self._told(fold, told)]
        return step

    def _step(self, fold: Partition, what: Event) -> Step:
        if isinstance(what, Tick):
            return self._tick(fold, what.at.timestamp())
        if isinstance(what, Order):
            return self._order(fold, what.command)
        if isinstance(what, IncidentNews):
            fold.incident(what)
            return Step(said=[])
        if isinstance(what, CaseNews | Echo):
            return self._told_of(fold, what)
        again = fold.was_ahead(what.mention)
        step = Step(said=[]) if what.ahead else self._tick(fold, what.mention.at)
        try:
            said, sealed = fold.mention(what)
        except TocsinError:
            raise
        except Exception as error:  # the poison boundary: a bug costs a mention, not the stream
            log.exception("a mention cannot be folded; it goes to the dead letters")
            step.said += fold.rescue()
            step.failed = f"{type(error).__name__}: {error}"
        else:
            step.said += said
            step.records += map(self._pulse, sealed)
            if not again:
                self._chronicle.mention(what)
        self._evicted(fold)
        step.arrival = what.arrived_at
        step.erased = _erased(what.mention)
        return step

    def _tick(self, fold: Partition, at: float) -> Step:
        try:
            said, sealed = fold.tick(at)
        except TocsinError:
            raise
        except Exception as error:  # the poison boundary: a bug costs a check, not the stream
            log.exception("what is due cannot be decided; what made it due is a dead letter")
            return Step(said=fold.rescue(), failed=f"{type(error).__name__}: {error}")
        return Step(said=said, records=[self._pulse(pulse) for pulse in sealed])

    def _told_of(self, fold: Partition, what: Told) -> Step:
        try:
            said = fold.news(what) if isinstance(what, CaseNews) else fold.echo(what)
        except TocsinError:
            raise
        except Exception as error:  # the poison boundary: a bug costs a link, not the stream
            log.exception("what another partition told cannot be folded: it is a dead letter")
            return Step(said=[], failed=f"{type(error).__name__}: {error}")
        return Step(said=said)

    def _order(self, fold: Partition, command: Command) -> Step:
        try:
            said = fold.order(command)
        except TocsinError:
            raise
        except Exception as error:  # the poison boundary: a bug costs a command, not the stream
            log.exception("a command cannot be folded; it goes to the dead letters")
            return Step(said=[], failed=f"{type(error).__name__}: {error}")
        case = fold.cases.get(command.case_id)
        self._chronicle.command(command, fold.watermark)
        return Step(
            said=said,
            ordered=(case.case_id, case.standing) if case else None,
            command=command,
        )

    def told(self, fold: Partition, said: Sequence[Escalation]) -> list[Record]:
        """The timelines of the conversations that are open, or that the batch ended."""
        ended = {one.case_id for one in said if one.status is Status.RESOLVED}
        try:
            told = self._chronicle.tell(fold, ended)
        except TocsinError:
            raise
        except Exception:  # the poison boundary: a bug costs what people watch, not the stream
            log.exception("what happened in the cases of a batch cannot be told")
            return []
        return [messages.timeline(self.tools.topics, one) for one in told]

    def changes(self, fold: Partition, offset: int) -> dict[str, bytes | None]:
        """The cases that moved, then the clock."""
        changes: dict[str, bytes | None] = {}
        for case_id in sorted(fold.changed):
            case = fold.cases.get(case_id)
            changes[_CASE + case_id] = _encoder.encode(case) if case else None
        fold.changed.clear()
        changes[CLOCK] = _encoder.encode(fold.clock(offset))
        return changes

    def publish(self) -> None:
        """Sets the gauges of the partitions that are held now, and of no other."""
        metrics = self.tools.metrics
        metrics.conversations.clear()
        reached = []
        for number, fold in self.folds.items():
            metrics.conversations.labels(str(number)).set(len(fold.cases))
            if fold.watermark > LONG_AGO:
                reached.append(self.reached(number))
        lag = time.time() - max(reached) if reached else math.nan
        metrics.event_time_lag.set(lag)

    def _evicted(self, fold: Partition) -> None:
        if fold.evicted:
            self.tools.metrics.evicted.inc(fold.evicted)
            fold.evicted = 0
        if fold.late:
            self.tools.metrics.late.inc(fold.late)
            fold.late = 0

    def present(self, case_id: str) -> Present | None:
        """A conversation's case, weighed at the event time its partition has reached."""
        for number, fold in self.folds.items():
            case = fold.cases.get(case_id)
            if case is not None and case.standing.open:
                policy = self._policy.for_brand(case.brand)
                found = assess(case.evidence, self.reached(number), policy)
                spread = found.spread
                return Present(
                    score=found.score,
                    reproduction=spread.reproduction,
                    forecast_shares=spread.forecast_shares,
                    silence_s=found.silence_s,
                    why=found.why,
                )
        return None

    def _pulse(self, pulse: Pulse) -> Record:
        return Record(
            topic=self.tools.topics.pulse,
            key=pulse.brand.encode(),
            value=msgspec.json.encode(pulse),
        )

    def _told(self, fold: Partition, told: Told) -> list[Record]:
        """News goes to every other partition, an echo to that of its case."""
        topic, value = self.tools.topics.scored, encode_event(told)
        if isinstance(told, Echo):
            return [Record(topic=topic, key=told.case_id.encode(), value=value)]
        others = (number for number in range(self._partitions) if number != fold.number)
        return [Record(topic=topic, value=value, partition=number) for number in others]


def _erased(mention: Mention) -> tuple[str, str] | None:
    """Brand and mention whose words a customer takes back or says anew."""
    if mention.kind not in (Kind.DELETION, Kind.EDIT) or mention.role is Role.BRAND:
        return None
    return mention.brand, mention.parent_id or ""
