"""The `tickets` agents: escalations and decisions in, calls of ticket systems out.

A message's offset moves when every sink has it or its dead letter is safe, and every message
before it is done. What a sink has, and what it is to be remembered by, is in the changelog before.
"""

import asyncio
import hashlib
import logging
import time
from collections.abc import AsyncIterator, Collection, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import cast

import faust
import msgspec
from faust.streams import Stream
from faust.types import TP, EventT

from scoring import escalation as escalations
from scoring.command import Action, Command, decode_command
from scoring.errors import BadCommandError
from scoring.escalation import Escalation, Status
from scoring.policy import Policy
from streams.errors import TocsinError
from streams.kafka.dead_letters import SINK
from streams.sinks.bare import bare
from streams.sinks.job import Job
from streams.sinks.memory import Kept, after, midway, order
from streams.sinks.reasons import FAILED, NO_SINK, NOT_ESCALATION
from streams.sinks.runner import Runner, http_session
from streams.sinks.settings import Tickets
from streams.sinks.target import Delivered, Memory, Notice
from streams.worker import messages
from streams.worker.application import raw_topic
from streams.worker.boundary import guarded
from streams.worker.clock import settled
from streams.worker.gaps import Gaps
from streams.worker.lease import Lease
from streams.worker.ledger import MOST_UNDER_WAY, Entry, Ledger
from streams.worker.logfold import Tools
from streams.worker.output import Record
from streams.worker.refresher import Refresher
from streams.worker.remembered import Remembered
from streams.worker.state import State
from streams.worker.taking import batches

log = logging.getLogger(__name__)

_HOUSEKEEPING_S = 60.0
_EXPIRING_S = 5.0
_PASSED_ON = frozenset({Action.ACKNOWLEDGE, Action.ASSIGN, Action.RELEASE})
"""What ticket systems hear of as it is; what the others change comes as an escalation."""


class TicketsAgent:
    """Delivers the escalations of the assigned partitions."""

    def __init__(self, tools: Tools, tickets: Tickets, policy: Policy, partitions: int) -> None:
        self._tools = tools
        self._tickets = tickets
        self._policy = policy
        queues = [sink.delivery.queue for sink in tickets.sinks.values()]
        self._ledger = Ledger(max(MOST_UNDER_WAY, 2 * max(queues, default=0)))
        self._between = False
        self._gaps = Gaps(tools.app, tools.settings, keeps=False)
        self._lease = Lease(tools.settings.session_timeout_s)
        self._remembered = Remembered(
            State(tools.app, "tickets", partitions, tools.output, tools.settings)
        )
        self._runner: Runner | None = None
        self._refresher: Refresher | None = None
        self._chores: list[asyncio.Task[None]] = []
        self.session = http_session()
        topics, app = tools.topics, tools.app
        for topic, name, run in (
            (topics.escalations, "tickets", self._deliver),
            (topics.commands, "ticket-commands", self._forward),
            (topics.tickets_commands, "ticket-acknowledgements", self._acknowledge),
        ):
            app.agent(raw_topic(app, topic), name=name, concurrency=1)(run)

    async def start(self) -> None:
        """Makes the targets. Raises ConfigError."""
        tools = self._tools
        self._runner = Runner(
            self._tickets,
            self._policy,
            self.session,
            self,
            tools.metrics.tickets,
            guarded,
            tools.settings.console_url,
        )
        sinks = self._tickets.sinks.items()
        named = ", ".join(f"{name} ({sink.type})" for name, sink in sinks)
        if named:
            log.info("tickets by policy %s go to: %s", self._policy.label, named)
        else:
            log.warning(
                "tickets by policy %s go nowhere: add [sinks.NAME] and [[routes]] to the file that "
                "TOCSIN_POLICY names",
                self._policy.label,
            )
        self._refresher = Refresher(self._runner, self._remembered)
        for chore in (self._housekeep, self._expire):
            self._chores.append(asyncio.ensure_future(guarded(chore)))

    async def close(self) -> None:
        """Lets calls under way end, within a bound; what waits stays where it is in the topic."""
        self._between = True
        for chore in self._chores:
            chore.cancel()
        if self._runner is not None:
            await self._runner.close()
        await self.session.close()

    async def release(self, revoked: Collection[TP]) -> None:
        """These partitions are about to belong to another worker; calls under way end first.

        One that takes too long is cut off, and made again by whoever reads its message next.
        """
        self._between = True
        self._ledger.drop(revoked)
        if self._runner is not None and self._refresher is not None:
            self._refresher.drop({tp.partition for tp in revoked})
            await self._runner.drop()
        self._remembered.drop({tp.partition for tp in revoked})

    def waits(self, topic: str, partition: int) -> bool:
        """Whether what a partition holds waits for a ticket system."""
        return self._ledger.waits(TP(topic, partition))

    def resume(self) -> None:
        """Partitions have been shared out anew."""
        self._lease.follow(self._tools.app)
        self._between = False

    def publish(self) -> None:
        """Sets the gauges of the sinks."""
        if self._runner is not None:
            self._runner.publish(time.time())

    # What comes in.

    async def _deliver(self, taken: faust.StreamT) -> None:
        stream = cast("Stream[EventT]", taken)
        async for events in self._batches(stream):
            for event in events:
                await guarded(partial(self._escalation, stream, event))

    async def _acknowledge(self, taken: faust.StreamT) -> None:
        stream = cast("Stream[EventT]", taken)
        async for events in self._batches(stream):
            for event in events:
                await guarded(partial(self._acknowledgement, stream, event))

    async def _forward(self, taken: faust.StreamT) -> None:
        """Commands may have any key; here they go where their case's tickets are."""
        stream = cast("Stream[EventT]", taken)
        async for events in self._batches(stream):
            await guarded(partial(self._send_on, events))
            for event in events:
                await stream.ack(event)

    def _batches(self, stream: "Stream[EventT]") -> AsyncIterator[Sequence[EventT]]:
        settings = self._tools.settings
        return batches(stream, settings.batch_size, settings.batch_wait_s)

    async def _send_on(self, events: Sequence[EventT]) -> None:
        await self._gaps.check(events)
        records = []
        for event in events:
            try:
                command = decode_command(event.message.value or b"")
            except BadCommandError:
                continue  # the role `cases` puts it among the dead letters
            if command.action in _PASSED_ON and self._tickets.sinks:
                key = command.case_id.encode()
                topic = self._tools.topics.tickets_commands
                records.append(Record(topic=topic, key=key, value=event.message.value))
        await self._tools.output.send(records)

    async def _escalation(self, stream: "Stream[EventT]", event: EventT) -> None:
        entry = await self._entered(stream, event)
        if entry is None:
            return
        message = event.message
        try:
            said = escalations.decode(message.value or b"")
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            await self._dead(event, NOT_ESCALATION, str(error), sink="")
            await self._done(entry)
            return
        only = (dict(messages.headers(message)).get(SINK) or b"").decode("utf-8", "replace")
        try:
            notice, names = self._heard(said, message.partition, only)
        except TocsinError:  # a table that cannot be read is not the message's fault
            raise
        except Exception as error:  # the poison boundary: a bug costs a message, not the worker
            log.exception("an escalation cannot be routed; it goes to the dead letters")
            await self._dead(event, FAILED, type(error).__name__, sink=only)
            await self._done(entry)
            return
        if only and not names:
            await self._dead(event, NO_SINK, f"there is no sink {only}", sink=only)
        await self._hand(entry, names, notice)

    def _heard(self, said: Escalation, partition: int, only: str) -> tuple[Notice, list[str]]:
        """What is told, and which sinks are; `only` one of them where it is sent again."""
        assert self._runner is not None
        notice = self._runner.notice(said)
        if only:
            return notice, [only] if only in self._runner.lanes else []
        known = self._remembered.of(partition, said.case_id)
        return notice, self._runner.hearers(notice, partition, known)

    async def _acknowledgement(self, stream: "Stream[EventT]", event: EventT) -> None:
        entry = await self._entered(stream, event)
        if entry is None:
            return
        try:
            command = decode_command(event.message.value or b"")
        except BadCommandError:
            await self._done(entry)
            return
        number = event.message.partition
        said = self._newest(number, command.case_id)
        over = said is None or said.status is Status.RESOLVED
        if said is None or over or command.episode not in (None, said.episode):
            await self._done(entry)  # nobody is rung any more, or for another episode
            return
        assert self._runner is not None
        known = self._remembered.of(number, command.case_id)
        names = self._runner.concerned(said, number, known)
        notice = _passed_on(self._runner.notice(said), command)
        await self._hand(entry, names, notice)

    async def _entered(self, stream: "Stream[EventT]", event: EventT) -> Entry | None:
        """A message is taken in hand, unless it came before partitions were shared out anew.

        When too much is under way, what holds back most others goes to the dead letters first:
        reading never waits for longer than a call may take.
        """
        assert self._runner is not None
        while (first := self._ledger.first) is not None and self._current(event):
            await self._runner.let_go(first.jobs, "too many messages waited for this one")
            if self._ledger.first is first:
                await self._ledger.moves()
        await self.owned()
        if not self._current(event):
            return None
        await self._gaps.check([event])
        entry = Entry(event=event, stream=stream)
        self._ledger.open(entry)
        self._tools.progress.received(event)
        return entry

    async def _hand(self, entry: Entry, names: Sequence[str], notice: Notice) -> None:
        assert self._runner is not None
        message = entry.event.message
        jobs = [
            Job(
                partition=message.partition,
                notice=notice,
                arrived=message.timestamp,
                receipt=entry,
            )
            for _ in names
        ]
        entry.charge(jobs)
        await self._runner.hand(zip(names, jobs, strict=True))
        await self._done(entry)

    def _current(self, event: EventT) -> bool:
        """Whether the event was read since partitions were last shared out."""
        app, message = self._tools.app, event.message
        return (
            not self._between
            and message.generation_id == app.consumer_generation_id
            and message.tp in app.consumer.assignment()
        )

    def _newest(self, partition: int, case_id: str) -> Escalation | None:
        """The newest escalation of a case, be it on its way, without what strangers wrote."""
        tp = TP(self._tools.topics.escalations, partition)
        said = [
            job.notice.escalation
            for entry in self._ledger.under_way(tp)
            for job in entry.jobs
            if job.notice.escalation.case_id == case_id
        ]
        if (known := self._remembered.of(partition, case_id).newest) is not None:
            said.insert(0, known)
        return bare(max(said, key=order)) if said else None

    # What lanes report (see `streams.sinks.lane.Desk`).

    def kept(self, job: Job, sink: str) -> Kept:
        """What is remembered of the job's case in the sink."""
        said = job.notice.escalation
        return self._remembered.of(job.partition, said.case_id).of(sink)

    async def owned(self) -> None:
        """Returns when no other worker can have our partitions, or they are taken from us."""
        await self._lease.wait(lambda: self._between)

    async def remember(self, job: Job, sink: str, delivered: Delivered | None) -> None:
        """Returns when the changelog has it."""
        said = job.notice.escalation
        known = self._remembered.of(job.partition, said.case_id)
        kept = after(known.of(sink), job, delivered.memory if delivered else None)
        memory = known.told(sink, kept, said, time.time())
        await self._remembered.put(job.partition, said.case_id, memory)

    async def note(self, job: Job, sink: str, memory: Memory) -> None:
        """Returns when the changelog has it."""
        said = job.notice.escalation
        known = self._remembered.of(job.partition, said.case_id)
        kept = known.of(sink)
        if job.notice.passes_on:
            kept = msgspec.structs.replace(kept, memory=dict(memory))
        else:
            kept = midway(kept, said, memory)
        told = known.told(sink, kept, said, time.time())
        await self._remembered.put(job.partition, said.case_id, told)

    async def bury(self, job: Job, sink: str, reason: str, detail: str) -> None:
        """Returns when the dead letter is acknowledged."""
        await self._dead(job.receipt.event, reason, detail, sink=sink, about=job.about)

    async def settle(self, job: Job) -> None:
        """The lane is done with a job."""
        if isinstance(job.receipt, Entry):
            await self._done(job.receipt)
        else:
            job.receipt.set()

    async def _done(self, entry: Entry) -> None:
        if done := await self._ledger.done(entry):
            self._tools.progress.acknowledged(done)

    async def _dead(
        self, event: EventT, reason: str, detail: str, *, sink: str, about: str = ""
    ) -> None:
        message = event.message
        place = f"{message.topic}, partition {message.partition}, offset {message.offset}"
        to = f"{sink or 'none'}, {about}" if about else sink or "none"
        log.warning("dead letter of sink %s: %s (%s): %s", to, reason, place, detail)
        self._tools.metrics.dead_letters.labels(message.topic, reason).inc()
        letter = messages.dead_letter(self._tools.topics, message, reason, detail, sink=sink)
        await self._tools.output.send([letter])

    async def _housekeep(self) -> None:
        """Lets go of what is not ours any more, and of cases that are long over."""
        app = self._tools.app
        while True:
            await asyncio.sleep(_HOUSEKEEPING_S)
            if not settled(app) or self._between:
                continue
            topic = self._tools.topics.escalations
            ours = {tp.partition for tp in app.consumer.assignment() if tp.topic == topic}
            self._remembered.keep(ours)
            if self._refresher is not None:
                await self._refresher.run(ours, lambda: settled(app) and not self._between)
            before = datetime.now(UTC).timestamp() - self._policy.forget_case_after_s
            for number in ours:
                if not settled(app):
                    break
                if forgotten := await self._remembered.forget(number, before):
                    log.info("tickets of %s old cases are forgotten", forgotten)

    async def _expire(self) -> None:
        """Lets go of what waits for a sink that does not come back."""
        assert self._runner is not None
        while True:
            await asyncio.sleep(_EXPIRING_S)
            await self._runner.expire()


def _passed_on(notice: Notice, command: Command) -> Notice:
    """The notice of the newest escalation, with what a person decided since."""
    if command.action is Action.RELEASE:
        return msgspec.structs.replace(notice, released_by=command.by, command=_key(command))
    by = command.assignee or command.by
    return msgspec.structs.replace(notice, acknowledged_by=by, command=_key(command))


def _key(command: Command) -> str:
    """What a decision is known by when it comes again: a digest, since ids may be long."""
    return "command-" + hashlib.sha256(command.id.encode()).hexdigest()[:32]
