"""A Zendesk account: tickets, comments, idempotency keys, and tickets that are closed for good."""

import base64
import re
from html import unescape
from typing import Any

from aiohttp import web

from tests.streams.sinks.vendor import Vendor, said

LOGIN = "Basic " + base64.b64encode(b"agent@skylark.example/token:t0ken").decode()
_CLOSED = {"status": [{"description": "Status: closed prevents ticket update"}]}
_REQUIRED = {"base": [{"description": "Type of complaint: is required when solving a ticket"}]}
_MISSING = {"error": "RecordNotFound", "description": "Not found"}


class ZendeskServer(Vendor):
    def __init__(self) -> None:
        super().__init__()
        self.tickets: dict[int, dict[str, Any]] = {}
        self.keys: dict[str, tuple[bytes, int]] = {}
        self.in_progress: set[str] = set()
        self.required_to_solve = False
        self.app.router.add_get("/api/v2/users/me", self._me)
        self.app.router.add_get("/api/v2/tickets", self._list)
        self.app.router.add_post("/api/v2/tickets", self._create)
        self.app.router.add_put("/api/v2/tickets/{id}", self._update)
        self.app.router.add_get("/api/v2/tickets/{id}/comments", self._comments)

    def texts(self, ticket: int) -> list[str]:
        """The comments of a ticket, oldest first."""
        return [comment["body"] for comment in self.tickets[ticket]["comments"]]

    async def _me(self, request: web.Request) -> web.Response:
        nobody = _refused(request) is not None  # this one call asks for no login
        name = "Anonymous user" if nobody else "Tocsin"
        return said(200, {"user": {"id": None if nobody else 8447, "name": name}})

    async def _list(self, request: web.Request) -> web.Response:
        if refused := _refused(request):
            return refused
        wanted = request.query["external_id"]
        found = [t for t in self.tickets.values() if t["external_id"] == wanted]
        return said(200, {"tickets": [_shown(ticket) for ticket in found], "next_page": None})

    async def _create(self, request: web.Request) -> web.Response:
        if refused := _refused(request):
            return refused
        key, body = request.headers["Idempotency-Key"], await request.read()
        assert len(key) <= 255
        if key in self.in_progress:
            return said(409, {"error": "IdempotentRequestInProgress", "description": "in progress"})
        if key in self.keys:
            first, number = self.keys[key]
            if first != body:
                text = "Request parameters don't match the given idempotency key"
                return said(400, {"error": "IdempotentRequestError", "description": text})
            return self._answer(201, number, {"x-idempotency-lookup": "hit"})
        wanted = (await request.json())["ticket"]
        source = wanted.get("via_followup_source_id")
        if source and self.tickets[source]["status"] != "closed":
            return _invalid({"base": [{"description": "Source is not closed"}]})
        number = 100 + len(self.tickets)
        comment = wanted.pop("comment")
        self.tickets[number] = {"id": number, "status": "new", **wanted, "comments": []}
        self._add(number, comment)
        self.keys[key] = body, number
        return self._answer(201, number, {"x-idempotency-lookup": "miss"})

    async def _update(self, request: web.Request) -> web.Response:
        if refused := _refused(request):
            return refused
        number = int(request.match_info["id"])
        ticket = self.tickets.get(number)
        if ticket is None:
            return said(404, _MISSING)
        if ticket["status"] == "closed":
            return _invalid(_CLOSED)
        change = (await request.json())["ticket"]
        if change.get("status") == "solved" and self.required_to_solve:
            return _invalid(_REQUIRED)
        comment = change.pop("comment")
        ticket.update(change)
        self._add(number, comment)
        return self._answer(200, number)

    async def _comments(self, request: web.Request) -> web.Response:
        number = int(request.match_info["id"])
        if number not in self.tickets:
            return said(404, _MISSING)
        newest = [{"body": text} for text in reversed(self.texts(number))]
        assert request.query["sort_order"] == "desc"
        return said(200, {"comments": newest[: int(request.query["per_page"])]})

    def _add(self, number: int, comment: dict[str, Any]) -> None:
        page = re.sub(r"\{\{.*?\}\}", "[FILLED IN]", comment["html_body"])
        text = unescape(re.sub(r"<[^>]*>", "", page.replace("</p>", "</p>\n"))).strip()
        self.tickets[number]["comments"].append(
            {"html": page, "body": text, "public": comment["public"]}
        )

    def _answer(
        self, status: int, number: int, headers: dict[str, str] | None = None
    ) -> web.Response:
        return said(status, {"ticket": _shown(self.tickets[number])}, headers)


def _shown(ticket: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in ticket.items() if name != "comments"}


def _refused(request: web.Request) -> web.Response | None:
    if request.headers.get("Authorization") == LOGIN:
        return None
    return said(401, {"error": "Couldn't authenticate you"})


def _invalid(details: object) -> web.Response:
    error = {"error": "RecordInvalid", "description": "Record validation errors"}
    return said(422, error | {"details": details})
