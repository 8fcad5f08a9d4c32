"""What the vendors' servers have in common: they record, fail as told, and lose their answers."""

from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from types import ModuleType
from typing import Any

import aiohttp
from aiohttp import web
from aiohttp.test_utils import TestServer

from streams.sinks.target import Target

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Vendor:
    """A ticket system on loopback. `calls` are the requests that were worked on, in order."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, str]] = []
        self.failures: deque[web.Response] = deque()
        """Answers to give instead of working, one request each."""
        self.lose_answer_to: str = ""
        """Method and path's end whose next request is worked on and never answered."""

        @web.middleware
        async def middle(request: web.Request, handler: Handler) -> web.StreamResponse:
            return await self._answered(request, handler)

        self.app = web.Application(middlewares=[middle])

    async def _answered(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        if self.failures:
            return self.failures.popleft()
        answer = await handler(request)
        self.calls.append((request.method, request.path))
        wanted, _, end = self.lose_answer_to.partition(" ")
        if request.method == wanted and request.path.endswith(end) and answer.status < 300:
            self.lose_answer_to = ""
            assert request.transport is not None
            request.transport.abort()
        return answer

    @asynccontextmanager
    async def target(
        self, module: ModuleType, path: str = "", **settings: Any
    ) -> AsyncIterator[Target]:
        """A target of `module` that talks to this server, at `url` with the path."""
        async with TestServer(self.app) as server, aiohttp.ClientSession() as session:
            url = str(server.make_url("/")).rstrip("/") + path
            target = module.build({"url": url, **settings}, session)
            try:
                yield target
            finally:
                await target.close()


def said(
    status: int, body: object = None, headers: Mapping[str, str] | None = None
) -> web.Response:
    """A JSON answer."""
    return web.json_response(body, status=status, headers=headers)
