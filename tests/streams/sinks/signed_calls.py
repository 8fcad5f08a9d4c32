"""What Zendesk, Jira and Slack send when somebody decides there, signed as each documents it."""

import hmac
import json
from base64 import b64encode
from datetime import UTC, datetime
from hashlib import sha256
from types import ModuleType
from typing import Any
from urllib.parse import urlencode

from aiohttp import ClientSession
from slack_sdk.signature import SignatureVerifier

from scoring.command import Command
from streams.sinks import jira as jira_sink
from streams.sinks.flow_back import jira, slack, zendesk
from streams.sinks.flow_back.signed import SignedHook
from streams.sinks.identity import case_key

NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC).timestamp()
SECRET = "s3cret"
CASE = "skylark-air:root 1"
KEY = case_key(CASE, 2)


def zendesk_request(
    body: bytes, *, stamp: str = "2026-11-22T10:00:00Z", secret: str = SECRET
) -> dict[str, str]:
    digest = hmac.new(secret.encode(), stamp.encode() + body, sha256).digest()
    return {
        "x-zendesk-webhook-signature": b64encode(digest).decode(),
        "x-zendesk-webhook-signature-timestamp": stamp,
    }


def ticket_event(
    kind: str, current: Any, external_id: str | None = KEY, *, actor: str = "8447388090494"
) -> bytes:
    """As in https://developer.zendesk.com/api-reference/webhooks/event-types/ticket-events"""
    return json.dumps(
        {
            "account_id": 22129848,
            "detail": {
                "actor_id": actor,
                "assignee_id": "8447388090494",
                "external_id": external_id,
                "id": "5158",
                "status": "OPEN",
                "tags": ["tocsin"],
            },
            "event": {"current": current, "previous": None},
            "id": "cbe4028c-7239-495d-b020-f22348516046",
            "subject": "zen:ticket:5158",
            "time": "2026-11-22T09:59:58.123Z",
            "type": f"zen:event-type:ticket.{kind}",
            "zendesk_event_version": "2022-11-06",
        }
    ).encode()


def from_zendesk(body: bytes) -> Command | None:
    return zendesk.command(zendesk_request(body), body, SECRET, NOW)


def issue_event(*items: dict[str, Any], category: str = "new", **changes: Any) -> bytes:
    """As in https://developer.atlassian.com/cloud/jira/platform/webhooks/"""
    return json.dumps(
        {
            "timestamp": int(NOW * 1000) - 2000,
            "webhookEvent": "jira:issue_updated",
            "issue_event_type_name": "issue_generic",
            "user": {"accountId": "5b10", "displayName": "Maria Lind"},
            "issue": {
                "id": "99291",
                "key": "CARE-1",
                "fields": {
                    "labels": ["tocsin", KEY],
                    "status": {"name": "Any", "statusCategory": {"key": category}},
                },
            },
            "changelog": {"id": 10124, "items": list(items)},
        }
        | changes
    ).encode()


STATUS = {"field": "status", "fieldtype": "jira", "from": "1", "to": "3", "toString": "Any"}
ASSIGNEE = {"field": "assignee", "to": "5b10", "toString": "Maria Lind"}


def from_jira(body: bytes, now: float = NOW) -> Command | None:
    signature = "sha256=" + hmac.new(SECRET.encode(), body, sha256).hexdigest()
    return jira.command({"x-hub-signature": signature}, body, SECRET, now)


def pressed(
    action_id: str = "tocsin_resolve", *, case_id: str = CASE, episode: int = 2, **changes: Any
) -> bytes:
    """As in https://docs.slack.dev/reference/interaction-payloads/block_actions-payload"""
    value = json.dumps({"case_id": case_id, "episode": episode})
    payload = {
        "type": "block_actions",
        "user": {"id": "U0CA5", "username": "maria", "name": "maria", "team_id": "T3"},
        "api_app_id": "A02",
        "token": "ignored",
        "container": {"type": "message", "message_ts": "1548261231.000200"},
        "actions": [
            {
                "type": "button",
                "action_id": action_id,
                "value": value,
                "action_ts": f"{NOW - 1:.6f}",
            }
        ],
    }
    return urlencode({"payload": json.dumps(payload | changes)}).encode()


def from_slack(body: bytes, *, secret: str = SECRET, at: float = NOW) -> Command | None:
    stamp = str(int(at))
    signature = SignatureVerifier(secret).generate_signature(timestamp=stamp, body=body)
    headers = {"x-slack-request-timestamp": stamp, "x-slack-signature": signature or ""}
    return slack.command(headers, body, SECRET, NOW)


def hook_to(module: ModuleType, url: str, session: ClientSession, **more: Any) -> SignedHook:
    """A sink's way back, the sink being at `url`."""
    mine = {"project": "CARE"} if module is jira_sink else {}
    user = "bot@skylark.example" if module is jira_sink else "agent@skylark.example"
    common = {"url": url, "user": user, "token_env": "TOKEN", "hook_secret_env": "HOOK"}
    found = module.hook("sink", common | mine | more, session)
    assert isinstance(found, SignedHook)
    return found


def jira_request(body: bytes, secret: str = SECRET) -> dict[str, str]:
    return {"X-Hub-Signature": "sha256=" + hmac.new(secret.encode(), body, sha256).hexdigest()}
