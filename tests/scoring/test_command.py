"""Case commands: what a person may decide, and every way to say it wrong."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.command import Action, decode_command, encode_command
from scoring.errors import BadCommandError

ACKNOWLEDGE: dict[str, Any] = {
    "id": "c-1",
    "action": "acknowledge",
    "case_id": "skylark-air:root",
    "at": "2013-09-02T12:00:00Z",
    "by": "maria",
}


def raw(**changes: Any) -> bytes:
    return json.dumps(ACKNOWLEDGE | changes).encode()


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"action": "resolve"},
        {"action": "assign", "assignee": "jo"},
        {"action": "snooze", "until": "2013-09-02T16:00:00+02:00"},
        {"zz": [1]},
    ],
)
def test_a_command_survives_the_log(more: dict[str, Any]) -> None:
    command = decode_command(raw(**more))
    assert command.action is Action(more.get("action", "acknowledge"))
    assert decode_command(encode_command(command)) == command


@pytest.mark.parametrize(
    ("changes", "needle"),
    [
        ({"action": "delete"}, "action"),
        ({"action": "assign"}, "assignee"),
        ({"action": "assign", "assignee": ""}, "assignee"),
        ({"action": "snooze"}, "until"),
        ({"action": "snooze", "until": "2013-09-02T12:00:00Z"}, "until"),
        ({"at": "2013-09-02"}, "at"),
        ({"by": ""}, "by"),
        ({"case_id": 7}, "case_id"),
        ({"id": "x" * 257}, "id"),
        ({"zz": "x" * 20_000}, "bytes"),
    ],
)
def test_a_bad_command_says_why(changes: dict[str, Any], needle: str) -> None:
    with pytest.raises(BadCommandError, match=needle):
        decode_command(raw(**changes))


@given(st.binary(max_size=200))
def test_any_bytes(data: bytes) -> None:
    with pytest.raises(BadCommandError):
        decode_command(data)


def test_nobody_is_called_by_spaces() -> None:
    raw = b'{"id":"1","action":"assign","case_id":"b:1","at":"2026-01-31T12:00:00Z","by":"ana",'
    assert decode_command(raw + b'"assignee":" b "}').assignee == " b "
    with pytest.raises(BadCommandError, match="blank"):
        decode_command(raw + b'"assignee":" \\t"}')
