"""What the folding agents share: a partition's log in, escalations out, state in between.

For each batch and partition: fold in memory; await the acknowledgement of what is said; await the
changelog's, which has all of the batch or nothing; only then acknowledge the log. A crash at any
point says the same again under the same ids, and what was stored already is passed over.
"""

import abc
import asyncio
import logging
import time
from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Generic, Protocol, TypeVar, cast

import faust
import msgspec
from faust.streams import Stream
from faust.types import EventT, Message

from scoring.command import Action, Command
from scoring.escalation import Escalation, moment
from scoring.scored import Tick, encode_event
from scoring.standing import Standing
from streams.config import Settings
from streams.errors import TocsinError
from streams.kafka.topics import Topics
from streams.metrics import Metrics, Place, exemplar
from streams.worker import ends, messages
from streams.worker.application import raw_topic
from streams.worker.board import Board
from streams.worker.boundary import Gate
from streams.worker.output import Output, Record
from streams.worker.progress import Progress
from streams.worker.situation import Present
from streams.worker.state import State
from streams.worker.taking import batches

log = logging.getLogger(__name__)

CLOCK = "clock"
Stored = Iterable[tuple[str, bytes]]
"""Names and values of a partition's state; read once."""


class Fold(Protocol):
    """The state of one partition."""

    watermark: float

    def next_due(self) -> float:
        """Event time (seconds) at which the clock matters next."""


F = TypeVar("F", bound=Fold)


class Tools(msgspec.Struct, frozen=True, kw_only=True):
    """What an agent works with."""

    app: faust.App
    settings: Settings
    topics: Topics
    output: Output
    metrics: Metrics
    progress: Progress
    board: Board


class Step(msgspec.Struct, kw_only=True):
    """What one event of the log caused; `arrival` is when its mention reached Kafka.

    `place` is where it stands in the log.

    `erased` names the brand and the mention whose words are not to be shown any more; `ordered`
    the case about which a person decided, and its standing; `failed` says why the event could not
    be folded; `command` is what a person decided, once for each command.
    """

    said: list[Escalation]
    records: list[Record] = []
    arrival: datetime | None = None
    place: Place = (-1, -1)
    erased: tuple[str, str] | None = None
    ordered: tuple[str, Standing] | None = None
    failed: str = ""
    command: Command | None = None


Folded = tuple[int, list[Record], list[Step]]
"""A partition, what is to be said of a batch of it, and its steps."""


class LogFold(abc.ABC, Generic[F]):
    """One agent over one topic, its state, and the clock of its partitions."""

    def __init__(self, tools: Tools, name: str, topic: str, partitions: int) -> None:
        self.tools = tools
        self.topic = topic
        self.gate = Gate()
        self.folds: dict[int, F] = {}
        self._offsets: dict[int, int] = {}
        self._heard: dict[int, float] = {}
        self._between = False
        self.state = State(tools.app, name, partitions, tools.output, tools.settings)
        tools.app.agent(raw_topic(tools.app, topic), name=name, concurrency=1)(self._run)

    @abc.abstractmethod
    def recovered(self, number: int, stored: Stored) -> tuple[F, int]:
        """The fold of a partition from what is stored, and the last offset folded (-1: none)."""

    @abc.abstractmethod
    def step(self, fold: F, value: bytes) -> Step:
        """Folds one event; msgspec.DecodeError when the value is none of ours."""

    @abc.abstractmethod
    def changes(self, fold: F, offset: int) -> dict[str, bytes | None]:
        """What to store since the last call; the clock goes last."""

    def stored(self, fold: F) -> None:
        """What `changes` gave is stored."""

    @abc.abstractmethod
    def told(self, fold: F, said: Sequence[Escalation]) -> list[Record]:
        """What people are told of the cases that a batch moved, beside what it `said`."""

    @abc.abstractmethod
    def present(self, case_id: str) -> Present | None:
        """A case as of now, None when it is not open here."""

    @abc.abstractmethod
    def case_ids(self, fold: F) -> set[str]:
        """Ids of the cases that a fold holds."""

    def load(self, number: int) -> F:
        """The fold of a partition, recovered from the table when it is new here."""
        if number not in self.folds:
            began = time.monotonic()
            self.folds[number], self._offsets[number] = self.recovered(
                number, self.state.of(number)
            )
            self._heard[number] = time.monotonic()
            held, took = len(self.case_ids(self.folds[number])), self._heard[number] - began
            log.info("%s, partition %s: %s cases, %.1f s", self.topic, number, held, took)
        return self.folds[number]

    async def release(self, numbers: Iterable[int]) -> None:
        """These partitions are about to belong to another worker.

        A batch under way ends first: what it writes later would overwrite the next owner's state.
        None begins until `resume`: what was read before is read again, by whoever owns it then.
        """
        self._between = True
        await self.gate.idle()
        for number in numbers:
            self.folds.pop(number, None)
            self._offsets.pop(number, None)
            self._heard.pop(number, None)

    def resume(self) -> None:
        """Partitions have been shared out anew; events of theirs come once state is recovered."""
        self._between = False

    def recover(self, numbers: Collection[int]) -> None:
        """Loads these partitions, whose state Faust has recovered; others' state is dropped."""
        self.state.keep(numbers)
        for number in numbers:
            self.load(number)

    def reached(self, number: int) -> float:
        """Event time (seconds) of a partition now: in silence it advances by elapsed time."""
        return self.folds[number].watermark + time.monotonic() - self._heard[number]

    def ticks(self, end_of: "EndOf") -> list[Record]:
        """Ticks for the partitions whose clock matters: worked off, silent, and something is due.

        A silent partition's event time advances by the time that passes, and never jumps to now.
        """
        records = []
        for number, fold in self.folds.items():
            end = end_of(self.topic, number)
            if end is not None and self._offsets[number] + 1 < end:
                continue
            reached = self.reached(number)
            if fold.next_due() <= reached:
                tick = encode_event(Tick(at=moment(reached)))
                records.append(Record(topic=self.topic, value=tick, partition=number))
        return records

    async def _run(self, taken: faust.StreamT) -> None:
        stream = cast("Stream[EventT]", taken)
        settings = self.tools.settings
        async for events in batches(stream, settings.batch_size, settings.batch_wait_s):
            done: list[EventT] = []
            if await self.gate.run(partial(self._batch, events, done)):
                for event in done:
                    await stream.ack(event)
                self.tools.progress.acknowledged(done, self.topic)

    async def _batch(self, events: Sequence[EventT], done: list[EventT]) -> None:
        """Folds what is still ours; `done` gets the events that may be acknowledged."""
        self.tools.progress.took(events)
        by_partition: dict[int, list[EventT]] = {}
        app = self.tools.app
        assigned, generation = app.consumer.assignment(), app.consumer_generation_id
        for event in events:
            # Read since partitions were last shared out, and still ours.
            own = event.message.tp in assigned and event.message.generation_id == generation
            if own and not self._between:
                by_partition.setdefault(event.message.partition, []).append(event)
        folded = [await self._fold(number, of_one) for number, of_one in by_partition.items()]
        # Each partition waits for its own acknowledgements, and for nobody else's.
        await asyncio.gather(*(self._say(*one) for one in folded))
        for of_one in by_partition.values():
            done += of_one

    async def _fold(self, number: int, events: Sequence[EventT]) -> Folded:
        """Folds in memory what is new of a partition; to be said, and stored, by `_say`."""
        fold = self.load(number)
        reached = fold.watermark
        steps: list[Step] = []
        for event in events:
            message = event.message
            if message.offset <= self._offsets[number]:
                if not self._begins_anew(number):
                    continue  # folded before a crash, and its outputs were acknowledged
                log.warning("%s, partition %s was made anew; its state is kept", self.topic, number)
                self._offsets[number] = message.offset - 1
                self.state.begin_anew(number)
            if message.offset > self._offsets[number] + 1:
                wanted = self._offsets[number] + 1
                await ends.check_gap(self.tools.settings, message.tp, wanted, message.offset)
            self._offsets[number] = message.offset
            try:
                step = self.step(fold, message.value or b"")
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
                step = Step(said=[], records=[self._dead(message, messages.NOT_SCORED, str(error))])
            except TocsinError:
                raise
            except Exception as error:  # the poison boundary: a bug costs a message, not the stream
                log.exception("a message cannot be folded; it goes to the dead letters")
                step = Step(said=[], failed=f"{type(error).__name__}: {error}")
            if step.failed:
                step.records.append(self._dead(message, messages.NOT_FOLDED, step.failed))
            step.place = (number, message.offset)
            steps.append(step)
        said = [escalation for step in steps for escalation in step.said]
        records = [record for step in steps for record in step.records]
        records += [messages.escalation(self.tools.topics, escalation) for escalation in said]
        records += self.told(fold, said)
        if fold.watermark > reached:  # news alone does not stop the time that passes in silence
            self._heard[number] = time.monotonic()
        return number, records, steps

    async def _say(self, number: int, records: Sequence[Record], steps: Sequence[Step]) -> None:
        await self.tools.output.send(records)
        fold, folded = self.folds[number], self._offsets[number]
        await self.state.write(number, self.changes(fold, folded), folded)
        self.stored(fold)
        self._publish(steps)

    def _begins_anew(self, number: int) -> bool:
        """Whether the log ends before what was folded of it: it was deleted and created again."""
        end = ends.end_of(self.tools.app, self.topic, number)
        return end is not None and end <= self._offsets[number]

    def _dead(self, message: Message, reason: str, detail: str) -> Record:
        self.tools.metrics.dead_letters.labels(self.topic, reason).inc()
        return messages.dead_letter(self.tools.topics, message, reason, detail)

    def _publish(self, steps: Sequence[Step]) -> None:
        now = datetime.now(UTC)
        metrics = self.tools.metrics
        for step in steps:
            if step.command is not None:
                level = self.tools.board.level(step.command.case_id)
                metrics.case_commands.labels(step.command.action, level or "none").inc()
            dismissed = step.command is not None and step.command.action is Action.RESOLVE
            for escalation in step.said:
                self.tools.board.say(escalation, dismissed=dismissed)
                brand = metrics.brand(escalation.brand)
                metrics.escalations.labels(brand, escalation.level, escalation.status).inc()
                if step.arrival is not None:
                    waited = max(0.0, (now - step.arrival).total_seconds())
                    metrics.mention_to_escalation.observe(waited, exemplar(step.place))
            if step.erased is not None:
                self.tools.board.erase(*step.erased)
            if step.ordered is not None:
                self.tools.board.order(*step.ordered)


class EndOf(Protocol):
    """Gives the offset after the last record of a partition, None when it is not known."""

    def __call__(self, topic: str, partition: int) -> int | None:
        """Offset, or None."""
