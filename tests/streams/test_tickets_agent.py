"""The role `tickets` between Kafka and sinks that answer or do not: what is acknowledged and kept.

Two real sinks; of Kafka only what goes out is noted.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from faust.types import TP

from scoring import policy as policies
from scoring.command import Action, Command, decode_command, encode_command
from scoring.escalation import Escalation
from streams.config import Settings
from streams.kafka.topics import Topics
from streams.metrics import Metrics
from streams.sinks import settings as sinks
from streams.worker.application import Role, application
from streams.worker.board import Board
from streams.worker.ledger import Ledger
from streams.worker.logfold import Tools
from streams.worker.output import Output, Record
from streams.worker.progress import Progress
from streams.worker.tickets import TicketsAgent
from tests.streams.escalations import raw, said
from tests.streams.test_tickets_stream import KEY
from tests.streams.vendors import PagerDutyVendor, Vendor

TOPICS = Topics.of(Settings())


class Log(Output):
    """What was sent, every record acknowledged."""

    def __init__(self) -> None:
        self.sent: list[Record] = []

    async def send(self, records: Iterable[Record]) -> None:
        self.sent += records

    async def send_whole(self, topic: str, partition: int, records: Sequence[Record]) -> int:
        await self.send(records)
        return len(self.of(topic))

    def of(self, topic: str) -> list[Record]:
        return [record for record in self.sent if record.topic == topic]


class Message:
    """One record as Faust hands it over, and the event around it."""

    def __init__(self, topic: str, offset: int, value: bytes, **headers: bytes) -> None:
        self.tp, self.offset, self.value = TP(topic, 0), offset, value
        self.topic, self.partition, self.timestamp = topic, 0, 0.0
        self.key, self.headers = b"k", list(headers.items())
        self.message, self.generation_id = self, 0


class Stream:
    """Notes which offsets may be committed."""

    def __init__(self) -> None:
        self.acknowledged: list[int] = []

    async def ack(self, event: Any) -> None:
        self.acknowledged.append(event.message.offset)

    def has(self, number: int) -> bool:
        return len(self.acknowledged) == number


class Bench:
    """An agent between two sinks: `pager`, a PagerDuty, and `log`, a webhook."""

    def __init__(self, policy: Path, state: Any = None) -> None:
        settings = Settings(policy=policy)
        self.metrics = Metrics([], TOPICS)
        self.output, self.stream, self.commands = Log(), Stream(), Stream()
        tools = Tools(
            app=application(settings, Role.TICKETS),
            settings=settings,
            topics=TOPICS,
            output=self.output,
            metrics=self.metrics,
            progress=Progress(self.metrics),
            board=Board(self.metrics),
        )
        self.agent = TicketsAgent(tools, sinks.load(policy), policies.load(policy), 1)
        self.agent._lease.renew()
        self._offset = 0

    async def say(self, *escalations: Escalation, **headers: bytes) -> None:
        for one in escalations:
            message: Any = Message(TOPICS.escalations, self._offset, raw(one), **headers)
            self._offset += 1
            await self.agent._escalation(self.stream, message)  # type: ignore[arg-type]

    async def forward(self, *commands: Command) -> list[Command]:
        """Those that are passed on to the ticket systems."""
        messages: Any = [Message(TOPICS.commands, 0, encode_command(one)) for one in commands]
        await self.agent._send_on(messages)
        sent = self.output.of(TOPICS.tickets_commands)
        return [decode_command(record.value or b"") for record in sent]

    async def order(self, command: Command) -> None:
        message: Any = Message(TOPICS.tickets_commands, 0, encode_command(command))
        await self.agent._acknowledgement(self.commands, message)  # type: ignore[arg-type]

    @property
    def letters(self) -> list[tuple[str, str, str]]:
        """Id, sink and reason of the dead letters."""
        return [
            (
                json.loads(record.value or b"{}").get("id", ""),
                dict(record.headers).get("tocsin_sink", b"").decode(),
                dict(record.headers)["tocsin_reason"].decode(),
            )
            for record in self.output.of(TOPICS.tickets_dead_letters)
        ]


@pytest.fixture
def pager() -> Iterator[PagerDutyVendor]:
    made = PagerDutyVendor()
    with made.running():
        yield made


@pytest.fixture
def hook() -> Iterator[Vendor]:
    made = Vendor()
    with made.running():
        yield made


@pytest.fixture
def policy(
    pager: PagerDutyVendor, hook: Vendor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Path:
    monkeypatch.setenv("PAGER_KEY", pager.routing_key)
    monkeypatch.setenv("HOOK_KEY", KEY)
    monkeypatch.setattr(TicketsAgent, "_current", lambda *_: True)
    path = tmp_path / "policy.toml"
    path.write_text(
        f"""
        [sinks.pager]
        type = "pagerduty"
        url = "{pager.url}"
        routing_key_env = "PAGER_KEY"
        rate_per_s = 1000

        [sinks.log]
        type = "webhook"
        url = "{hook.url}/in"
        secret_env = "HOOK_KEY"
        rate_per_s = 1000

        [[routes]]
        sinks = ["pager", "log"]
        """
    )
    return path


def with_agent(policy: Path, told: Callable[[Bench], Awaitable[None]]) -> Bench:
    """Runs a story with an agent."""

    async def run() -> Bench:
        bench = Bench(policy)
        await bench.agent.start()
        try:
            await told(bench)
        finally:
            await bench.agent.close()
        return bench

    return asyncio.run(run())


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(20):
        while not condition():  # noqa: ASYNC110 - the vendors live in other threads
            await asyncio.sleep(0.01)


def case(number: int) -> Escalation:
    return said(0, id=f"c-{number}", case_id=f"skylark-air:c-{number}")


def test_a_dead_sink_stops_neither_the_others_nor_the_offsets(
    policy: Path, pager: PagerDutyVendor, hook: Vendor
) -> None:
    pager.always = 503

    async def told(bench: Bench) -> None:
        bench.agent._ledger = Ledger(most=4)
        await bench.say(*map(case, range(10)))
        await until(lambda: len(hook.requests) == 10)
        await until(lambda: bench.stream.acknowledged == list(range(6)))
        assert bench.letters == [(f"c-{n}", "pager", "overflow") for n in range(6)]

    with_agent(policy, told)


def test_a_call_that_hangs_holds_the_others_up_for_no_longer_than_it_may_take(
    policy: Path, pager: PagerDutyVendor, hook: Vendor
) -> None:
    policy.write_text(policy.read_text().replace('"pagerduty"', '"pagerduty"\ntimeout_s = 0.2'))
    pager.hold()

    async def told(bench: Bench) -> None:
        bench.agent._ledger = Ledger(most=2)
        await bench.say(case(0))
        await until(lambda: pager.requests)
        await bench.say(*map(case, range(1, 6)))
        await until(lambda: len(hook.requests) == 6)
        assert ("c-0", "pager", "overflow") in bench.letters

    with_agent(policy, told)


def test_what_is_kept_of_a_case_and_said_again_quotes_nobody(policy: Path, hook: Vendor) -> None:
    opened = said(0, headline='[ESCALATE] skylark-air 62%: a reason — "you deleted my post"')
    taken = Command(
        id="pagerduty:pager:1",
        action=Action.ACKNOWLEDGE,
        case_id=opened.case_id,
        at=datetime(2026, 3, 2, 10, tzinfo=UTC),
        by="Ann",
    )

    async def told(bench: Bench) -> None:
        await bench.say(opened)
        await until(lambda: bench.stream.acknowledged == [0])
        await bench.order(taken)
        await until(lambda: len(bench.commands.acknowledged) == 1)
        kept = b"".join(r.value or b"" for r in bench.output.sent if "changelog" in r.topic)
        assert b"a reason" in kept
        assert b"deleted</b> my post" not in kept
        assert b"you deleted my post" not in kept
        # Read again, as after a crash, and after another message of the case.
        await bench.say(said(1, "update"))
        await until(lambda: len(bench.stream.acknowledged) == 2)
        await bench.order(taken)
        await until(lambda: len(bench.commands.acknowledged) == 2)

    with_agent(policy, told)
    first, second, third = (request.body for request in hook.requests)
    assert "deleted" in first["data"]["why"][0]["quote"]
    assert second["acknowledged_by"] == "Ann"
    assert second["data"]["why"][0]["quote"] is None
    assert second["data"]["headline"] == "[ESCALATE] skylark-air 62%: a reason"
    assert third["type"] == "escalation.update", "the acknowledgement is not said again"


def test_a_case_that_is_given_back_and_taken_again_is_told_each_time(
    policy: Path, hook: Vendor
) -> None:
    opened = said(0)
    decided = [
        Command(
            id=f"console-{number}",
            action=action,
            case_id=opened.case_id,
            at=datetime(2026, 3, 2, 10, number, tzinfo=UTC),
            by="Ann",
        )
        for number, action in enumerate(
            [Action.ACKNOWLEDGE, Action.RELEASE, Action.WAKE, Action.ACKNOWLEDGE]
        )
    ]

    async def told(bench: Bench) -> None:
        await bench.say(opened)
        await until(lambda: bench.stream.acknowledged == [0])
        for number, command in enumerate(await bench.forward(*decided), 1):
            await bench.order(command)
            await until(partial(bench.commands.has, number))
        await bench.say(said(1, "resolved"))
        await until(lambda: len(bench.stream.acknowledged) == 2)

    with_agent(policy, told)
    bodies = [request.body for request in hook.requests]
    assert [body["type"] for body in bodies] == [
        "escalation.open",
        "case.acknowledged",
        "case.released",
        "case.acknowledged",
        "escalation.resolved",
    ]
    assert bodies[2]["released_by"] == "Ann"
    ids = [request.headers["webhook-id"] for request in hook.requests]
    assert len(set(ids)) == len(ids), "what is new is not taken for a repetition"


def test_a_message_that_no_route_can_be_found_for_costs_itself_alone(
    policy: Path, hook: Vendor
) -> None:
    policy.write_text(
        'timezone = "Europe/Paris"\n'
        'quiet_hours = [{from = "22:00", until = "06:00"}]\n'
        + policy.read_text().replace("[[routes]]", '[[routes]]\nhours = "outside"')
    )

    async def told(bench: Bench) -> None:
        never = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
        await bench.say(said(0, id="never", at=never), case(1))
        await until(lambda: hook.requests)
        assert bench.letters == [("never", "", "failed")]
        await until(lambda: bench.stream.acknowledged == [0, 1])

    with_agent(policy, told)


def test_an_old_message_that_is_sent_again_does_not_open_a_case_for_acknowledgements(
    policy: Path, hook: Vendor
) -> None:
    async def told(bench: Bench) -> None:
        await bench.say(said(0), said(2, "resolved"))
        await until(lambda: bench.stream.acknowledged == [0, 1])
        hook.hold()
        await bench.say(said(1, "update"), tocsin_sink=b"log")
        newest = bench.agent._newest(0, said(0).case_id)
        assert newest is not None
        assert newest.status == "resolved"
        hook.let_go()

    with_agent(policy, told)
