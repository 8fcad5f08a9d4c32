"""Offsets are acknowledged in their order, whatever is done first."""

import asyncio
from typing import Any, NamedTuple

from faust.types import TP

from scoring.escalation import Escalation
from streams.sinks.job import Job
from streams.sinks.target import Notice
from streams.worker.ledger import Entry, Ledger
from tests.streams.escalations import said


class _Message(NamedTuple):
    tp: TP
    offset: int


class _Event(NamedTuple):
    message: Any


class _Stream:
    """Notes what is acknowledged, as a Faust stream would send it on."""

    def __init__(self) -> None:
        self.acknowledged: list[tuple[int, int]] = []

    async def ack(self, event: Any) -> None:
        self.acknowledged.append((event.message.tp.partition, event.message.offset))


def test_an_early_one_waits_for_those_before_it() -> None:
    async def run() -> None:
        ledger, stream = Ledger(most=4), _Stream()
        first, second, other = (
            _entry(ledger, stream, *place) for place in ((0, 7), (0, 8), (1, 3))
        )
        first.charge([_job(said(0)), _job(said(0))])
        for entry in (first, second, other):
            await ledger.done(entry)
        assert stream.acknowledged == [(1, 3)]
        await ledger.done(first)
        assert stream.acknowledged == [(1, 3)]
        done = await ledger.done(first)
        assert stream.acknowledged == [(1, 3), (0, 7), (0, 8)]
        assert len(done) == 2

    asyncio.run(run())


def test_a_partition_that_leaves_takes_its_jobs_along() -> None:
    async def run() -> None:
        ledger, stream = Ledger(most=2), _Stream()
        gone, kept = _entry(ledger, stream, 0, 1), _entry(ledger, stream, 1, 1)
        gone.charge([_job(said(0))])
        kept.charge([_job(said(0))])
        moves = asyncio.ensure_future(ledger.moves())
        await asyncio.sleep(0)
        assert not moves.done()
        ledger.drop([TP("escalations", 0)])
        await moves
        assert (gone.jobs[0].dropped, kept.jobs[0].dropped) == (True, False)
        for entry in (gone, kept, kept):
            await ledger.done(entry)
        assert stream.acknowledged == [(1, 1)]

    asyncio.run(run())


def test_when_too_many_wait_what_holds_back_most_is_named() -> None:
    async def run() -> None:
        ledger, stream = Ledger(most=3), _Stream()
        other, first, second = (
            _entry(ledger, stream, *place) for place in ((1, 9), (0, 7), (0, 8))
        )
        first.charge([_job(said(0))])
        for entry in (first, second):
            await ledger.done(entry)
        found = [ledger.first]
        await ledger.done(first)
        assert [*found, ledger.first] == [first, None]
        assert stream.acknowledged == [(0, 7), (0, 8)]
        assert other.left == 1

    asyncio.run(run())


def _entry(ledger: Ledger, stream: _Stream, partition: int, offset: int) -> Entry:
    event: Any = _Event(_Message(TP("escalations", partition), offset))
    entry = Entry(event=event, stream=stream)
    ledger.open(entry)
    return entry


def _job(one: Escalation) -> Job:
    return Job(partition=0, notice=Notice(escalation=one), arrived=0.0)
