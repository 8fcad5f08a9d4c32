"""Zendesk Support: one ticket per episode of a case, private comments on it, solved at the end.

https://developer.zendesk.com/api-reference/ticketing/tickets/tickets/ and, for `Idempotency-Key`
(kept for two hours), https://developer.zendesk.com/api-reference/ticketing/introduction/
"""

import hashlib
import json
import logging
from collections.abc import Mapping
from typing import Any

import aiohttp

from scoring.escalation import Status
from scoring.levels import Level
from streams.sinks import html, http, render
from streams.sinks import zendesk_answers as answers
from streams.sinks.account import Account
from streams.sinks.answers import patient, read
from streams.sinks.episodes import of_episode, remembered, rose
from streams.sinks.flow_back import zendesk as flow_back
from streams.sinks.flow_back.signed import Own, SignedHook, hook_of
from streams.sinks.identity import case_key, mark, notice_id
from streams.sinks.target import (
    CREATED,
    RESOLVED,
    UNCHANGED,
    UPDATED,
    Delivered,
    Memory,
    Notice,
    Refused,
    secret,
    settings_of,
)
from streams.sinks.web import login

log = logging.getLogger(__name__)

RATE_PER_S = 1.0
"""Up to four calls each; the smallest plan takes 200 a minute."""
KEYED = True
PRIORITIES = {
    Level.WATCH: "low",
    Level.RESPOND: "normal",
    Level.ESCALATE: "high",
    Level.CRISIS: "urgent",
}
_MOST_SUBJECT = 150
_RECENT_COMMENTS = "30"
_MISSING, _INVALID = 404, 422
_CLOSED, _GONE = "closed", "gone"


class Settings(Account, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Table `[sinks.NAME]` with type "zendesk".

    `user` is the address of the agent whose API token it is; without it the token is an OAuth
    one. `group_id`, `ticket_form_id`, `brand_id` and `tags` are set on new tickets. `account`
    is the agent's id.
    """

    group_id: int | None = None
    ticket_form_id: int | None = None
    brand_id: int | None = None
    tags: tuple[str, ...] = ()


def build(settings: Mapping[str, Any], session: aiohttp.ClientSession) -> "Zendesk":
    """The target. Raises ConfigError."""
    typed = settings_of(Settings, settings)
    return Zendesk(typed, secret(typed, "token"), session)


def hook(
    name: str, settings: Mapping[str, Any], session: aiohttp.ClientSession
) -> SignedHook | None:
    """What people decide there, None where no secret is named. Raises ConfigError."""
    own = Own(flow_back.actor, build(settings, session).account)
    return hook_of(settings_of(Settings, settings), flow_back.command, own)


class Zendesk:
    """Keeps in memory: `ticket`, the `episode` it stands for, the `level` last said."""

    def __init__(self, settings: Settings, token: str, session: aiohttp.ClientSession) -> None:
        self._settings = settings
        self._session = session
        self._root = settings.url.rstrip("/") + "/api/v2"
        agent = settings.user and f"{settings.user}/token"
        self._headers = {"Authorization": login(agent, token), "Accept": "application/json"}

    async def deliver(self, notice: Notice, memory: Memory) -> Delivered:
        """Creates the ticket, or comments on it; one that is closed or gone is followed by another.

        Whether the comment is there already is asked first: Zendesk has no key against a second.
        """
        said = notice.escalation
        known = of_episode(notice, memory)
        ticket = known.get("ticket") or await self._found(notice)
        outcome = await self._commented(ticket, notice, known) if ticket else _GONE
        if outcome not in (_CLOSED, _GONE):
            return Delivered(remembered(notice, ticket=ticket), outcome)
        if said.status is Status.RESOLVED:
            return Delivered(remembered(notice, ticket=ticket), UNCHANGED)
        created = await self._created(notice, follows=ticket if outcome == _CLOSED else "")
        return Delivered(remembered(notice, ticket=created), CREATED)

    async def account(self) -> str:
        """Who Tocsin is there. Raises Later or Refused."""
        if self._settings.account:
            return str(self._settings.account)
        found = read(await self._call("GET", "/users/me"), answers.Me).user.id
        if found is None:  # Zendesk answers a token that it does not know as well
            raise Refused("Zendesk knows no user of this token: check token and user")
        return str(found)

    async def close(self) -> None:
        """Nothing of its own is open."""

    async def _found(self, notice: Notice) -> str:
        key = case_key(notice.escalation.case_id, notice.escalation.episode)
        answer = await self._call("GET", "/tickets", params={"external_id": key})
        found = [t.id for t in read(answer, answers.Tickets).tickets if t.external_id == key]
        return str(max(found)) if found else ""

    async def _created(self, notice: Notice, follows: str) -> str:
        said, wanted = notice.escalation, self._settings
        ticket: dict[str, Any] = {
            "subject": _inert(render.summary(notice, _MOST_SUBJECT)),
            "comment": _comment(notice),
            "external_id": case_key(said.case_id, said.episode),
            "priority": PRIORITIES[said.level],
            "type": "incident",
            "tags": ["tocsin", *(["tocsin-test"] if notice.test else []), *wanted.tags],
        }
        for name in ("group_id", "ticket_form_id", "brand_id"):
            if (value := getattr(wanted, name)) is not None:
                ticket[name] = value
        if follows:
            ticket["via_followup_source_id"] = int(follows)
        body = json.dumps({"ticket": ticket}, sort_keys=True).encode()
        # The same key with another body is an error there, so that the body is part of the key.
        key = f"{notice_id(notice)}-{hashlib.sha256(body).hexdigest()[:16]}"
        headers = {"Idempotency-Key": key, "Content-Type": "application/json"}
        answer = await self._call("POST", "/tickets", data=body, headers=headers)
        return str(read(answer, answers.Created).ticket.id)

    async def _commented(self, ticket: str, notice: Notice, known: Memory) -> str:
        """The outcome, _CLOSED or _GONE."""
        said = notice.escalation
        if await self._has(ticket, notice):
            return UNCHANGED
        change: dict[str, Any] = {"comment": _comment(notice), "priority": PRIORITIES[said.level]}
        outcome = notice.changed
        if said.status is Status.RESOLVED:
            change["status"], outcome = "solved", RESOLVED
        elif rose(notice, known):
            change["status"] = "open"
        answer = await self._put(ticket, change)
        if answer.status == _INVALID and "status" in change:
            wrong = read(answer, answers.Error)
            if not wrong.closed:
                # A field has to be filled in first: the agent is told, and the ticket stays open.
                log.warning("a ticket cannot be %s: %s", change["status"], wrong.reason)
                del change["status"]
                answer, outcome = await self._put(ticket, change), UPDATED
        if answer.status == _MISSING:
            return _GONE
        if answer.status == _INVALID:
            wrong = read(answer, answers.Error)
            if wrong.closed:
                return _CLOSED
            raise Refused(wrong.reason)
        return outcome

    async def _has(self, ticket: str, notice: Notice) -> bool:
        newest = {"sort_order": "desc", "per_page": _RECENT_COMMENTS}
        path = f"/tickets/{ticket}/comments"
        answer = await self._call("GET", path, params=newest, takes=(_MISSING,))
        if answer.status == _MISSING:
            return False
        comments = read(answer, answers.Comments).comments
        return any(mark(notice) in (comment.body or "") for comment in comments)

    async def _put(self, ticket: str, change: Mapping[str, Any]) -> http.Answer:
        return await self._call(
            "PUT", f"/tickets/{ticket}", body={"ticket": change}, takes=(_MISSING, _INVALID)
        )

    async def _call(self, method: str, path: str, **more: Any) -> http.Answer:
        headers = self._headers | more.pop("headers", {})
        return await patient(self._session, method, self._root + path, headers=headers, **more)


def _comment(notice: Notice) -> dict[str, Any]:
    page = html.body(notice) + f"<p>{mark(notice)}</p>"
    return {"html_body": _inert(page), "public": False}


def _inert(text: str) -> str:
    # Zendesk fills in placeholders, {{ticket.requester.email}} for one, wherever agents write.
    return text.replace("{", "{\u2060")
