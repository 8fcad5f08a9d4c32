"""A message that is delivered at once needs no task; one that waits is waited for as ever."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
from mode import Service

from streams.worker.frugal import deliver_at_once


def run(work: Callable[[Any], Coroutine[Any, Any, None]]) -> None:
    """With a service that waits as a consumer does."""

    async def whole() -> None:
        service: Any = Service()
        deliver_at_once(service)
        await work(service)

    asyncio.run(whole())


def test_delivered_at_once() -> None:
    async def work(service: Any) -> None:
        before = len(asyncio.all_tasks())
        done: list[int] = []

        async def deliver() -> None:
            done.append(len(asyncio.all_tasks()))

        found = await service.wait_first(deliver(), asyncio.Event().wait())
        assert done == [before], "a task was made"
        assert not found.stopped

    run(work)


def test_what_waits_for_room_is_delivered_when_there_is_room() -> None:
    async def work(service: Any) -> None:
        queue: asyncio.Queue[int] = asyncio.Queue(maxsize=1)
        await queue.put(1)
        got: list[int] = []

        async def deliver() -> str:
            await queue.put(2)
            await asyncio.sleep(0)
            await queue.put(3)
            return "delivered"

        async def take() -> None:
            for _ in range(3):
                got.append(await queue.get())

        taking = asyncio.ensure_future(take())
        found = await service.wait_first(deliver(), asyncio.Event().wait())
        assert found.results == ["delivered"]
        await taking
        assert got == [1, 2, 3]

    run(work)


def test_it_is_given_up_when_flow_is_suspended() -> None:
    async def work(service: Any) -> None:
        suspended, ended = asyncio.Event(), []

        async def deliver() -> None:
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                ended.append("cancelled")
                raise

        asyncio.get_running_loop().call_soon(suspended.set)
        found = await service.wait_first(deliver(), suspended.wait())
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert found.results == [True]
        assert ended == ["cancelled"]

    run(work)


@pytest.mark.parametrize("waits", [False, True])
def test_what_goes_wrong_is_raised(waits: bool) -> None:
    async def work(service: Any) -> None:
        async def deliver() -> None:
            if waits:
                await asyncio.sleep(0)
            raise LookupError("no such partition")

        with pytest.raises(LookupError):
            await service.wait_first(deliver(), asyncio.Event().wait())

    run(work)


def test_other_waits_are_as_they_were() -> None:
    async def work(service: Any) -> None:
        event = asyncio.Event()
        event.set()
        assert (await service.wait(event)).result is True
        assert (await service.wait_first(event.wait(), timeout=1)).results == [True]

    run(work)
