"""`/api/v1/...`: open cases, one case, brands, live changes, and what people decide."""

from collections.abc import Awaitable, Callable
from typing import Any, get_args

import msgspec
from aiohttp import web
from aiokafka.errors import KafkaError

from scoring.command import Command
from scoring.levels import Level
from streams.console import decision
from streams.console.brands import SPANS, Window
from streams.console.gathered import Gathered
from streams.console.listing import MOST, Asked, Sort, State, listed
from streams.console.live import Live
from streams.errors import UsageError
from streams.web.protection import CALLER
from streams.web.refusal import refuse
from streams.web.rule import Access, ruled

Send = Callable[[Command], Awaitable[object]]
"""Sends a command; returns once the broker has it. Raises aiokafka's KafkaError."""


class Api:
    """The routes; `about` says what the worker that answers is and how it fares."""

    def __init__(
        self, gathered: Gathered, live: Live, send: Send, about: Callable[[], dict[str, Any]]
    ) -> None:
        self._gathered = gathered
        self._live = live
        self._send = send
        self._about = about

    @property
    def routes(self) -> list[web.RouteDef]:
        """For the worker's web server."""
        return [
            web.get("/api/v1/cases", self._cases),
            web.get("/api/v1/case", self._case),
            web.get("/api/v1/brands", self._brands),
            web.get("/api/v1/events", self._live.watch),
            web.get("/api/v1/about", self._tell_about),
            web.post("/api/v1/commands", self._command),
            web.route("*", "/api/{rest:.*}", nowhere),
        ]

    def _followed(self) -> Gathered:
        """What is known; a worker of another role than `cases` begins to gather when asked."""
        self._gathered.start()
        return self._gathered

    async def _cases(self, request: web.Request) -> web.Response:
        _only(request, *Asked.__struct_fields__)
        asked = _asked(request)
        gathered = self._followed()
        rows = gathered.book.rows(closed=asked.state == "closed")
        found = listed(rows, asked, gathered.now)
        return answer(request, {"as_of": gathered.as_of(), **_fields(found)})

    async def _case(self, request: web.Request) -> web.Response:
        _only(request, "id")
        page = self._followed().book.page(request.query.get("id", ""))
        if page is None or page.said is None:
            refuse(web.HTTPNotFound, "no case of that id is open, or was lately")
        story = page.story()
        return answer(request, {"as_of": self._gathered.as_of(), **_fields(story)})

    async def _brands(self, request: web.Request) -> web.Response:
        _only(request, "window")
        window = _one(request, "window", get_args(Window), "24h")
        gathered = self._followed()
        rows = gathered.brands.rows(gathered.book.rows(), window, gathered.now)
        return answer(request, {"as_of": gathered.as_of(), "hours": SPANS[window], "brands": rows})

    async def _tell_about(self, request: web.Request) -> web.Response:
        return answer(request, {"as_of": self._followed().as_of(), **self._about()})

    @ruled(Access.CONSOLE, max_bytes=16 * 1024)
    async def _command(self, request: web.Request) -> web.Response:
        if request.content_type != "application/json":
            refuse(web.HTTPUnsupportedMediaType, "send the decision as application/json")
        try:
            command = decision.command(await request.read(), request.get(CALLER, ""))
        except UsageError as error:
            refuse(web.HTTPBadRequest, str(error))
        if self._followed().unheard_of(command.case_id):
            refuse(web.HTTPNotFound, "no case of that id is open, or was lately: nothing was sent")
        try:
            await self._send(command)
        except KafkaError:
            refuse(web.HTTPServiceUnavailable, "the broker does not take it: send it again")
        return answer(request, {"id": command.id}, status=202)


def answer(request: web.Request, value: object, status: int = 200) -> web.Response:
    """A JSON answer, compressed where the client takes that."""
    response = web.Response(
        body=msgspec.json.encode(value), content_type="application/json", status=status
    )
    response.enable_compression()
    return response


def _asked(request: web.Request) -> Asked:
    query = request.query
    levels = _many(query.getall("level", []))
    for level in levels:
        if level not in set(Level):
            refuse(web.HTTPBadRequest, f"level: one of {', '.join(Level)}")
    return Asked(
        state=_one(request, "state", get_args(State), "open"),
        level=tuple(Level(level) for level in levels),
        brand=_many(query.getall("brand", [])),
        owner=query.get("owner", ""),
        q=query.get("q", "")[:200],
        sort=_one(request, "sort", get_args(Sort), "urgency"),
        offset=_number(request, "offset", 0, 10**9),
        limit=_number(request, "limit", 200, MOST),
    )


def _only(request: web.Request, *names: str) -> None:
    """A misspelt parameter would be answered as if it were not there."""
    for name in request.query:
        if name not in names:
            refuse(web.HTTPBadRequest, f"{name[:40]!r}: there is {', '.join(names)}")


async def nowhere(request: web.Request) -> web.Response:
    """Whatever has no other route under `/api/`: an error that programs can read."""
    refuse(web.HTTPNotFound, "there is no such address: docs/console.md lists them, under API")


def _many(values: list[str]) -> tuple[str, ...]:
    """`?brand=a,b` and `?brand=a&brand=b` are the same."""
    return tuple(part for value in values for part in value.split(",") if part)


def _one(request: web.Request, name: str, allowed: tuple[str, ...], default: str) -> Any:
    value = request.query.get(name, default)
    if value not in allowed:
        refuse(web.HTTPBadRequest, f"{name}: one of {', '.join(allowed)}")
    return value


def _number(request: web.Request, name: str, default: int, most: int) -> int:
    text = request.query.get(name, str(default))
    if not text.isdecimal() or not text.isascii() or int(text[:12]) > most:
        refuse(web.HTTPBadRequest, f"{name}: a whole number from 0 to {most}")
    return int(text)


def _fields(struct: msgspec.Struct) -> dict[str, Any]:
    return {name: getattr(struct, name) for name in struct.__struct_fields__}
