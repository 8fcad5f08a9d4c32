"""Roles that start, that do not, and that are told to stop before they have."""

import asyncio
from collections.abc import Callable

import pytest

from streams.errors import BrokerError, WorkerStopped
from streams.worker.beginning import begin


class Role:
    """Starts when it may; `ended` tells how that went."""

    def __init__(self, *, at_once: bool = False) -> None:
        self.may = asyncio.Event()
        if at_once:
            self.may.set()
        self.cancelled = False

    async def start(self) -> None:
        try:
            await self.may.wait()
        except asyncio.CancelledError:
            self.cancelled = True
            raise


class Fails:
    async def start(self) -> None:
        raise BrokerError("no")


def here() -> bool:
    return False


def test_it_returns_when_all_have_started() -> None:
    async def tried() -> None:
        slow = Role()
        begun = asyncio.ensure_future(
            begin({"score": Role(at_once=True), "cases": slow}, asyncio.Event(), here)
        )
        await asyncio.sleep(0)
        assert not begun.done()
        slow.may.set()
        assert await begun

    asyncio.run(tried())


def test_told_to_stop_it_waits_for_none() -> None:
    async def tried() -> None:
        stop, never = asyncio.Event(), Role()
        begun = asyncio.ensure_future(begin({"cases": never}, stop, here))
        await asyncio.sleep(0)
        stop.set()
        assert not await begun
        await asyncio.sleep(0)
        assert never.cancelled

    asyncio.run(tried())


def test_a_role_without_a_place_in_its_group_ends_the_worker() -> None:
    async def tried() -> None:
        roles = {"score": Role(at_once=True), "tickets": Role()}
        await begin(roles, asyncio.Event(), here, limit_s=0.01)

    with pytest.raises(WorkerStopped, match=r"^role tickets has no place in its group"):
        asyncio.run(tried())


def test_while_the_broker_is_away_no_start_takes_too_long() -> None:
    looks: list[bool] = []

    def away() -> bool:
        looks.append(True)
        return len(looks) < 5

    async def tried() -> None:
        await begin({"tickets": Role()}, asyncio.Event(), away, limit_s=0.01)

    with pytest.raises(WorkerStopped):
        asyncio.run(tried())
    assert len(looks) >= 5


@pytest.mark.parametrize("away", [here, lambda: True])
def test_what_a_start_raises_is_raised(away: Callable[[], bool]) -> None:
    async def tried() -> None:
        await begin({"cases": Fails(), "score": Role()}, asyncio.Event(), away)

    with pytest.raises(BrokerError):
        asyncio.run(tried())
