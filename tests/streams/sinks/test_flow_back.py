"""What is decided in Zendesk, Jira and Slack becomes a command, and nothing else does."""

import contextlib
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.command import Action, Command, decode_command, encode_command
from streams.sinks.hook import HookError
from streams.sinks.identity import case_key, case_of
from tests.streams.sinks.signed_calls import (
    ASSIGNEE,
    CASE,
    NOW,
    STATUS,
    from_jira,
    from_slack,
    from_zendesk,
    issue_event,
    pressed,
    ticket_event,
)


@pytest.mark.parametrize(
    ("kind", "current", "action"),
    [
        ("status_changed", "SOLVED", Action.RESOLVE),
        ("status_changed", "PENDING", Action.ACKNOWLEDGE),
        ("status_changed", "HOLD", Action.ACKNOWLEDGE),
        ("agent_assignment_changed", "8447388090494", Action.ACKNOWLEDGE),
        ("status_changed", "OPEN", None),
        ("status_changed", "CLOSED", None),
        ("agent_assignment_changed", None, None),
        ("priority_changed", "URGENT", None),
    ],
)
def test_zendesk(kind: str, current: Any, action: Action | None) -> None:
    found = from_zendesk(ticket_event(kind, current))
    if action is None:
        assert found is None
        return
    assert found == Command(
        id="zendesk:cbe4028c-7239-495d-b020-f22348516046",
        action=action,
        case_id=CASE,
        episode=2,
        at=datetime(2026, 11, 22, 9, 59, 58, 123_000, tzinfo=UTC),
        by="zendesk agent 8447388090494",
    )
    assert decode_command(encode_command(found)) == found


@pytest.mark.parametrize("external_id", [None, "", "ORDER-7", "tocsin:x", "tocsin:a:0", "a:b:1"])
def test_a_ticket_of_somebody_else_decides_nothing(external_id: str | None) -> None:
    assert from_zendesk(ticket_event("status_changed", "SOLVED", external_id)) is None


@pytest.mark.parametrize(
    ("items", "category", "action"),
    [
        ([STATUS], "done", Action.RESOLVE),
        ([STATUS], "indeterminate", Action.ACKNOWLEDGE),
        ([STATUS], "new", None),
        ([ASSIGNEE], "new", Action.ASSIGN),
        ([ASSIGNEE, STATUS], "indeterminate", Action.ASSIGN),
        ([ASSIGNEE, STATUS], "done", Action.RESOLVE),
        ([ASSIGNEE | {"to": None, "toString": ""}], "new", None),
        ([{"field": "priority", "to": "2"}], "done", None),
        ([], "done", None),
    ],
)
def test_jira(items: list[dict[str, Any]], category: str, action: Action | None) -> None:
    body = issue_event(*items, category=category)
    found = from_jira(body)
    assert (found.action if found else None) == action
    if found:
        assert (found.case_id, found.episode, found.by) == (CASE, 2, "Maria Lind")
        assert found.assignee == ("Maria Lind" if action is Action.ASSIGN else None)
        assert from_jira(body) == found
        assert decode_command(encode_command(found)) == found


def test_jira_tells_more_than_is_asked() -> None:
    assert (
        from_jira(issue_event(STATUS, category="done", webhookEvent="jira:issue_created")) is None
    )
    assert from_jira(issue_event(STATUS, category="done", issue={"fields": {"labels": []}})) is None
    assert (
        from_jira(json.dumps({"timestamp": int(NOW * 1000), "webhookEvent": "x"}).encode()) is None
    )


def test_slack() -> None:
    found = from_slack(pressed("tocsin_acknowledge"))
    assert found is not None
    assert (found.action, found.case_id, found.episode) == (Action.ACKNOWLEDGE, CASE, 2)
    assert (found.by, found.at.timestamp()) == ("maria", NOW - 1)
    assert decode_command(encode_command(found)) == found
    resolved = from_slack(pressed())
    assert resolved is not None
    assert (resolved.action, resolved.id) == (Action.RESOLVE, f"slack:{NOW - 1:.6f}:U0CA5:resolve")


def test_slack_tells_more_than_is_asked() -> None:
    assert from_slack(pressed("another_app")) is None
    assert from_slack(pressed(type="view_submission")) is None
    assert from_slack(pressed(actions=[])) is None
    with pytest.raises(HookError):
        from_slack(b"payload=%7Bnone")
    with pytest.raises(HookError):
        from_slack(pressed(actions=[{"action_id": "tocsin_resolve", "value": "x"}]))


@given(
    body=st.one_of(
        st.binary(), st.recursive(st.text("ab{}é"), st.lists).map(json.dumps).map(str.encode)
    )
)
def test_whatever_is_signed_is_a_command_or_none_or_named(body: bytes) -> None:
    for read in (from_zendesk, from_jira):
        with contextlib.suppress(HookError):
            assert read(body) is None


@given(case_id=st.text("aB:%/ é😀\\\"'\n", min_size=1, max_size=300), episode=st.integers(1, 10**6))
def test_a_case_is_found_again_by_its_key(case_id: str, episode: int) -> None:
    key = case_key(case_id, episode)
    assert len(key) <= 255
    assert key.isascii()
    assert not set(key) & set(" \"'\\")
    assert case_of(key) in ((case_id, episode), None)
    assert case_of(key) or len(key) < 255
