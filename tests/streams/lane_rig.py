"""A lane with all around it: a clock, a desk, and a real HTTP server at its end."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from prometheus_client import CollectorRegistry

from scoring.escalation import Escalation
from streams.sinks.job import Job
from streams.sinks.kinds import Kind, kind
from streams.sinks.lane import Lane
from streams.sinks.memory import CaseMemory, Kept, after, midway
from streams.sinks.meters import Meters
from streams.sinks.runner import http_session
from streams.sinks.settings import Delivery
from streams.sinks.target import Delivered, Memory, Notice, Target
from tests.streams.vendors import PagerDutyVendor


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


class Broken:
    """A target with a bug."""

    async def deliver(self, notice: Notice, memory: Memory) -> Delivered:
        raise ValueError(f"the key is R{100 + 23}")

    async def close(self) -> None:
        pass
