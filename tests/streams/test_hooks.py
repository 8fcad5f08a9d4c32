"""PagerDuty's webhooks: the documented signature, and what is made of each event."""

import asyncio
import hashlib
import hmac
import json

import pytest

from scoring.command import Action, Command
from streams.sinks.hook import BadSignatureError, HookError
from streams.sinks.pagerduty import _Hook


def acknowledged(
    key: str | None, type_: str = "incident.acknowledged", agent: str = "user_reference"
) -> bytes:
    """As https://developer.pagerduty.com/docs/webhooks-overview#webhook-payload shows it."""
    event = {
        "id": "5ac64822-4adc-4fda-ade0-410becf0de4f",
        "event_type": type_,
        "resource_type": "incident",
        "occurred_at": "2026-03-02T09:05:00.000Z",
        "agent": {"id": "PLH1HKV", "summary": "Maria Lopez", "type": agent},
        "client": None,
        "data": {"id": "PGR0VU2", "type": "incident", "number": 2, "incident_key": key},
    }
    return json.dumps({"event": event}).encode()


def signed(content: bytes, *keys: str) -> dict[str, str]:
    signatures = [hmac.new(key.encode(), content, hashlib.sha256).hexdigest() for key in keys]
    return {"X-PagerDuty-Signature": ",".join(f"v1={one}" for one in signatures)}


def read(hook: _Hook, headers: dict[str, str], content: bytes) -> Command | None:
    return asyncio.run(hook.read(headers, content))


def test_what_people_do_becomes_a_command() -> None:
    hook = _Hook("pager", ["new", "old"])
    content = acknowledged("acme:root")
    command = read(hook, signed(content, "other", "old"), content)
    assert command is not None
    assert (command.action, command.case_id, command.by) == (
        Action.ACKNOWLEDGE,
        "acme:root",
        "Maria Lopez",
    )
    assert command.id == "pagerduty:pager:5ac64822-4adc-4fda-ade0-410becf0de4f"
    content = acknowledged("acme:root", "incident.resolved")
    again = read(hook, signed(content, "new"), content)
    assert again is not None
    assert again.action is Action.RESOLVE


@pytest.mark.parametrize(
    "content",
    [
        acknowledged("acme:root", "incident.annotated"),
        acknowledged("acme:root", agent="inbound_integration_reference"),
        acknowledged("9f86d081884c"),
        acknowledged(None),
    ],
)
def test_everything_else_is_taken_and_does_nothing(content: bytes) -> None:
    assert read(_Hook("pager", ["k"]), signed(content, "k"), content) is None


def test_what_is_not_signed_is_not_read() -> None:
    hook, content = _Hook("pager", ["k"]), acknowledged("acme:root")
    for headers in ({}, signed(content, "other"), {"X-PagerDuty-Signature": "v1=é"}):
        with pytest.raises(BadSignatureError):
            read(hook, headers, content)
    with pytest.raises(BadSignatureError):
        read(hook, signed(content, "k"), content + b" ")
    with pytest.raises(HookError):
        read(hook, signed(b"[]", "k"), b"[]")
