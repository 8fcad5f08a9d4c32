"""Who is sure to own his partitions: as long as the broker took a heartbeat lately."""

import asyncio

from streams.worker.lease import Lease
from tests.streams.test_progress import Clock


def made() -> tuple[Lease, Clock]:
    clock = Clock()
    return Lease(10.0, now=clock), clock


def beat(lease: Lease, *, taken: bool, clock: Clock, lasts_s: float = 0.0) -> None:
    async def sent() -> bool:
        clock.now_s += lasts_s
        return taken

    asyncio.run(lease.renewing(sent)())  # type: ignore[arg-type]


def test_before_the_first_heartbeat_nothing_is_ours() -> None:
    lease, _ = made()
    assert not lease.held


def held(lease: Lease, clock: Clock, *times_s: float) -> list[bool]:
    """Whether it is held at these times."""
    found = []
    for clock.now_s in times_s:
        found.append(lease.held)
    return found


def test_it_lasts_less_than_a_session_from_the_last_heartbeat() -> None:
    lease, clock = made()
    beat(lease, taken=True, clock=clock)
    assert held(lease, clock, 0.0, 9.0, 10.0) == [True, True, False], "it slept past its session"
    beat(lease, taken=True, clock=clock)
    assert held(lease, clock, 10.0) == [True]


def test_a_heartbeat_counts_from_when_it_was_sent_and_only_if_it_was_taken() -> None:
    lease, clock = made()
    beat(lease, taken=True, clock=clock, lasts_s=8.0)
    assert held(lease, clock, 9.0, 9.6) == [True, False]
    beat(lease, taken=False, clock=clock)
    assert held(lease, clock, 9.6) == [False]


def test_waiting_ends_when_partitions_are_taken_away() -> None:
    lease, _ = made()
    asyncio.run(asyncio.wait_for(lease.wait(lambda: True), 5))
