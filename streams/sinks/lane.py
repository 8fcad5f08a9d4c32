"""One sink's lane: bounded, in order per case, rate-limited, tried again, and broken in time.

What a lane has begun it ends: a call under way and the memory of its outcome are never cut off
by a rebalance or a stop, since a call of which nothing is remembered is made again.
"""

import asyncio
import logging
import random
import time
import traceback
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any, Protocol

import msgspec
from aiolimiter import AsyncLimiter

from streams.sinks.breaker import Breaker, State
from streams.sinks.kinds import Kind
from streams.sinks.memory import Kept, Verdict, verdict
from streams.sinks.meters import OUTCOMES, Meters
from streams.sinks.retry import Retry
from streams.sinks.settings import Delivery
from streams.sinks.target import Delivered, Disabled, Later, Notice, Refused, Target

log = logging.getLogger(__name__)

REFUSED = "refused"
GAVE_UP = "gave_up"
DISABLED = "disabled"
OVERFLOW = "overflow"
FAILED = "failed"
"""Dead-letter reasons: the sink said no; it did not answer in time; it wants nothing more; too
much waits for it; and a bug of ours, worth reporting."""


Case = tuple[int, str]


class Job(msgspec.Struct, kw_only=True, eq=False):
    """One notice for one sink; `arrived` (wall clock, seconds) is when it reached Kafka.

    `receipt` is whatever the desk knows it by. A job is dropped when its partition goes to another
    worker, which will read it again.
    """

    partition: int
    notice: Notice
    arrived: float
    receipt: Any = None
    dropped: bool = False

    @property
    def case(self) -> Case:
        """Jobs of one case are done in order; it is in one partition, unless keys went wrong."""
        return self.partition, self.notice.escalation.case_id


class Desk(Protocol):
    """Whom a lane reports to. What these raise ends the worker."""

    def kept(self, job: Job, sink: str) -> Kept:
        """What is remembered of the job's case in the sink."""
        ...

    async def owned(self) -> None:
        """Returns when nobody else can be delivering the same."""
        ...

    async def remember(self, job: Job, sink: str, delivered: Delivered | None) -> None:
        """The sink is done with the job; None when it was not told. Returns when that is safe."""
        ...

    async def bury(self, job: Job, sink: str, reason: str, detail: str) -> None:
        """The sink will not get it; returns when the dead letter is safe."""
        ...

    async def settle(self, job: Job) -> None:
        """One way or the other the lane is done with it."""
        ...


Guard = Callable[[Callable[[], Awaitable[None]]], Awaitable[None]]
Sleep = Callable[[float], Awaitable[None]]


class Lane:
    """Delivers to one target; `now` is a monotonic clock, `chance` uniform from 0 to 1."""

    def __init__(
        self,
        name: str,
        kind: Kind,
        target: Target,
        delivery: Delivery,
        desk: Desk,
        meters: Meters,
        guard: Guard,
        *,
        now: Callable[[], float] = time.monotonic,
        sleep: Sleep = asyncio.sleep,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self.name = name
        self.kind = kind
        self.disabled = ""
        self._target = target
        self._desk = desk
        self._meters = meters
        self._guard = guard
        self._now, self._sleep, self._chance = now, sleep, chance
        self._wait_s = delivery.queue_wait_s
        self._retry = Retry(schedule=kind.schedule, give_up_after_s=delivery.give_up_after_s)
        self._breaker = Breaker(now, sleep)
        rate = delivery.rate_per_s or kind.rate_per_s
        self._limiter = AsyncLimiter(rate, 1.0) if rate >= 1 else AsyncLimiter(1, 1.0 / rate)
        self._slots = asyncio.Semaphore(delivery.parallel)
        self._room = asyncio.Semaphore(delivery.queue)
        self._full_since: float | None = None
        self._closed = False
        self._jobs: dict[Case, deque[Job]] = {}
        self._tasks: dict[Case, asyncio.Task[None]] = {}
        self._calls: set[asyncio.Task[Later | None]] = set()
        for outcome in OUTCOMES:  # from zero: an alert cannot see the first of a series begin
            meters.deliveries.labels(name, outcome)
        meters.retries.labels(name)

    def waits(self, case: Case) -> bool:
        """Whether something about the case is still to be delivered."""
        return case in self._jobs

    async def put(self, job: Job) -> None:
        """Takes a job, waiting for room; buries it when there has been none for too long."""
        if not await self._find_room():
            if not job.dropped and not self._closed:
                detail = f"{self.name} has been full for {self._wait_s:g} s"
                await self._bury(job, OVERFLOW, detail)
                await self._desk.settle(job)
            return
        if job.dropped or self._closed:
            self._room.release()
            return
        self._jobs.setdefault(job.case, deque()).append(job)
        if job.case not in self._tasks:
            work = self._guard(lambda: self._case(job.case))
            self._tasks[job.case] = asyncio.ensure_future(work)

    async def drop(self) -> None:
        """Forgets the jobs that are marked as dropped; returns when no call of theirs is made."""
        lost = [case for case, jobs in self._jobs.items() if any(job.dropped for job in jobs)]
        tasks = [self._tasks[case] for case in lost if case in self._tasks]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.gather(*self._calls, return_exceptions=True)
        for case in lost:
            self._tasks.pop(case, None)
            for _ in self._jobs.pop(case, ()):
                self._leave()

    async def close(self) -> None:
        """Drops everything, takes no more, and closes the target."""
        self._closed = True
        for jobs in self._jobs.values():
            for job in jobs:
                job.dropped = True
        await self.drop()
        await self._target.close()

    def publish(self, now: float) -> None:
        """Sets the gauges; `now` is the wall clock in seconds."""
        waiting = [jobs[0].arrived for jobs in self._jobs.values()]
        count = sum(map(len, self._jobs.values()))
        self._meters.waiting.labels(self.name).set(count)
        oldest = max(0.0, now - min(waiting)) if waiting else 0.0
        self._meters.oldest.labels(self.name).set(oldest)
        self._meters.breaker.labels(self.name).set(self._breaker.state)
        self._meters.disabled.labels(self.name).set(1 if self.disabled else 0)

    async def _find_room(self) -> bool:
        if not self._room.locked():
            return await self._room.acquire()
        if self._full_since is None:
            self._full_since = self._now()
        left = self._wait_s - (self._now() - self._full_since)
        try:
            return await asyncio.wait_for(self._room.acquire(), max(0.0, left))
        except TimeoutError:
            return False

    def _leave(self) -> None:
        self._full_since = None
        self._room.release()

    async def _case(self, case: Case) -> None:
        """The jobs of one case, one after the other."""
        jobs = self._jobs[case]
        while jobs:
            await self._job(jobs[0])
            job = jobs.popleft()
            self._leave()
            await self._desk.settle(job)
        del self._jobs[case], self._tasks[case]

    async def _job(self, job: Job) -> None:
        said = job.notice.escalation
        kept = self._desk.kept(job, self.name)
        if job.notice.acknowledged_by:
            if not kept.open:
                return
        else:
            found = verdict(kept, self.kind, said)
            if found is not Verdict.SEND:
                if found is not Verdict.DUPLICATE:
                    await self._desk.remember(job, self.name, None)
                self._count(found.value)
                return
        began, tries = self._now(), 0
        while not self.disabled:
            async with self._slots:
                await self._desk.owned()
                await self._admitted()
                call = asyncio.ensure_future(self._try(job, kept))
                self._calls.add(call)
                call.add_done_callback(self._calls.discard)
                later = await asyncio.shield(call)
            if later is None:
                return
            tries += 1
            self._meters.retries.labels(self.name).inc()
            wait = self._retry.wait_s(tries, self._now() - began, later.after_s, self._chance())
            if wait is None:
                await self._bury(job, GAVE_UP, f"{tries} tries: {later.reason}")
                return
            log.info("sink %s: try %s: %s; again in %.0f s", self.name, tries, later.reason, wait)
            await self._sleep(wait)
        await self._bury(job, DISABLED, self.disabled)

    async def _admitted(self) -> None:
        await self._breaker.admit()
        try:
            await self._limiter.acquire()
        except asyncio.CancelledError:
            self._breaker.abandoned()
            raise

    async def _try(self, job: Job, kept: Kept) -> Later | None:
        """One try, and what there is to remember of it; Later when it is to be made again."""
        before, started = self._breaker.state, self._now()
        try:
            delivered = await self._target.deliver(job.notice, kept.memory)
        except Later as later:
            self._breaker.failed(later.after_s)
            if self._breaker.state is State.OPEN and before is State.CLOSED:
                log.warning("sink %s fails: %s", self.name, later.reason)
            return later
        except Disabled as refused:
            self._breaker.succeeded()
            self.disabled = refused.reason
            log.error("sink %s wants nothing more: %s", self.name, refused.reason)
            await self._bury(job, DISABLED, refused.reason)
        except Refused as refused:
            self._breaker.succeeded()
            await self._bury(job, REFUSED, refused.reason)
        except Exception as error:  # noqa: BLE001 - the poison boundary: a bug costs one ticket
            self._breaker.abandoned()
            # Without the error's own words, which may hold what the target was configured with.
            where = "".join(traceback.format_tb(error.__traceback__))
            log.error("sink %s: %s, a bug:\n%s", self.name, type(error).__name__, where)
            await self._bury(job, FAILED, type(error).__name__)
        else:
            self._breaker.succeeded()
            await self._desk.remember(job, self.name, delivered)
            self._count(delivered.outcome)
            waited = max(0.0, time.time() - job.arrived)
            self._meters.delivery_seconds.labels(self.name).observe(waited)
        finally:
            self._meters.call_seconds.labels(self.name).observe(self._now() - started)
        return None

    async def _bury(self, job: Job, reason: str, detail: str) -> None:
        if job.notice.acknowledged_by:
            log.warning("sink %s: an acknowledgement was not passed on: %s", self.name, detail)
            return
        await self._desk.bury(job, self.name, reason, detail)
        self._count("dead_letter")

    def _count(self, outcome: str) -> None:
        self._meters.deliveries.labels(self.name, outcome).inc()
