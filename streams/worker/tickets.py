"""The `tickets` agents: escalations and acknowledgements in, calls of ticket systems out.

A message's offset moves when every sink has it or its dead letter is safe, and every message
before it is done. What a sink has, and what it is to be remembered by, is in the changelog before.
"""

import asyncio
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
from scoring.command import Action, decode_command
from scoring.errors import BadCommandError
from scoring.escalation import Escalation, Status
from scoring.policy import Policy
from streams.kafka.dead_letters import SINK
from streams.sinks.lane import Job
from streams.sinks.memory import Kept, after
from streams.sinks.runner import Runner, http_session
from streams.sinks.settings import Tickets
from streams.sinks.target import Delivered
from streams.worker import messages
from streams.worker.application import raw_topic
from streams.worker.boundary import guarded
from streams.worker.clock import settled
from streams.worker.gaps import Gaps
from streams.worker.lease import Lease
from streams.worker.ledger import Entry, Ledger
from streams.worker.logfold import Tools
from streams.worker.output import Record
from streams.worker.remembered import Remembered
from streams.worker.state import State

log = logging.getLogger(__name__)

NOT_ESCALATION = "not_escalation"
"""Dead-letter reason of a record in `escalations` that is none."""
NO_SINK = "no_sink"
"""Dead-letter reason of one that was sent again to a sink that is not configured any more."""
_HOUSEKEEPING_S = 60.0


class TicketsAgent:
    """Delivers the escalations of the assigned partitions."""

    def __init__(self, tools: Tools, tickets: Tickets, policy: Policy, partitions: int) -> None:
        self._tools = tools
        self._tickets = tickets
        self._policy = policy
        self._ledger = Ledger()
        self._between = False
        self._gaps = Gaps(tools.app, tools.settings, keeps=False)
        self._lease = Lease(tools.settings.session_timeout_s)
        self._remembered = Remembered(
            State(tools.app, "tickets", partitions, tools.output, tools.settings)
        )
        self._runner: Runner | None = None
        self._chores: asyncio.Task[None] | None = None
        self._session = http_session()
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
            self._session,
            self,
            tools.metrics.tickets,
            guarded,
            tools.settings.console_url,
        )
        self._chores = asyncio.ensure_future(guarded(self._housekeep))

    async def close(self) -> None:
        """Ends the calls under way; what waits stays where it is in the topic."""
        self._between = True
        if self._chores is not None:
            self._chores.cancel()
        if self._runner is not None:
            await self._runner.close()
        await self._session.close()

    async def release(self, revoked: Collection[TP]) -> None:
        """These partitions are about to belong to another worker; calls under way end first."""
        self._between = True
        self._ledger.drop(revoked)
        if self._runner is not None:
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
        return stream.noack_take(settings.batch_size, within=settings.batch_wait_s)

    async def _send_on(self, events: Sequence[EventT]) -> None:
        await self._gaps.check(events)
        records = []
        for event in events:
            try:
                command = decode_command(event.message.value or b"")
            except BadCommandError:
                continue  # the role `cases` puts it among the dead letters
            if command.action in (Action.ACKNOWLEDGE, Action.ASSIGN) and self._tickets.sinks:
                key = command.case_id.encode()
                topic = self._tools.topics.tickets_commands
                records.append(Record(topic=topic, key=key, value=event.message.value))
        await self._tools.output.send(records)

    async def _escalation(self, stream: "Stream[EventT]", event: EventT) -> None:
        await self._ledger.room()
        await self.owned()
        if not self._current(event):
            return
        await self._gaps.check([event])
        assert self._runner is not None
        entry = Entry(event=event, stream=stream)
        self._ledger.open(entry)
        self._tools.progress.received(event)
        message = event.message
        try:
            said = escalations.decode(message.value or b"")
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            await self._dead(event, NOT_ESCALATION, str(error), sink="")
            await self._done(entry)
            return
        notice = self._runner.notice(said)
        known = self._remembered.of(message.partition, said.case_id)
        names = self._runner.hearers(notice, message.partition, known)
        wanted = dict(messages.headers(message)).get(SINK) or b""
        only = wanted.decode("utf-8", "replace")
        if only:
            names = [only] if only in self._runner.lanes else []
            if not names:
                await self._dead(event, NO_SINK, f"there is no sink {only}", sink=only)
        await self._hand(entry, names, said)

    async def _acknowledgement(self, stream: "Stream[EventT]", event: EventT) -> None:
        await self._ledger.room()
        await self.owned()
        if not self._current(event):
            return
        await self._gaps.check([event])
        assert self._runner is not None
        entry = Entry(event=event, stream=stream)
        self._ledger.open(entry)
        self._tools.progress.received(event)
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
        known = self._remembered.of(number, command.case_id)
        names = self._runner.concerned(said, number, known)
        await self._hand(entry, names, said, command.assignee or command.by)

    async def _hand(
        self, entry: Entry, names: Sequence[str], said: Escalation, by: str = ""
    ) -> None:
        assert self._runner is not None
        message = entry.event.message
        notice = self._runner.notice(said, by)
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
        """The newest escalation of a case, be it on its way."""
        tp = TP(self._tools.topics.escalations, partition)
        for entry in reversed(self._ledger.under_way(tp)):
            for job in entry.jobs:
                if job.notice.escalation.case_id == case_id:
                    return job.notice.escalation
        return self._remembered.of(partition, case_id).newest

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
        kept = known.of(sink)
        if not job.notice.acknowledged_by:
            kept = after(kept, said, delivered.memory if delivered else None)
        elif delivered is not None:
            kept = msgspec.structs.replace(kept, memory=dict(delivered.memory))
        memory = known.told(sink, kept, said, time.time())
        await self._remembered.put(job.partition, said.case_id, memory)

    async def bury(self, job: Job, sink: str, reason: str, detail: str) -> None:
        """Returns when the dead letter is acknowledged."""
        await self._dead(job.receipt.event, reason, detail, sink=sink)

    async def settle(self, job: Job) -> None:
        """The lane is done with a job."""
        await self._done(job.receipt)

    async def _done(self, entry: Entry) -> None:
        if done := await self._ledger.done(entry):
            self._tools.progress.acknowledged(done)

    async def _dead(self, event: EventT, reason: str, detail: str, *, sink: str) -> None:
        message = event.message
        place = f"{message.topic}, partition {message.partition}, offset {message.offset}"
        log.warning("dead letter of sink %s: %s (%s): %s", sink or "none", reason, place, detail)
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
            before = datetime.now(UTC).timestamp() - self._policy.forget_case_after_s
            if forgotten := await self._remembered.forget(before):
                log.info("tickets of %s old cases are forgotten", forgotten)
