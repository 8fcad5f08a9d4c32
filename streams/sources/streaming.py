"""Listening to a platform: lines of an answer that does not end, and batches of what comes."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from contextlib import aclosing
from typing import TypeVar

import aiohttp

from streams.sinks.http import Answer, failure
from streams.sinks.target import Later, Refused
from streams.sources.fetch import too_many
from streams.sources.source import Batch

T = TypeVar("T")
_MOST_LINE = 1024 * 1024
_MOST_ERROR = 4096


async def lines(
    session: aiohttp.ClientSession,
    url: str,
    *,
    headers: Mapping[str, str],
    params: Mapping[str, str] | None = None,
    idle_s: float,
    opened: asyncio.Event | None = None,
) -> AsyncGenerator[bytes, None]:
    """Every line of an answer, without its end, empty ones too; `opened` is set when it begins.

    Raises Later when it ends, or when nothing comes for `idle_s`; Refused when it is not let in.
    """
    timeout = aiohttp.ClientTimeout(total=None, sock_connect=20, sock_read=idle_s)
    try:
        async with session.get(
            url,
            headers=headers,
            params=params,
            timeout=timeout,
            allow_redirects=False,
            read_bufsize=_MOST_LINE,
        ) as response:
            if response.status != 200:
                body = await response.content.read(_MOST_ERROR)
                answer = Answer(response.status, response.headers, body)
                raise too_many(answer) if response.status == 429 else failure(answer)
            if opened is not None:
                opened.set()
            async for line in response.content:
                yield line.rstrip(b"\r\n")
    except aiohttp.InvalidURL:
        raise Refused("the address is none") from None
    except TimeoutError:
        raise Later(f"nothing came for {idle_s:g} s") from None
    except ValueError as error:
        raise Later(f"a line is too long: {error}") from None
    except aiohttp.ClientError as error:
        raise Later(f"the connection is lost: {type(error).__name__}") from None
    raise Later("the stream ended")


async def gathered(
    stream: AsyncIterator[T], most: int = 500, within_s: float = 1.0
) -> AsyncGenerator[list[T], None]:
    """What comes within a time, at most `most`; what was gathered before an error comes first.

    While nobody asks for more, at most `most` wait here and the rest at the sender.
    """
    queue: asyncio.Queue[T] = asyncio.Queue(maxsize=most)

    async def fill() -> None:
        async with aclosing(stream) as closing:  # type: ignore[type-var]
            async for one in closing:
                await queue.put(one)

    filling = asyncio.create_task(fill())
    try:
        while not (filling.done() and queue.empty()):
            if batch := await _batch(queue, filling, most, within_s):
                yield batch
        await filling
    finally:
        filling.cancel()
        await asyncio.gather(filling, return_exceptions=True)


async def listened(
    stream: AsyncGenerator[T, None],
    opened: asyncio.Event,
    missed: AsyncIterator[Batch] | None,
    read: Callable[[list[T]], Batch],
) -> AsyncGenerator[Batch, None]:
    """What a stream tells; once it is open, what was missed before, while the stream waits.

    Opened first, nothing falls between the two; what both bring is known by its id. The first
    batch is empty: the platform answers, be it that nobody writes for hours.
    """
    async with aclosing(gathered(stream, within_s=0.5)) as parts:
        coming = asyncio.ensure_future(anext(parts))
        try:
            waiting = asyncio.ensure_future(opened.wait())
            await asyncio.wait({coming, waiting}, return_when=asyncio.FIRST_COMPLETED)
            waiting.cancel()
            if opened.is_set():
                yield Batch()
                if missed is not None:
                    async for batch in missed:
                        yield batch
            while True:
                yield read(await coming)
                coming = asyncio.ensure_future(anext(parts))
        finally:
            coming.cancel()
            await asyncio.gather(coming, return_exceptions=True)


async def _batch(
    queue: "asyncio.Queue[T]", filling: "asyncio.Task[None]", most: int, within_s: float
) -> list[T]:
    first = asyncio.ensure_future(queue.get())
    try:
        await asyncio.wait({first, filling}, return_when=asyncio.FIRST_COMPLETED)
        if not first.done():
            return []
        batch = [first.result()]
    finally:
        first.cancel()
    deadline = asyncio.get_running_loop().time() + within_s
    while len(batch) < most:
        if not queue.empty():
            batch.append(queue.get_nowait())
        elif filling.done() or (left := deadline - asyncio.get_running_loop().time()) <= 0:
            break
        else:
            try:
                batch.append(await asyncio.wait_for(queue.get(), left))
            except TimeoutError:
                break
    return batch
