"""Half of a ticket system has it: who is told again, what is remembered, and whom it holds up."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from scoring import policy as policies
from scoring.escalation import Status
from streams.sinks.breaker import State
from streams.sinks.job import Job
from streams.sinks.kinds import kind
from streams.sinks.memory import CaseMemory, Kept, Verdict, midway, verdict
from streams.sinks.meters import Meters
from streams.sinks.runner import Runner, http_session
from streams.sinks.settings import parse
from streams.sinks.target import Notice
from streams.worker.refresher import Refresher
from tests.streams.escalations import said
from tests.streams.lane_rig import Desk, Rig
from tests.streams.vendors import Vendor


@pytest.fixture
def members() -> Iterator[tuple[Vendor, Vendor]]:
    """A cluster of two Alertmanagers."""
    one, other = Vendor(), Vendor()
    with one.running(), other.running():
        yield one, other


def with_cluster(members: tuple[Vendor, Vendor], told: Callable[[Rig], Awaitable[None]]) -> Rig:
    async def run() -> Rig:
        async with http_session() as session:
            made = kind("alertmanager")
            target = made.build({"urls": [member.url for member in members]}, session)
            rig = Rig(target, made)
            await told(rig)
            await rig.lane.close()
            return rig

    return asyncio.run(run())


def ends(vendor: Vendor) -> int:
    """How often it was told that the case is over."""
    return sum(len(request.body) == 1 and _over(request.body[0]) for request in vendor.requests)


def _over(alert: dict[str, Any]) -> bool:
    return "(over)" in alert["annotations"]["description"]


def test_a_member_that_is_away_at_the_end_hears_it_later(members: tuple[Vendor, Vendor]) -> None:
    _, away = members

    async def told(rig: Rig) -> None:
        await rig.put(said(0))
        await rig.until(lambda: rig.desk.settled)
        away.plan.extend([503] * 7)
        await rig.put(said(1, "resolved"))
        await rig.until(lambda: len(rig.desk.settled) == 2)

    rig = with_cluster(members, told)
    assert ends(away) == 8
    assert rig.outcomes("resolved") == 1
    assert not rig.desk.letters
    assert not rig.desk.cases["skylark-air:root-1"].of("pager").open
    # seven failures in a row, and yet no other case had to wait for the breaker
    assert rig.lane._breaker.state is State.CLOSED
    assert sum(rig.time.slept) == 2 + 4 + 8 + 16 + 32 + 60 + 60


def test_what_is_newer_does_not_wait_for_a_member_that_is_away(
    members: tuple[Vendor, Vendor],
) -> None:
    one, away = members

    async def told(rig: Rig) -> None:
        await rig.put(said(0))
        await rig.until(lambda: rig.desk.settled)
        away.always = 503
        one.hold()
        await rig.put(said(1, "resolved"), said(2, "open", episode=2))
        one.let_go()
        await rig.until(lambda: len(rig.desk.settled) == 3)

    rig = with_cluster(members, told)
    assert rig.desk.settled == ["e-0", "e-1", "e-2"]
    assert rig.time.slept == []
    assert (ends(one), ends(away)) == (1, 1)
    assert rig.desk.cases["skylark-air:root-1"].open_in(2) == ["pager"]


def test_what_is_half_told_is_told_again_after_a_crash() -> None:
    over = said(1, "resolved")
    kept = midway(Kept(), over, {"owed": "one"})
    assert kept.memory == {"owed": "one"}
    job = Job(partition=0, notice=Notice(escalation=over), arrived=0.0)
    assert verdict(kept, kind("email"), job) is Verdict.SEND


class Remembered:
    """What the role `tickets` has of its partitions, by number."""

    def __init__(self, *cases: CaseMemory) -> None:
        self.held = list(cases)

    def cases(self, partition: int) -> list[CaseMemory]:
        return self.held if partition == 0 else []


def delivered(*sinks: str, status: str = "open", **changes: Any) -> CaseMemory:
    one = said(0, status, **changes)
    is_open = one.status is not Status.RESOLVED
    kept = {
        name: Kept(memory={"labels": "{}"}, episode=1, at=one.at.timestamp(), open=is_open)
        for name in sinks
    }
    return CaseMemory(sinks=kept, newest=one)


class _Desk(Desk):
    def __init__(self, remembered: Remembered) -> None:
        super().__init__()
        self.remembered = remembered

    async def owned(self) -> None:
        pass

    def kept(self, job: Job, sink: str) -> Kept:
        (found,) = (
            one for one in self.remembered.held if one.newest and one.newest.case_id == job.case[1]
        )
        return found.of(sink)

    async def settle(self, job: Job) -> None:
        await super().settle(job)
        if isinstance(job.receipt, asyncio.Event):
            job.receipt.set()


async def _unguarded(work: Callable[[], Awaitable[None]]) -> None:
    await work()


def test_open_cases_are_said_again_before_their_alerts_end(
    members: tuple[Vendor, Vendor], monkeypatch: pytest.MonkeyPatch
) -> None:
    alerts, chat = members
    monkeypatch.setenv("KEY", "whsec_" + "A" * 32)
    tickets = parse(
        {
            "sinks": {
                "alerts": {"type": "alertmanager", "urls": [alerts.url]},
                "chat": {"type": "webhook", "url": chat.url, "secret_env": "KEY"},
            },
            "routes": [{"sinks": ["alerts", "chat"]}],
        }
    )
    remembered = Remembered(
        delivered("alerts", "chat"),
        delivered("alerts", status="resolved", case_id="skylark-air:over"),
        delivered("chat", case_id="skylark-air:elsewhere"),
        delivered("alerts", case_id="skylark-air:refused"),
    )
    clock = [0.0]

    async def run() -> Runner:
        async with http_session() as session:
            desk = _Desk(remembered)
            meters = Meters(CollectorRegistry())
            runner = Runner(tickets, policies.default(), session, desk, meters, _unguarded)
            refresher = Refresher(runner, remembered, lambda: clock[0])  # type: ignore[arg-type]
            await refresher.run([0, 1], lambda: True)
            assert cases(alerts) == ["skylark-air:root-1", "skylark-air:refused"]
            clock[0] += 899
            await refresher.run([0, 1], lambda: True)
            assert len(alerts.requests) == 2
            clock[0] += 1
            alerts.plan.append(503)  # not again at once: nothing of the case is to wait for it
            await refresher.run([0, 1], lambda: True)
            assert len(alerts.requests) == 4
            clock[0] += 900
            await refresher.run([0, 1], lambda: False)  # partitions are being shared out
            assert len(alerts.requests) == 4
            await runner.close()
            assert not desk.letters
        return runner

    asyncio.run(run())
    assert not chat.requests


def cases(vendor: Vendor) -> list[str]:
    return [request.body[0]["annotations"]["case_id"] for request in vendor.requests]


def test_what_is_over_by_now_is_not_said_again(members: tuple[Vendor, Vendor]) -> None:
    async def told(rig: Rig) -> None:
        await rig.put(said(0), said(1, "resolved"))
        again = Notice(escalation=said(0), again=True)
        await rig.lane.put(Job(partition=0, notice=again, arrived=0.0))
        await rig.until(lambda: len(rig.desk.settled) == 3)

    with_cluster(members, told)
    assert [len(member.requests) for member in members] == [2, 2]
