"""Server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html).

`case` carries a case's row, changed, opened or closed; `clock` how current everything is, at least
every `HEARTBEAT_S`; `reset` asks the browser to read everything anew. Each has an id to go on from
in `Last-Event-ID`.
"""

import asyncio
from collections.abc import Iterator
from typing import Any

import msgspec
from aiohttp import web

from streams.console.gathered import Gathered
from streams.web.refusal import refuse
from streams.web.rule import Access, ruled

HEARTBEAT_S = 10.0
PAUSE_S = 0.25
"""Between two bursts: what changes several times in it is told once."""
RETRY_MS = 2_000
MOST_WATCHING = 500
"""Browsers that are told at one time."""


class Live:
    """Tells any number of browsers what changes."""

    def __init__(self, gathered: Gathered) -> None:
        self._gathered = gathered
        self._watching = 0

    @ruled(Access.READ, max_bytes=0, per_minute=120, timeout_s=None)
    async def watch(self, request: web.Request) -> web.StreamResponse:
        """`GET /api/v1/events`; `?since=` is for those who cannot send `Last-Event-ID`."""
        self._gathered.start()
        if self._watching >= MOST_WATCHING:
            refuse(
                web.HTTPServiceUnavailable,
                f"{MOST_WATCHING} browsers are watching already: another worker may have room",
                {"Retry-After": "30"},
            )
        response = web.StreamResponse(
            headers={"Content-Type": "text/event-stream", "X-Accel-Buffering": "no"}
        )
        self._watching += 1
        try:
            await response.prepare(request)
            last = request.headers.get("Last-Event-ID") or request.query.get("since", "")
            await response.write(f"retry: {RETRY_MS}\n\n".encode())
            await self._tell(response, last)
        except ConnectionError:  # it left
            pass
        finally:
            self._watching -= 1
        return response

    async def _tell(self, response: web.StreamResponse, last: str) -> None:
        hub = self._gathered.hub
        while not hub.ended:
            newest = hub.last
            await response.write(b"".join(self._news(last, newest)))
            last = newest
            await asyncio.sleep(PAUSE_S)
            await hub.wait(last, HEARTBEAT_S)

    def _news(self, last: str, newest: str) -> Iterator[bytes]:
        changed = self._gathered.hub.since(last)
        if changed is None:
            yield _event("reset", newest, self._gathered.as_of())
            return
        for case_id in changed:
            page = self._gathered.book.page(case_id)
            if page is not None:
                yield _event("case", "", page.row())
        yield _event("clock", newest, self._gathered.as_of())


def _event(name: str, identity: str, value: Any) -> bytes:
    head = f"event: {name}\n" + (f"id: {identity}\n" if identity else "")
    return head.encode() + b"data: " + msgspec.json.encode(value) + b"\n\n"
