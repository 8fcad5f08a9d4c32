"""Runs one source: batches in, mentions to Kafka, then the cursor; and waits when there is none.

The cursor is stored after the broker acknowledged the mentions: a crash in between has the source
give the same items again, under the same ids.
"""

import asyncio
import logging
import math
import random
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterator, Sequence

from aiokafka.errors import KafkaError

from scoring.mention import Mention
from streams.errors import BrokerError
from streams.sinks.retry import Retry
from streams.sinks.target import Later, Refused
from streams.sources.fetch import Part
from streams.sources.intake import Intake, Taken
from streams.sources.known import Memory
from streams.sources.meters import SourceMeters
from streams.sources.source import Batch, Cursor, Source

log = logging.getLogger(__name__)

REFUSED_WAIT_S = 300.0
"""Somebody has to mend it; meanwhile the platform is not asked again and again."""
_MOST_TOLD = 100
Deliver = Callable[[Sequence[Mention], dict[bytes, bytes | None], Cursor | None], Awaitable[None]]
"""Sends mentions; then stores what is remembered, then the cursor. Raises KafkaError."""


class Collector:
    """One source in the worker that has it now."""

    def __init__(
        self,
        name: str,
        source: Source,
        intake: Intake,
        memory: Memory,
        deliver: Deliver,
        meters: SourceMeters,
        *,
        cursor: Cursor | None,
        every_s: float,
        streams: bool,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self.name = name
        self.cursor = cursor
        self._source = source
        self._intake = intake
        self._memory = memory
        self._deliver = deliver
        self._meters = meters
        self._every_s = every_s
        self._streams = streams
        self._chance = chance
        self._retry = Retry(give_up_after_s=math.inf)
        self._tries = 0
        self._part = ""
        self._newest = 0.0
        self._told: OrderedDict[str, None] = OrderedDict()
        meters.begin(name)

    async def run(self) -> None:
        """Until it is cancelled."""
        while True:
            wait_s = await self._round()
            await asyncio.sleep(wait_s)

    async def _round(self) -> float:
        """Takes what there is; returns for how long (s) to let the source be."""
        batches = self._source.batches(self.cursor)
        try:
            async for batch in batches:
                await self._take(batch)
        except Part as error:
            self._count_failure("later")
            if error.reason != self._part:
                log.warning("source %s: a part of it: %s", self.name, error.reason)
            self._part = error.reason
            return self._every_s
        except Later as error:
            return self._failed("later", error.reason, error.after_s)
        except Refused as error:
            return self._failed("refused", error.reason, REFUSED_WAIT_S)
        except BrokerError as error:
            return self._failed("later", str(error), None)
        except KafkaError as error:
            self._memory.undo()
            return self._failed("broker", f"the broker takes nothing: {error}", None)
        except Exception as error:
            # A platform may send what nobody foresaw: the other sources go on.
            self._memory.undo()
            log.exception("source %s: this is a fault of ours", self.name)
            return self._failed("fault", type(error).__name__, None)
        finally:
            if close := getattr(batches, "aclose", None):
                await close()
        self._well()
        return self._every_s

    async def _take(self, batch: Batch) -> None:
        taken = self._intake.take(batch.items)
        cursor = batch.cursor if batch.cursor != self.cursor else None
        if taken.mentions or self._memory.changes or cursor is not None:
            await self._deliver(taken.mentions, dict(self._memory.changes), cursor)
        self._memory.settle()
        if cursor is not None:
            self.cursor = cursor
        count(self._meters, self.name, taken, batch)
        for line in warnings(taken, batch):
            if line not in self._told:  # what is asked again and again says it again each time
                log.warning("source %s: %s", self.name, line)
            self._told[line] = None
            self._told.move_to_end(line)
            while len(self._told) > _MOST_TOLD:
                self._told.popitem(last=False)
        for item in batch.items:
            self._newest = max(self._newest, item.mention.at)
        if self._newest:
            self._meters.last_item.labels(self.name).set(self._newest)
        self._meters.last_success.labels(self.name).set(time.time())
        if self._streams:  # else once all of it was asked: a part may yet fail
            self._well()

    def _well(self) -> None:
        if self._tries or self._part:
            log.info("source %s answers again", self.name)
        self._tries, self._part = 0, ""
        self._meters.up.labels(self.name).set(1)
        self._meters.last_success.labels(self.name).set(time.time())

    def _failed(self, reason: str, said: str, after_s: float | None) -> float:
        self._tries += 1
        self._count_failure(reason)
        wait = self._retry.wait_s(self._tries, 0.0, after_s, self._chance())
        assert wait is not None  # it never gives up
        log.warning("source %s: %s: %s; again in %.1f s", self.name, reason, said, wait)
        return wait

    def _count_failure(self, reason: str) -> None:
        self._meters.failures.labels(self.name, reason).inc()
        self._meters.up.labels(self.name).set(0)


def count(meters: SourceMeters, source: str, taken: Taken, batch: Batch) -> None:
    """Counts what became of items."""
    for outcome, number in taken.outcomes.items():
        meters.items.labels(source, outcome).inc(number)
    if batch.unreadable:
        meters.items.labels(source, "unreadable").inc(batch.unreadable)


def warnings(taken: Taken, batch: Batch) -> Iterator[str]:
    """Why some items are no mentions, and where they are; never what they say."""
    if batch.unreadable:
        more = "; ..." if 0 < len(batch.why) < batch.unreadable else ""
        why = f": {'; '.join(batch.why)}{more}" if batch.why else ""
        yield f"{batch.unreadable} items are not of the documented form{why}"
    if taken.reasons:
        reasons = ", ".join(f"{reason} ({n})" for reason, n in sorted(taken.reasons.items()))
        yield f"no Mention v1: {reasons}"
    yield from batch.notes
