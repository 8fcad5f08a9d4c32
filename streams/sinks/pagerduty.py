"""PagerDuty: Events API v2 out, webhooks v3 back.

https://developer.pagerduty.com/docs/events-api-v2-overview and
https://developer.pagerduty.com/docs/verifying-webhook-signatures
"""

import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import aiohttp
import msgspec

from scoring.command import MAX_NAME, Action, Command
from scoring.escalation import Status
from scoring.levels import Level
from streams.sinks import html, http, render
from streams.sinks.account import Hooked
from streams.sinks.hook import BadSignatureError, HookError
from streams.sinks.target import (
    ACKNOWLEDGED,
    CREATED,
    RESOLVED,
    UNCHANGED,
    UPDATED,
    Delivered,
    Later,
    Memory,
    Notice,
    named,
    secret,
    secrets,
    settings_of,
)
from streams.sinks.web import Address

RATE_PER_S = 2.0
"""About 120 events a minute are taken per integration key."""
KEYED = True
SEVERITY = {
    Level.CRISIS: "critical",
    Level.ESCALATE: "error",
    Level.RESPOND: "warning",
    Level.WATCH: "info",
}
_LONGEST_KEY = 255
_LONGEST_SUMMARY = 1024
_MOST_BYTES = 512 * 1024
_ACCEPTED = 202


class Settings(Hooked, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The integration key, and the secrets of the webhook subscription where one leads back.

    `url` is https://events.eu.pagerduty.com in the EU region.
    """

    routing_key_env: str = ""
    routing_key_file: str = ""
    url: Address = "https://events.pagerduty.com"

    def __post_init__(self) -> None:
        named(self, "routing_key")


class _PagerDuty:
    def __init__(self, url: str, routing_key: str, session: aiohttp.ClientSession) -> None:
        self._url = f"{url.rstrip('/')}/v2/enqueue"
        self._key = routing_key
        self._session = session

    async def deliver(self, notice: Notice, memory: Memory) -> Delivered:
        if notice.released_by:
            return Delivered(memory, UNCHANGED)  # no event takes an acknowledgement back
        sent = event(notice)
        body = sent | {"routing_key": self._key}
        answer = await http.call(self._session, "POST", self._url, body=body)
        if answer.status != _ACCEPTED or not isinstance(answer.json(), dict):
            # something in between answers, and nobody would be paged
            raise Later(f"HTTP {answer.status}, which is no answer of PagerDuty's; is url right?")
        if sent["event_action"] == "resolve":
            return Delivered({}, RESOLVED)
        outcome = UPDATED if memory else CREATED
        if notice.acknowledged_by:
            outcome = ACKNOWLEDGED
        return Delivered({"dedup_key": sent["dedup_key"]}, outcome)

    async def close(self) -> None:
        pass


def build(settings: Mapping[str, Any], session: aiohttp.ClientSession) -> _PagerDuty:
    """A PagerDuty service. Raises ConfigError."""
    values = settings_of(Settings, settings)
    return _PagerDuty(values.url, secret(values, "routing_key"), session)


def event(notice: Notice) -> dict[str, Any]:
    """The event without its key to the service."""
    said = notice.escalation
    if notice.acknowledged_by:
        return {"event_action": "acknowledge", "dedup_key": dedup_key(said.case_id)}
    if said.status is Status.RESOLVED:
        return {"event_action": "resolve", "dedup_key": dedup_key(said.case_id)}
    details: dict[str, Any] = {
        "text": render.plain(notice),
        "case": said.case_id,
        "episode": said.episode,
        "level": said.level,
        "score": said.score,
        "signals": msgspec.to_builtins(said.signals),
        "spread": msgspec.to_builtins(said.spread),
        "advice": list(said.advice),
    }
    made: dict[str, Any] = {
        "event_action": "trigger",
        "dedup_key": dedup_key(said.case_id),
        "client": "Tocsin",
        "payload": {
            "summary": render.summary(notice, _LONGEST_SUMMARY),
            "source": said.brand,
            "severity": SEVERITY[said.level],
            "timestamp": said.at.isoformat(),
            "component": said.brand,
            "group": said.kind,
            "class": "test" if notice.test else "complaint",
            "custom_details": details,
        },
    }
    if notice.console_url:
        made["client_url"] = notice.console_url
    if url := html.link(said.url or ""):
        made["links"] = [{"href": url, "text": render.summary(notice, 200)}]
    if len(msgspec.json.encode(made)) > _MOST_BYTES:
        details["text"] = render.short(details["text"], 1000)
    return made


def dedup_key(case_id: str) -> str:
    """The case's id; a digest of one that is too long, which then cannot be answered to."""
    if len(case_id) <= _LONGEST_KEY:
        return case_id
    return "tocsin-" + hashlib.sha256(case_id.encode()).hexdigest()


class _Agent(msgspec.Struct, frozen=True):
    type: str = ""
    summary: str = ""
    id: str = ""


class _Incident(msgspec.Struct, frozen=True):
    incident_key: str | None = None


class _Event(msgspec.Struct, frozen=True):
    id: str
    event_type: str
    occurred_at: datetime
    agent: _Agent | None = None
    data: _Incident = _Incident()


class _Body(msgspec.Struct, frozen=True):
    event: _Event


_ACTIONS = {
    "incident.acknowledged": Action.ACKNOWLEDGE,
    "incident.resolved": Action.RESOLVE,
}


class _Hook:
    """What people do in PagerDuty comes back; what our own events did there does not."""

    def __init__(self, name: str, keys: list[str]) -> None:
        self._name = name
        self._keys = keys

    async def read(self, headers: Mapping[str, str], content: bytes) -> Command | None:
        given = [part.strip() for part in headers.get("X-PagerDuty-Signature", "").split(",")]
        wanted = [
            "v1=" + hmac.new(key.encode(), content, hashlib.sha256).hexdigest()
            for key in self._keys
        ]
        # Every pair is compared, so that the time taken tells nothing.
        sent = [part.encode("utf-8", "surrogateescape") for part in given]
        if not sum(hmac.compare_digest(a, b.encode()) for a in sent for b in wanted):
            raise BadSignatureError
        try:
            event = msgspec.json.decode(content, type=_Body).event
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise HookError(str(error)) from error
        action, agent = _ACTIONS.get(event.event_type), event.agent
        case_id = event.data.incident_key or ""
        if action is None or agent is None or agent.type != "user_reference" or ":" not in case_id:
            return None
        return Command(
            id=f"pagerduty:{self._name}:{event.id}"[:MAX_NAME],
            action=action,
            case_id=case_id,
            at=event.occurred_at,
            by=(agent.summary or agent.id or "PagerDuty")[:MAX_NAME],
        )


def hook(name: str, settings: Mapping[str, Any], session: aiohttp.ClientSession) -> _Hook | None:
    """Reads the webhooks of this service, None where no secret is named. Raises ConfigError."""
    keys = secrets(settings_of(Settings, settings), "hook_secret")
    return _Hook(name, keys) if keys else None
