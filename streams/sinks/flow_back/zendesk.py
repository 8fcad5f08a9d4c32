"""Zendesk: an agent takes the ticket, or solves it.

https://developer.zendesk.com/documentation/webhooks/verifying/ and
https://developer.zendesk.com/api-reference/webhooks/event-types/ticket-events/
"""

from base64 import b64encode
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec

from scoring.command import Action, Command
from streams.sinks.flow_back import signed
from streams.sinks.hook import BadSignatureError, HookError
from streams.sinks.identity import case_of

_STATUS = "zen:event-type:ticket.status_changed"
_ASSIGNED = "zen:event-type:ticket.agent_assignment_changed"
_IN_HAND = frozenset({"PENDING", "HOLD"})
"""An agent waits for somebody. OPEN says nothing: Tocsin itself opens a ticket that gets worse."""


class _Detail(msgspec.Struct):
    external_id: str | None = None
    actor_id: str = ""


class _Change(msgspec.Struct):
    current: Any = None


class _Event(msgspec.Struct):
    id: str
    type: str
    time: datetime
    detail: _Detail = msgspec.field(default_factory=_Detail)
    event: _Change = msgspec.field(default_factory=_Change)


_decoder = msgspec.json.Decoder(_Event, strict=False)


def command(headers: Mapping[str, str], body: bytes, secret: str, now: float) -> Command | None:
    """What the agent decided about the case that the ticket's external id names."""
    stamp = signed.header(headers, "x-zendesk-webhook-signature-timestamp")
    given = signed.header(headers, "x-zendesk-webhook-signature")
    expected = signed.hmac_sha256(secret, stamp.encode("utf-8", "surrogateescape"), body)
    signed.check(b64encode(expected).decode(), given)
    signed.fresh(_seconds(stamp), now)
    try:
        event = _decoder.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise HookError(str(error)) from error
    case, action = case_of(event.detail.external_id or ""), _action(event)
    if case is None or action is None or event.time.tzinfo is None:
        return None
    return Command(
        id=f"zendesk:{event.id}"[:256],
        action=action,
        case_id=case[0],
        episode=case[1],
        at=event.time,
        by=f"zendesk agent {_who(event)}",
    )


def actor(body: bytes) -> str:
    """The user who did it; none for the system itself, which is -1."""
    found = _decoder.decode(body).detail.actor_id
    return found if found.isdecimal() and found.strip("0") else ""


def _seconds(stamp: str) -> float:
    try:
        return datetime.fromisoformat(stamp).timestamp()
    except ValueError:
        raise BadSignatureError("the time of the signature is none") from None


def _action(event: _Event) -> Action | None:
    current = event.event.current
    if event.type == _ASSIGNED and current:
        return Action.ACKNOWLEDGE
    if event.type == _STATUS and current == "SOLVED":
        return Action.RESOLVE
    if event.type == _STATUS and isinstance(current, str) and current in _IN_HAND:
        return Action.ACKNOWLEDGE
    return None


def _who(event: _Event) -> str:
    taken = event.event.current if event.type == _ASSIGNED else event.detail.actor_id
    return str(taken)[:64]
