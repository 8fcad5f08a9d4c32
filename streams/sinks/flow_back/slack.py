"""Slack: the buttons under a message.

https://docs.slack.dev/authentication/verifying-requests-from-slack and
https://docs.slack.dev/reference/interaction-payloads/block_actions-payload
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated
from urllib.parse import parse_qs

import msgspec
from slack_sdk.signature import Clock, SignatureVerifier

from scoring.command import Action, Command
from streams.sinks.flow_back.verified import Unverified
from streams.sinks.slack_blocks import BUTTONS, ButtonValue


class _User(msgspec.Struct):
    id: str
    username: str = ""
    name: str = ""


class _Pressed(msgspec.Struct):
    action_id: str = ""
    value: str = ""
    action_ts: str = ""


class _Payload(msgspec.Struct):
    type: str
    user: _User
    actions: Annotated[tuple[_Pressed, ...], msgspec.Meta(min_length=1)]


class _At(Clock):
    def __init__(self, now: float) -> None:
        self._now = now

    def now(self) -> float:
        return self._now


def command(headers: Mapping[str, str], body: bytes, secret: str, now: float) -> Command | None:
    """What the button that was pressed decides about its case."""
    try:
        signed = SignatureVerifier(secret, _At(now)).is_valid_request(body, dict(headers))
    except (ValueError, TypeError):  # a time that is no number, a body that is no UTF-8
        signed = False
    if not signed:
        raise Unverified("the signature is not ours, or too old")
    form = parse_qs(body.decode(), max_num_fields=16)
    try:
        payload = msgspec.json.decode(form.get("payload", [""])[0], type=_Payload)
        pressed = payload.actions[0]
        case = msgspec.json.decode(pressed.value, type=ButtonValue)
        at = datetime.fromtimestamp(float(pressed.action_ts), UTC)
    except (msgspec.DecodeError, ValueError, OverflowError, OSError):
        return None
    action = BUTTONS.get(pressed.action_id)
    if payload.type != "block_actions" or action is None:
        return None
    return Command(
        id=f"slack:{pressed.action_ts}:{payload.user.id}:{action}"[:256],
        action=Action(action),
        case_id=case.case_id,
        episode=case.episode,
        at=at,
        by=(payload.user.username or payload.user.name or payload.user.id)[:256],
    )
