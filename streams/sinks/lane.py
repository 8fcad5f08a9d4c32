"""One sink's lane: bounded, in order per case, rate-limited, tried again, and broken in time.

Handing a job over waits for no sink. What is too much, or waits for too long, is taken out and
dead-lettered, oldest first, so that a sink that is away holds up neither others nor offsets.
"""

import asyncio
import logging
import random
import time
import traceback
from collections.abc import Awaitable, Callable
from functools import partial

from aiolimiter import AsyncLimiter

from streams.sinks.breaker import Breaker, State
from streams.sinks.desk import Desk
from streams.sinks.job import Case, Job
from streams.sinks.kinds import Kind
from streams.sinks.memory import Kept, Verdict, verdict
from streams.sinks.meters import OUTCOMES, Meters
from streams.sinks.reasons import DISABLED, FAILED, GAVE_UP, OVERFLOW, REFUSED
from streams.sinks.retry import Retry, lasted
from streams.sinks.settings import Delivery
from streams.sinks.target import Delivered, Disabled, Later, Partly, Refused, Target
from streams.sinks.waiting import Waiting

log = logging.getLogger(__name__)

_PARTLY_S = 60.0
"""Between tries that some at a sink wait for: those who have it wait as long for what is newer."""
GRACE_S = 10.0
"""What a call under way is given when its partition leaves or the worker stops.

One that is cut off is made again by the next owner. It leaves time to leave the group within
`streams.worker.serve.STOP_TIMEOUT_S`.
"""


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
        grace_s: float = GRACE_S,
    ) -> None:
        self.name = name
        self.kind = kind
        self.disabled = ""
        self._target = target
        self._desk = desk
        self._meters = meters
        self._guard = guard
        self._now, self._sleep, self._chance = now, sleep, chance
        self._grace_s = grace_s
        self._timeout_s = delivery.timeout_s
        self._most = delivery.queue
        self._retry = Retry(schedule=kind.schedule, give_up_after_s=delivery.give_up_after_s)
        self._breaker = Breaker(now, sleep)
        rate = delivery.rate_per_s or kind.rate_per_s
        self._limiter = AsyncLimiter(rate, 1.0) if rate >= 1 else AsyncLimiter(1, 1.0 / rate)
        self._slots = asyncio.Semaphore(delivery.parallel)
        self._note = ""
        self._closed = False
        self._waiting = Waiting()
        self._tasks: dict[Case, asyncio.Task[None]] = {}
        self._calls: dict[asyncio.Task[Later | None], Job] = {}
        for outcome in OUTCOMES:  # from zero: an alert cannot see the first of a series begin
            meters.deliveries.labels(name, outcome)
        meters.retries.labels(name)

    def waits(self, case: Case) -> bool:
        """Whether something about the case is still to be delivered."""
        return case in self._waiting

    async def put(self, job: Job) -> None:
        """Takes a job, and buries the oldest of more than there may be; waits for no call."""
        if job.dropped or self._closed:
            return
        job.taken = self._now()
        gone = self._waiting.add(job, newest=self._away() and not self.kind.events)
        self._begin(job.case)
        for one in gone:
            self._halt(one)
            self._count(Verdict.SUPERSEDED.value)
            await self._desk.settle(one)
        while (oldest := self._waiting.surplus(self._most)) is not None:
            await self._take_out(oldest, OVERFLOW, f"more than {self._most} wait for {self.name}")

    async def let_go(self, jobs: list[Job], detail: str) -> None:
        """Buries those of the jobs that wait here; one in a call is not tried again after it."""
        for job in filter(self._waiting.holds, jobs):
            if job.busy:
                job.last = True
            else:
                await self._take_out(job, OVERFLOW, detail)

    async def expire(self) -> None:
        """Buries what has waited for longer than it may, be it that it was never tried."""
        limit = self._retry.longest_s
        for job in self._waiting:
            if self._now() - job.taken <= limit:
                return
            if self._waiting.holds(job) and not job.busy:
                await self._take_out(job, GAVE_UP, self._tried(job))

    async def drop(self) -> None:
        """Forgets the jobs that are marked as dropped; returns when no call of theirs is made."""
        lost = {job.case for job in self._waiting if job.dropped}
        tasks = [self._tasks.pop(case) for case in lost if case in self._tasks]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._end([call for call, job in self._calls.items() if job.case in lost])
        for job in self._waiting:
            if job.dropped:
                self._waiting.take(job)
        for case in lost:
            self._begin(case)

    async def close(self) -> None:
        """Drops everything, takes no more, and closes the target."""
        self._closed = True
        for job in self._waiting:
            job.dropped = True
        await self.drop()
        await self._target.close()

    def publish(self, now: float) -> None:
        """Sets the gauges; `now` is the wall clock in seconds."""
        self._meters.waiting.labels(self.name).set(len(self._waiting))
        oldest = min((job.since for job in self._waiting), default=now)
        self._meters.oldest.labels(self.name).set(max(0.0, now - oldest))
        self._meters.breaker.labels(self.name).set(self._breaker.state)
        self._meters.disabled.labels(self.name).set(1 if self.disabled else 0)

    def _away(self) -> bool:
        """Whether the sink fails, or falls far behind."""
        behind = len(self._waiting) > self._most // 2
        return behind or self._breaker.resting

    def _begin(self, case: Case) -> None:
        if case in self._waiting and case not in self._tasks:
            work = self._guard(lambda: self._case(case))
            self._tasks[case] = asyncio.ensure_future(work)

    async def _end(self, calls: list[asyncio.Task[Later | None]]) -> None:
        """Lets calls end; those that take too long are cut off."""
        if calls:
            _, late = await asyncio.wait(calls, timeout=self._grace_s)
            for call in late:
                log.warning("sink %s: a call is cut off; it will be made again", self.name)
                call.cancel()
            await asyncio.gather(*calls, return_exceptions=True)

    async def _take_out(self, job: Job, reason: str, detail: str) -> None:
        if self._waiting.take(job):
            self._halt(job)
            await self._bury(job, reason, detail)
            await self._desk.settle(job)

    def _halt(self, job: Job) -> None:
        """What was taken out is not waited for any more."""
        job.out = True
        if job.waits is not None:
            job.waits.cancel()

    async def _case(self, case: Case) -> None:
        """The jobs of one case, one after the other."""
        while (job := self._waiting.first(case)) is not None:
            job.busy = True
            await self._job(job)
            if self._waiting.take(job):
                await self._desk.settle(job)
        if self._tasks.get(case) is asyncio.current_task():
            del self._tasks[case]

    async def _job(self, job: Job) -> None:
        kept = self._desk.kept(job, self.name)
        if not await self._wanted(job, kept):
            return
        while not self._over():
            if not await self._paused(job, self._admitted, undo=self._give_back):
                return
            if self._over():
                self._give_back()
                break
            try:
                call = asyncio.ensure_future(self._try(job, kept))
                self._calls[call] = job
                call.add_done_callback(self._calls.pop)
                later = await asyncio.shield(call)
            finally:
                self._slots.release()
            if later is None or job.notice.again:
                return
            if isinstance(later, Partly):
                kept = self._desk.kept(job, self.name)
            job.tries += 1
            job.answer = later.reason
            self._meters.retries.labels(self.name).inc()
            spent = self._now() - job.taken
            wait = self._retry.wait_s(job.tries, spent, later.after_s, self._chance())
            if wait is None or job.last:
                reason = OVERFLOW if job.last else GAVE_UP
                await self._bury(job, reason, self._tried(job))
                return
            if isinstance(later, Partly):
                wait = min(wait, _PARTLY_S)
            said = f"sink {self.name}, {job.about}: try {job.tries}"
            log.info("%s: %s; again in %s", said, later.reason, lasted(wait))
            if not await self._paused(job, partial(self._sleep, wait)):
                return
        await self._bury(job, DISABLED, self.disabled)

    def _over(self) -> bool:
        return bool(self.disabled)

    def _tried(self, job: Job) -> str:
        """How often it was tried, for how long, and what the sink said last."""
        spent = lasted(self._now() - job.taken)
        if not job.tries:
            return f"never tried in {spent}: the sink was away or busy with others"
        return f"{job.tries} {'try' if job.tries == 1 else 'tries'} in {spent}: {job.answer}"

    async def _wanted(self, job: Job, kept: Kept) -> bool:
        """Whether the sink is to be told; what it is not told of is noted."""
        if job.notice.again:
            return kept.open and kept.episode == job.order[0]
        found = verdict(kept, self.kind, job)
        if found is Verdict.SEND:
            return True
        if found is not Verdict.DUPLICATE and not job.passes_on:
            await self._desk.remember(job, self.name, None)
        self._count(found.value)
        return False

    async def _paused(
        self,
        job: Job,
        until: Callable[[], Awaitable[None]],
        undo: Callable[[], None] = lambda: None,
    ) -> bool:
        """Waits, and lets the job be taken out meanwhile; False when it was.

        `undo` gives back what was waited for when it came too late.
        """
        waits = job.waits = asyncio.ensure_future(_awaited(until))
        job.busy = False
        try:
            await waits
        except asyncio.CancelledError:
            if waits.done() and not waits.cancelled():
                undo()
            own = asyncio.current_task()
            if not job.out or (own is not None and own.cancelling()):
                raise  # the case itself is cancelled
            return False
        finally:
            job.waits = None
        if job.out:
            undo()
            return False
        job.busy = True
        return True

    async def _admitted(self) -> None:
        """Returns with a slot when a call may be made; see `_give_back`."""
        await self._slots.acquire()
        try:
            await self._desk.owned()
            await self._breaker.admit()
            try:
                await self._limiter.acquire()
            except asyncio.CancelledError:
                self._breaker.abandoned()
                raise
        except asyncio.CancelledError:
            self._slots.release()
            raise

    def _give_back(self) -> None:
        self._breaker.abandoned()
        self._slots.release()

    async def _try(self, job: Job, kept: Kept) -> Later | None:
        """One try, and what there is to remember of it; Later when it is to be made again."""
        before, started = self._breaker.state, self._now()
        try:
            async with asyncio.timeout(self._timeout_s):
                delivered = await self._target.deliver(job.notice, kept.memory)
        except Partly as partly:
            self._breaker.succeeded()  # whoever holds this up holds up no other case
            if any(one.tells for one in self._waiting.beside(job)):
                await self._remember(job, partly.delivered)
                return None
            await self._desk.note(job, self.name, partly.memory)
            return partly
        except (Later, TimeoutError) as error:
            later = error if isinstance(error, Later) else self._too_late()
            self._breaker.failed(later.after_s)
            if self._breaker.state is State.OPEN and before is State.CLOSED:
                log.warning("sink %s, %s: the sink fails: %s", self.name, job.about, later.reason)
            return later
        except Disabled as refused:
            self._breaker.succeeded()
            self.disabled = refused.reason
            log.error(
                "sink %s, %s: it wants nothing more, and is asked again after a restart: %s",
                self.name,
                job.about,
                refused.reason,
            )
            await self._bury(job, DISABLED, refused.reason)
        except Refused as refused:
            self._breaker.succeeded()
            await self._bury(job, REFUSED, refused.reason)
        except asyncio.CancelledError:
            self._breaker.abandoned()
            raise
        except Exception as error:  # noqa: BLE001 - the poison boundary: a bug costs one ticket
            self._breaker.abandoned()
            # Without the error's own words, which may hold what the target was configured with.
            where = "".join(traceback.format_tb(error.__traceback__))
            name = type(error).__name__
            log.error("sink %s, %s: %s, a bug:\n%s", self.name, job.about, name, where)
            await self._bury(job, FAILED, type(error).__name__)
        else:
            self._breaker.succeeded()
            if before is not State.CLOSED:
                log.info("sink %s takes again: %s", self.name, job.about)
            self._noted(delivered.note)
            if not job.notice.again:
                await self._remember(job, delivered)
        finally:
            self._meters.call_seconds.labels(self.name).observe(self._now() - started)
        return None

    def _noted(self, note: str) -> None:
        """What went wrong though it was delivered is said once, until it changes."""
        if note and note != self._note:
            log.warning("sink %s: %s", self.name, note)
        self._note = note

    async def _remember(self, job: Job, delivered: Delivered) -> None:
        await self._desk.remember(job, self.name, delivered)
        self._count(delivered.outcome)
        waited = max(0.0, time.time() - job.arrived)
        self._meters.delivery_seconds.labels(self.name).observe(waited)

    def _too_late(self) -> Later:
        return Later(f"not done within {self._timeout_s:g} s")

    async def _bury(self, job: Job, reason: str, detail: str) -> None:
        if job.notice.again:
            log.warning("sink %s, %s: not said again: %s", self.name, job.about, detail)
            return
        if job.passes_on:
            what = f"that it was {job.notice.changed} was not passed on"
            log.warning("sink %s, %s: %s: %s", self.name, job.about, what, detail)
            return
        await self._desk.bury(job, self.name, reason, detail)
        self._count("dead_letter")

    def _count(self, outcome: str) -> None:
        self._meters.deliveries.labels(self.name, outcome).inc()


async def _awaited(until: Callable[[], Awaitable[None]]) -> None:
    await until()
