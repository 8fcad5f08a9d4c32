"""Slack: the buttons under a message.

https://docs.slack.dev/authentication/verifying-requests-from-slack and
https://docs.slack.dev/reference/interaction-payloads/block_actions-payload
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from urllib.parse import parse_qs

import msgspec
from slack_sdk.signature import Clock, SignatureVerifier

from scoring.command import Command
from streams.sinks.flow_back.signed import fresh
from streams.sinks.hook import BadSignatureError, HookError
from streams.sinks.slack_blocks import BUTTONS, ButtonValue


class _User(msgspec.Struct):
    id: str = ""
    username: str = ""
    name: str = ""


class _Pressed(msgspec.Struct):
    action_id: str = ""
    value: str = ""
    action_ts: str = ""


class _Payload(msgspec.Struct):
    type: str
    user: _User = msgspec.field(default_factory=_User)
    actions: tuple[_Pressed, ...] = ()


class _At(Clock):
    def __init__(self, now: float) -> None:
        self._now = now

    def now(self) -> float:
        return self._now


def command(headers: Mapping[str, str], body: bytes, secret: str, now: float) -> Command | None:
    """What the button that was pressed decides about its case."""
    at = 0.0
    try:
        at = float(headers.get("x-slack-request-timestamp", ""))
        # the SDK tells a wrong signature and an old one alike: it judges the first, `fresh` the age
        signed = SignatureVerifier(secret, _At(at)).is_valid_request(body, headers)
    except (ValueError, TypeError, OverflowError):  # no number, a body that is no UTF-8
        signed = False
    if not signed:
        raise BadSignatureError("the signature is not ours")
    fresh(at, now)
    try:
        form = parse_qs(body.decode(), max_num_fields=16)
        payload = msgspec.json.decode(form.get("payload", [""])[0], type=_Payload)
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        raise HookError(str(error)) from error
    pressed = next((each for each in payload.actions if each.action_id in BUTTONS), None)
    if payload.type != "block_actions" or pressed is None:
        return None
    try:
        case = msgspec.json.decode(pressed.value, type=ButtonValue)
        pressed_at = datetime.fromtimestamp(float(pressed.action_ts), UTC)
    except (msgspec.DecodeError, ValueError, OverflowError, OSError, RecursionError) as error:
        raise HookError(str(error)) from error
    action = BUTTONS[pressed.action_id]
    return Command(
        id=f"slack:{pressed.action_ts}:{payload.user.id}:{action}"[:256],
        action=action,
        case_id=case.case_id,
        episode=case.episode,
        at=pressed_at,
        by=(payload.user.username or payload.user.name or payload.user.id or "slack")[:256],
    )
