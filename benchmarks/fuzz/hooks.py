"""Webhooks of ticket systems: rightly signed nonsense, and wrongly signed sense."""

import hmac
import json
import time
from collections.abc import Callable, Coroutine, Mapping
from hashlib import sha256
from typing import cast
from urllib.parse import quote_from_bytes

from benchmarks.fuzz.seeds import base64_of
from benchmarks.fuzz.targets import Target
from scoring.command import Command, encode_command
from streams.sinks.flow_back import jira, slack, zendesk
from streams.sinks.flow_back.signed import Actor, Own, Reader, SignedHook
from streams.sinks.hook import HookError
from streams.sinks.identity import case_key
from streams.sinks.pagerduty import _Hook

KEY = "fuzz"
CASE = case_key("skylark-air:root", 1)
Sign = Callable[[bytes], dict[str, str]]

_ZENDESK = {
    "detail": {"actor_id": "1", "external_id": CASE, "status": "OPEN", "tags": ["tocsin"]},
    "event": {"current": "SOLVED", "previous": None},
    "id": "cbe4028c",
    "time": "2026-11-22T09:59:58.123Z",
    "type": "zen:event-type:ticket.status_changed",
}
_JIRA = {
    "timestamp": int(time.time() * 1000),
    "webhookEvent": "jira:issue_updated",
    "user": {"accountId": "1", "displayName": "Ana"},
    "issue": {
        "id": "1",
        "key": "A-1",
        "fields": {"labels": [CASE], "status": {"statusCategory": {"key": "done"}}},
    },
    "changelog": {"id": "1", "items": [{"field": "status", "from": "1", "to": "2"}]},
}
_SLACK = {
    "type": "block_actions",
    "user": {"id": "U1", "username": "ana"},
    "actions": [
        {
            "action_id": "tocsin_acknowledge",
            "action_ts": "1767225600.5",
            "value": '{"case_id":"acme:root","episode":1}',
        }
    ],
}
_PAGERDUTY = {
    "event": {
        "id": "5ac",
        "event_type": "incident.acknowledged",
        "occurred_at": "2026-03-02T09:05:00.000Z",
        "agent": {"id": "P", "summary": "Maria", "type": "user_reference"},
        "data": {"incident_key": "acme:root"},
    }
}


def _zendesk(body: bytes) -> dict[str, str]:
    stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    digest = hmac.new(KEY.encode(), stamp.encode() + body, sha256).digest()
    return {
        "X-Zendesk-Webhook-Signature": base64_of(digest),
        "X-Zendesk-Webhook-Signature-Timestamp": stamp,
    }


def _jira(body: bytes) -> dict[str, str]:
    return {"X-Hub-Signature": "sha256=" + hmac.new(KEY.encode(), body, sha256).hexdigest()}


def _slack(body: bytes) -> dict[str, str]:
    stamp = str(int(time.time()))
    digest = hmac.new(KEY.encode(), b"v0:" + stamp.encode() + b":" + body, sha256).hexdigest()
    return {"X-Slack-Signature": f"v0={digest}", "X-Slack-Request-Timestamp": stamp}


def _pagerduty(body: bytes) -> dict[str, str]:
    digest = hmac.new(KEY.encode(), body, sha256).hexdigest()
    return {"X-PagerDuty-Signature": f"v1={digest}"}


def _of(reader: Reader, actor: Actor | None = None) -> SignedHook:
    return SignedHook([KEY], reader, Own(actor, _account) if actor else None)


async def _account() -> str:
    return "tocsin"


def _finished(reading: Coroutine[None, None, Command | None]) -> Command | None:
    """What a coroutine returns that waits for nothing."""
    try:
        reading.send(None)
    except StopIteration as end:
        return cast("Command | None", end.value)
    raise RuntimeError("it waits for something")


def _target(name: str, example: object, hook: SignedHook | _Hook, sign: Sign) -> Target:
    def read(raw: bytes) -> None:
        # One in eight is not signed, or for another body.
        headers = sign(raw[:8]) if len(raw) % 8 == 0 else sign(raw)
        command = _finished(hook.read(headers, raw))
        if command is not None:
            encode_command(command)

    body = json.dumps(example).encode()
    seeds = [b"payload=" + quote_from_bytes(body).encode(), body] if name == "slack" else [body]
    return Target(name, 1, lambda: seeds, read, (HookError,))


def every() -> Mapping[str, Target]:
    """The targets by name."""
    made = [
        _target("zendesk", _ZENDESK, _of(zendesk.command, zendesk.actor), _zendesk),
        _target("jira", _JIRA, _of(jira.command, jira.actor), _jira),
        _target("slack", _SLACK, _of(slack.command), _slack),
        _target("pagerduty", _PAGERDUTY, _Hook("pager", [KEY]), _pagerduty),
    ]
    return {target.name: target for target in made}
