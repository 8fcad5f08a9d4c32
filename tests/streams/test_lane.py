"""A lane: order, retries, giving up, room, and what it does not cut off. Over real HTTP."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from scoring.escalation import Escalation
from streams.sinks.job import Job
from streams.sinks.kinds import Kind, kind
from streams.sinks.lane import Lane
from streams.sinks.memory import CaseMemory, Kept, Verdict, after, midway, verdict
from streams.sinks.meters import Meters
from streams.sinks.retry import Retry, lasted
from streams.sinks.runner import http_session
from streams.sinks.settings import Delivery
from streams.sinks.target import Delivered, Memory, Notice, Target
from tests.streams.escalations import said
from tests.streams.vendors import PagerDutyVendor


@pytest.fixture
def vendor() -> Iterator[PagerDutyVendor]:
    made = PagerDutyVendor()
    with made.running():
        yield made


class Time:
    """A clock that sleeping moves on, as soon as nobody holds it (`rests`)."""

    def __init__(self) -> None:
        self.at = 0.0
        self.slept: list[float] = []
        self.rests: asyncio.Event | None = None

    def now(self) -> float:
        return self.at

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        until = self.at + seconds
        if self.rests is not None:
            await self.rests.wait()
        self.at = max(self.at, until)
        await asyncio.sleep(0)

    def go_on(self) -> None:
        if self.rests is not None:
            self.rests.set()


class Desk:
    """Keeps in memory what the role `tickets` keeps in Kafka."""

    def __init__(self) -> None:
        self.cases: dict[str, CaseMemory] = {}
        self.letters: list[tuple[str, str, str]] = []
        self.settled: list[str] = []

    def kept(self, job: Job, sink: str) -> Kept:
        return self.cases.get(job.case[1], CaseMemory()).of(sink)

    async def owned(self) -> None:
        pass

    async def remember(self, job: Job, sink: str, delivered: Delivered | None) -> None:
        one = job.notice.escalation
        known = self.cases.get(one.case_id, CaseMemory())
        kept = after(known.of(sink), job, delivered.memory if delivered else None)
        self.cases[one.case_id] = known.told(sink, kept, one, 0.0)

    async def note(self, job: Job, sink: str, memory: Memory) -> None:
        one = job.notice.escalation
        known = self.cases.get(one.case_id, CaseMemory())
        self.cases[one.case_id] = known.told(sink, midway(known.of(sink), one, memory), one, 0.0)

    async def bury(self, job: Job, sink: str, reason: str, detail: str) -> None:
        self.letters.append((job.notice.escalation.id, reason, detail))

    async def settle(self, job: Job) -> None:
        self.settled.append(job.notice.escalation.id)


class Rig:
    """A lane to a PagerDuty, with everything around it."""

    def __init__(self, target: Target, made: Kind, grace_s: float = 10.0, **delivery: Any) -> None:
        self.time, self.desk = Time(), Desk()
        self.registry = CollectorRegistry()
        self.lane = Lane(
            "pager",
            made,
            target,
            Delivery(**{"rate_per_s": 1000.0} | delivery),
            self.desk,
            Meters(self.registry),
            _unguarded,
            now=self.time.now,
            sleep=self.time.sleep,
            chance=lambda: 1.0,
            grace_s=grace_s,
        )

    async def put(self, *escalations: Escalation, by: str = "") -> list[Job]:
        """Hands over messages, or acknowledgements of them by somebody."""
        jobs = [job_of(one, by) for one in escalations]
        for job in jobs:
            await self.lane.put(job)
        return jobs

    async def until(self, condition: Callable[[], object]) -> None:
        async with asyncio.timeout(20):
            while not condition():  # noqa: ASYNC110 - the vendor lives in another thread
                await asyncio.sleep(0.01)

    def gauge(self, name: str) -> float | None:
        self.lane.publish(0.0)
        return self.registry.get_sample_value(name, {"sink": "pager"})

    def outcomes(self, outcome: str) -> float:
        labels = {"sink": "pager", "outcome": outcome}
        return self.registry.get_sample_value("tocsin_ticket_deliveries_total", labels) or 0.0


def job_of(one: Escalation, by: str = "") -> Job:
    notice = Notice(escalation=one, acknowledged_by=by, command=by and f"command-{by}")
    return Job(partition=0, notice=notice, arrived=0.0)


async def _unguarded(work: Callable[[], Awaitable[None]]) -> None:
    await work()


def with_lane(
    vendor: PagerDutyVendor, told: Callable[[Rig], Awaitable[None]], **delivery: Any
) -> Rig:
    """Runs a story with a lane to the vendor."""

    async def run() -> Rig:
        async with http_session() as session:
            made = kind("pagerduty")
            options = {"url": vendor.url, "routing_key_env": "PAGER_KEY"}
            rig = Rig(made.build(options, session), made, **delivery)
            await told(rig)
            await rig.lane.close()
            return rig

    return asyncio.run(run())


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAGER_KEY", "R" * 32)


def test_it_is_tried_again_with_backoff_and_no_sooner_than_asked(vendor: PagerDutyVendor) -> None:
    vendor.plan.extend([503, (429, {"Retry-After": "7"}), 500])

    async def told(rig: Rig) -> None:
        await rig.put(said(0))
        await rig.until(lambda: rig.desk.settled)

    rig = with_lane(vendor, told)
    assert len(vendor.requests) == 4
    assert vendor.alerts == {"skylark-air:root-1": ["trigger"]}
    assert rig.time.slept == [2.0, 7.0, 8.0]
    assert rig.desk.letters == []
    assert rig.outcomes("created") == 1


def test_one_case_waits_and_others_go_on_each_in_order(vendor: PagerDutyVendor) -> None:
    vendor.plan.append(503)

    async def told(rig: Rig) -> None:
        await rig.put(said(0), said(1, "update"), said(2, "resolved"))
        await rig.until(lambda: vendor.requests)
        await rig.put(said(0, id="o-0", case_id="skylark-air:other"))
        await rig.until(lambda: len(rig.desk.settled) == 4)

    rig = with_lane(vendor, told, parallel=2)
    assert vendor.alerts["skylark-air:root-1"] == ["trigger", "trigger", "resolve"]
    assert [one for one in rig.desk.settled if one != "o-0"] == ["e-0", "e-1", "e-2"]


def test_it_gives_up_in_the_end_and_goes_on_with_the_next(vendor: PagerDutyVendor) -> None:
    vendor.plan.extend([500] * 5)

    async def told(rig: Rig) -> None:
        await rig.put(said(0), said(1, "update"))
        await rig.until(lambda: len(rig.desk.settled) == 2)

    # With chance 1 the waits are 2, 4, 8 and 16 s (the breaker's 15 s among them), then 32.
    rig = with_lane(vendor, told, give_up_after_s=50)
    ((id_, reason, detail),) = rig.desk.letters
    assert (id_, reason) == ("e-0", "gave_up")
    assert detail.startswith("5 tries in 30 s: HTTP 500: ")
    assert vendor.alerts == {"skylark-air:root-1": ["trigger"]}


def test_a_log_names_the_case_and_says_when_the_sink_takes_again(
    vendor: PagerDutyVendor, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    vendor.plan.extend([503] * 5)

    async def told(rig: Rig) -> None:
        await rig.put(said(0))
        await rig.until(lambda: rig.desk.settled)

    with_lane(vendor, told)
    about = "sink pager, case skylark-air:root-1: "
    tries = [line for line in caplog.messages if line.startswith(f"{about}try ")]
    assert len(tries) == 5
    assert tries[0] == f'{about}try 1: HTTP 503: {{"message": "planned"}}; again in 2 s'
    assert f"{about}the sink fails: HTTP 503" in caplog.text
    assert caplog.messages[-1] == "sink pager takes again: case skylark-air:root-1"


def test_what_went_wrong_beside_a_delivery_is_said_once(
    vendor: PagerDutyVendor, caplog: pytest.LogCaptureFixture
) -> None:
    async def told(rig: Rig) -> None:
        for note in ("recipient 1 of 2", "recipient 1 of 2", "", "recipient 1 of 2"):
            rig.lane._noted(note)

    with_lane(vendor, told)
    assert caplog.messages == ["sink pager: recipient 1 of 2"] * 2


@pytest.mark.parametrize(
    ("seconds", "told"),
    [(0.4, "0 s"), (90, "90 s"), (900, "15 min"), (21600, "6 h"), (272_100, "75.6 h")],
)
def test_times_are_told_as_people_do(seconds: float, told: str) -> None:
    assert lasted(seconds) == told


def test_410_disables_the_sink(vendor: PagerDutyVendor) -> None:
    vendor.plan.append(410)

    async def told(rig: Rig) -> None:
        await rig.put(said(0), said(1, "update"))
        await rig.until(lambda: len(rig.desk.settled) == 2)

    rig = with_lane(vendor, told)
    assert [letter[:2] for letter in rig.desk.letters] == [("e-0", "disabled"), ("e-1", "disabled")]
    assert len(vendor.requests) == 1


def test_of_too_many_the_oldest_go_and_nobody_waits_for_a_call(vendor: PagerDutyVendor) -> None:
    vendor.hold()

    async def told(rig: Rig) -> None:
        cases = [said(0, id=f"c-{n}", case_id=f"acme:{n}") for n in range(5)]
        await rig.put(cases[0])
        await rig.until(lambda: vendor.requests)
        await rig.put(*cases[1:])  # returns, although no call does
        assert [letter[:2] for letter in rig.desk.letters] == [
            ("c-1", "overflow"),
            ("c-2", "overflow"),
        ]
        assert rig.desk.settled == ["c-1", "c-2"]
        vendor.let_go()
        await rig.until(lambda: len(rig.desk.settled) == 5)

    rig = with_lane(vendor, told, queue=2, parallel=1)
    assert sorted(vendor.alerts) == ["acme:0", "acme:3", "acme:4"]
    assert rig.outcomes("dead_letter") == 2


def away(vendor: PagerDutyVendor, told: Callable[[Rig], Awaitable[None]], **delivery: Any) -> Rig:
    """A story that begins when the sink has failed often enough to be left in peace."""
    vendor.plan.extend([503] * 5)

    async def failed(rig: Rig) -> None:
        rig.time.rests = asyncio.Event()
        await rig.put(*(said(0, id=f"x-{n}", case_id=f"acme:{n}") for n in range(5)))
        await rig.until(lambda: len(vendor.requests) == 5)
        await rig.until(lambda: rig.gauge("tocsin_ticket_breaker_state") == 2)
        await told(rig)

    return with_lane(vendor, failed, **{"parallel": 5} | delivery)


@pytest.mark.parametrize(
    ("waiting", "wanted"),
    [
        ([said(0), said(1, "update"), said(2, "update", "crisis")], ["trigger"]),
        ([said(0), said(1, "update"), said(2, "resolved")], ["resolve"]),
        ([said(0), said(2, "resolved"), said(3, episode=2)], ["resolve", "trigger"]),
    ],
)
def test_a_sink_that_was_away_is_told_the_newest_state(
    vendor: PagerDutyVendor, waiting: list[Escalation], wanted: list[str]
) -> None:
    async def told(rig: Rig) -> None:
        await rig.put(*waiting)
        before = len(waiting) - len(wanted)
        assert rig.outcomes("superseded") == before
        assert len(rig.desk.settled) == before, "their offsets may be committed"
        rig.time.go_on()
        await rig.until(lambda: len(rig.desk.settled) == 5 + len(waiting))

    rig = away(vendor, told)
    assert vendor.alerts["skylark-air:root-1"] == wanted
    assert rig.desk.letters == []


def test_what_a_sink_may_have_taken_is_told_before_its_end(vendor: PagerDutyVendor) -> None:
    async def told(rig: Rig) -> None:
        await rig.put(said(1, "resolved", id="x-0-over", case_id="acme:0"))
        rig.time.go_on()
        await rig.until(lambda: len(rig.desk.settled) == 6)

    away(vendor, told)
    assert vendor.alerts["acme:0"] == ["trigger", "resolve"]


def test_an_acknowledgement_stays_between_what_came_before_and_after(
    vendor: PagerDutyVendor,
) -> None:
    async def told(rig: Rig) -> None:
        await rig.put(said(0))
        await rig.put(said(0), by="ann")
        await rig.put(said(1, "update"), said(2, "update"))
        rig.time.go_on()
        await rig.until(lambda: len(rig.desk.settled) == 9)

    rig = away(vendor, told)
    assert vendor.alerts["skylark-air:root-1"] == ["trigger", "acknowledge", "trigger"]
    assert rig.outcomes("superseded") == 1


def test_what_waits_in_vain_is_let_go_though_it_was_never_tried(vendor: PagerDutyVendor) -> None:
    async def told(rig: Rig) -> None:
        rig.time.at = 40.0
        await rig.put(said(0))
        rig.time.at = 101.0
        await rig.lane.expire()
        letters = {letter[:2] for letter in rig.desk.letters}
        assert letters == {(f"x-{n}", "gave_up") for n in range(5)}
        rig.time.at = 141.0
        await rig.lane.expire()
        *last, detail = rig.desk.letters[-1]
        assert last == ["e-0", "gave_up"]
        assert re.fullmatch(r"never tried in \d+ s: the sink was away or busy with others", detail)
        assert len(rig.desk.settled) == 6

    away(vendor, told, give_up_after_s=100)
    assert vendor.alerts == {}


def test_a_call_that_outlasts_its_time_is_made_again(vendor: PagerDutyVendor) -> None:
    vendor.hold()

    async def told(rig: Rig) -> None:
        await rig.put(said(0))
        await rig.until(lambda: rig.desk.letters)

    rig = with_lane(vendor, told, timeout_s=0.05, give_up_after_s=3)
    assert rig.desk.letters == [("e-0", "gave_up", "2 tries in 2 s: not done within 0.05 s")]


def test_a_call_that_does_not_end_is_cut_off_when_its_partition_leaves(
    vendor: PagerDutyVendor,
) -> None:
    vendor.hold()

    async def told(rig: Rig) -> None:
        (job,) = await rig.put(said(0))
        await rig.until(lambda: vendor.requests)
        job.dropped = True
        await rig.lane.drop()
        assert rig.desk.settled == [], "whoever reads it next makes the call again"
        vendor.let_go()
        await rig.put(said(0))
        await rig.until(lambda: rig.desk.settled)

    with_lane(vendor, told, grace_s=0.05)
    assert len(vendor.requests) == 2


def test_an_acknowledgement_is_passed_on_once(vendor: PagerDutyVendor) -> None:
    async def told(rig: Rig) -> None:
        await rig.put(said(0))
        await rig.put(said(0), by="ann")
        await rig.until(lambda: len(rig.desk.settled) == 2)
        await rig.put(said(0), by="ann")  # read again after a crash
        await rig.until(lambda: len(rig.desk.settled) == 3)

    rig = with_lane(vendor, told)
    assert vendor.alerts["skylark-air:root-1"] == ["trigger", "acknowledge"]
    assert rig.outcomes("duplicate") == 1


def test_a_call_under_way_is_ended_and_remembered_when_its_partition_leaves(
    vendor: PagerDutyVendor,
) -> None:
    vendor.hold()

    async def told(rig: Rig) -> None:
        jobs = await rig.put(said(0), said(1, "update"))
        await rig.until(lambda: vendor.requests)
        for job in jobs:
            job.dropped = True
        dropping = asyncio.ensure_future(rig.lane.drop())
        await asyncio.sleep(0)
        assert not dropping.done()
        vendor.let_go()
        await dropping
        assert rig.desk.cases["skylark-air:root-1"].of("pager").ids == ("e-0",)
        assert rig.desk.settled == []
        # Whoever reads both again makes the second call alone.
        await rig.put(said(0), said(1, "update"))
        await rig.until(lambda: len(rig.desk.settled) == 2)

    rig = with_lane(vendor, told)
    assert len(vendor.requests) == 2
    assert rig.outcomes("duplicate") == 1


class _Broken:
    async def deliver(self, notice: Notice, memory: Memory) -> Delivered:
        raise ValueError(f"the key is R{100 + 23}")

    async def close(self) -> None:
        pass


def test_a_bug_costs_a_ticket_and_tells_no_secret(caplog: pytest.LogCaptureFixture) -> None:
    async def run() -> Rig:
        rig = Rig(_Broken(), kind("pagerduty"))
        await rig.put(said(0), said(1, "update"))
        await rig.until(lambda: len(rig.desk.settled) == 2)
        return rig

    rig = asyncio.run(run())
    assert [letter[1:] for letter in rig.desk.letters] == [("failed", "ValueError")] * 2
    assert "R123" not in caplog.text


KEYLESS = Kind(name="chat", settings=Delivery, build=lambda *_: _Broken())
KEYED = Kind(name="pager", settings=Delivery, build=lambda *_: _Broken(), keyed=True)
LOG = Kind(name="log", settings=Delivery, build=lambda *_: _Broken(), events=True)
OPEN = after(Kept(), job_of(said(3, "update")), {"ticket": "7"})
OVER = after(OPEN, job_of(said(4, "resolved")), {})


@pytest.mark.parametrize(
    ("kept", "made", "one", "wanted"),
    [
        (Kept(), KEYLESS, job_of(said(0)), Verdict.SEND),
        (OPEN, KEYLESS, job_of(said(3, "update")), Verdict.DUPLICATE),
        (OPEN, KEYLESS, job_of(said(2, "update")), Verdict.SUPERSEDED),
        (OPEN, LOG, job_of(said(2, "update")), Verdict.SEND),
        (OPEN, KEYLESS, job_of(said(4, "resolved")), Verdict.SEND),
        (Kept(), KEYLESS, job_of(said(4, "resolved")), Verdict.UNOPENED),
        (Kept(), KEYED, job_of(said(4, "resolved")), Verdict.SEND),
        (OVER, KEYLESS, job_of(said(1)), Verdict.SUPERSEDED),
        (OVER, KEYLESS, job_of(said(5, episode=2)), Verdict.SEND),
        (OPEN, KEYLESS, job_of(said(3, "update"), "ann"), Verdict.SEND),
        (after(OPEN, job_of(said(3), "ann")), LOG, job_of(said(5), "ann"), Verdict.DUPLICATE),
        (OVER, LOG, job_of(said(3, "update"), "ann"), Verdict.UNOPENED),
        (OPEN, KEYED, job_of(said(5, episode=2), "ann"), Verdict.UNOPENED),
    ],
)
def test_what_a_sink_is_told(kept: Kept, made: Kind, one: Job, wanted: Verdict) -> None:
    assert verdict(kept, made, one) is wanted


def test_an_end_closes_and_what_is_overtaken_does_not_open_again() -> None:
    assert OPEN.open
    assert not OVER.open
    assert not after(OVER, job_of(said(2, "update"))).open
    assert not after(OVER, job_of(said(3), "ann")).open
    assert after(OPEN, job_of(said(2, "update"))).memory == {"ticket": "7"}


def test_the_published_schedule_is_kept() -> None:
    from streams.sinks.webhook import SCHEDULE

    retry = Retry(schedule=SCHEDULE)
    waits = [retry.wait_s(tries, 0.0, None, 0.0) for tries in range(1, 11)]
    assert waits[-1] is None
    assert sum(wait or 0.0 for wait in waits) == 75 * 3600 + 35 * 60 + 5
    assert retry.wait_s(1, 0.0, 60.0, 1.0) == 60.0
    assert Retry().wait_s(20, 0.0, None, 0.5) == 150.0
    assert Retry().wait_s(20, 0.0, None, 0.0) == 0.0
