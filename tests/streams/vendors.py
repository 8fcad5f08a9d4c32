"""Ticket systems for tests: real HTTP servers on this machine that answer as the vendors document.

Each notes what it was asked. `plan` holds the next answers that are not the usual one: a status, or
a (status, headers) pair; `hold` keeps answers back until it is let go.
"""

import asyncio
import json
import threading
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import msgspec
from aiohttp import web

Planned = int | tuple[int, Mapping[str, str]]


class Request(msgspec.Struct, frozen=True):
    """What a vendor was asked."""

    method: str
    path: str
    headers: Mapping[str, str]
    content: bytes

    @property
    def body(self) -> Any:
        """The JSON in it."""
        return json.loads(self.content)


class Vendor:
    """Answers 200 to everything; subclasses say what their API says."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.plan: deque[Planned] = deque()
        self.always: Planned | None = None
        self.url = ""
        self.message = "planned"
        self._loop = asyncio.new_event_loop()
        self._free = asyncio.Event()
        self._free.set()

    def hold(self) -> None:
        """Requests are taken from now on and not answered."""
        self._loop.call_soon_threadsafe(self._free.clear)

    def let_go(self) -> None:
        """Answers them."""
        self._loop.call_soon_threadsafe(self._free.set)

    def answer(self, request: Request) -> tuple[int, Any]:
        """Status and JSON of the usual answer."""
        return 200, {}

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """One request."""
        came = Request(request.method, request.path, dict(request.headers), await request.read())
        self.requests.append(came)
        await self._free.wait()
        planned = self.plan.popleft() if self.plan else self.always
        if planned is not None:
            status, headers = planned if isinstance(planned, tuple) else (planned, {})
            return web.json_response({"message": self.message}, status=status, headers=headers)
        status, body = self.answer(came)
        return web.json_response(body, status=status)

    @contextmanager
    def running(self) -> Iterator[Any]:
        """Listens on a free port of the loopback, in a thread of its own."""
        started = threading.Event()
        thread = threading.Thread(target=self._serve, args=[started], daemon=True)
        thread.start()
        started.wait(10)
        try:
            yield
        finally:
            self.let_go()
            self._loop.call_soon_threadsafe(self._loop.stop)
            thread.join(10)

    def _serve(self, started: threading.Event) -> None:
        asyncio.set_event_loop(self._loop)
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self.handle)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        self._loop.run_until_complete(runner.setup())
        site = web.TCPSite(runner, "127.0.0.1", 0)
        self._loop.run_until_complete(site.start())
        self.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        started.set()
        self._loop.run_forever()
        self._loop.run_until_complete(runner.cleanup())
        self._loop.close()


class PagerDutyVendor(Vendor):
    """Events API v2: https://developer.pagerduty.com/docs/send-alert-event."""

    def __init__(self, routing_key: str = "R" * 32) -> None:
        super().__init__()
        self.routing_key = routing_key
        self.alerts: dict[str, list[str]] = {}

    def answer(self, request: Request) -> tuple[int, Any]:
        event = request.body
        wrong = list(self.mistakes(request, event))
        if wrong:
            error = {"status": "invalid event", "message": "Event object is invalid"}
            return 400, error | {"errors": wrong}
        self.alerts.setdefault(event["dedup_key"], []).append(event["event_action"])
        done = {"status": "success", "message": "Event processed"}
        return 202, done | {"dedup_key": event["dedup_key"]}

    def mistakes(self, request: Request, event: Any) -> Iterator[str]:
        """What the API finds wrong with an event."""
        if request.path != "/v2/enqueue" or request.method != "POST":
            yield "no such endpoint"
        if len(request.content) > 512 * 1024:
            yield "event is larger than 512 KB"
        if event.get("routing_key") != self.routing_key:
            yield "'routing_key' is invalid"
        if event.get("event_action") not in ("trigger", "acknowledge", "resolve"):
            yield "'event_action' is invalid"
        if not 0 < len(event.get("dedup_key", "")) <= 255:
            yield "'dedup_key' is missing or too long"
        if event.get("event_action") == "trigger":
            payload = event["payload"]
            if not 0 < len(payload["summary"]) <= 1024:
                yield "'payload.summary' is missing or too long"
            if payload["severity"] not in ("critical", "error", "warning", "info"):
                yield "'payload.severity' is invalid"
            if not payload["source"]:
                yield "'payload.source' is missing"
