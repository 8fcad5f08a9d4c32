"""Signatures of Zendesk, Jira and Slack: who has not the secret, or is late, says nothing."""

import asyncio
from datetime import UTC, datetime
from time import time
from typing import Any

import pytest
from aiohttp import ClientSession
from hypothesis import given
from hypothesis import strategies as st

from streams.errors import ConfigError
from streams.sinks import jira as jira_sink
from streams.sinks import slack as slack_sink
from streams.sinks.flow_back import jira, slack, zendesk
from streams.sinks.flow_back.signed import FRESH_S, SignedHook
from streams.sinks.hook import BadSignatureError, HookError, StaleError
from tests.streams.sinks.notices import asynchronous
from tests.streams.sinks.signed_calls import (
    NOW,
    SECRET,
    STATUS,
    from_jira,
    from_slack,
    hook_to,
    issue_event,
    jira_request,
    pressed,
    ticket_event,
    zendesk_request,
)


def test_jira_signs_as_its_documentation_shows() -> None:
    """https://developer.atlassian.com/cloud/jira/platform/webhooks/#secure-admin-webhooks"""
    signature = "sha256=a4771c39fbe90f317c7824e83ddef3caae9cb3d976c214ace1f2937e133263c9"
    with pytest.raises(HookError):  # signed, and no event
        jira.command(
            {"x-hub-signature": signature}, b"Hello World!", "It's a Secret to Everybody", NOW
        )


def test_slack_signs_as_its_documentation_shows() -> None:
    """https://docs.slack.dev/authentication/verifying-requests-from-slack"""
    body = (
        b"token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow"
        b"&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner"
        b"&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com"
        b"%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN"
        b"&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c"
    )
    headers = {
        "x-slack-request-timestamp": "1531420618",
        "x-slack-signature": "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503",
    }
    with pytest.raises(HookError):  # signed, and no button
        slack.command(headers, body, "8f742231b10e8888abcd99yyyzzz85a5", 1531420619.0)


def test_jira_may_be_late_but_not_for_ever() -> None:
    body = issue_event(STATUS, category="done")
    assert from_jira(body, NOW + 3600) is not None
    with pytest.raises(StaleError, match=r"signed 1080\d s ago, where 7200 s are allowed"):
        from_jira(body, NOW + 3 * 3600)


@pytest.mark.parametrize("shift", [-FRESH_S - 1, FRESH_S + 1])
def test_what_is_too_old_or_too_early_says_nothing(shift: float) -> None:
    """And the log says which of the two it is, apart from a wrong signature."""
    told = rf"signed 301 s {'ago' if shift < 0 else 'ahead'}, .* the clocks differ"
    with pytest.raises(StaleError, match=told):
        from_slack(pressed(), at=NOW + shift)
    body = ticket_event("status_changed", "SOLVED")
    stamp = datetime.fromtimestamp(NOW + shift, UTC).isoformat()
    with pytest.raises(StaleError, match=told):
        zendesk.command(zendesk_request(body, stamp=stamp), body, SECRET, NOW)


def test_a_request_that_is_signed_with_the_new_secret_and_old_is_old() -> None:
    body = ticket_event("status_changed", "SOLVED")
    stamp = datetime.fromtimestamp(NOW - 3 * 3600, UTC).isoformat()
    hook = SignedHook([SECRET, "the-one-before"], zendesk.command)
    with pytest.raises(StaleError):
        asyncio.run(hook.read(zendesk_request(body, stamp=stamp), body))


def test_another_secret_or_another_body_says_nothing() -> None:
    with pytest.raises(BadSignatureError):
        from_slack(pressed(), secret="another")
    body = ticket_event("status_changed", "SOLVED")
    with pytest.raises(BadSignatureError):
        zendesk.command(zendesk_request(body, secret="another"), body, SECRET, NOW)
    with pytest.raises(BadSignatureError):
        zendesk.command(zendesk_request(body), body + b" ", SECRET, NOW)
    with pytest.raises(BadSignatureError):
        jira.command({"x-hub-signature": "sha256=0"}, issue_event(STATUS), SECRET, NOW)


@pytest.mark.parametrize("reader", [zendesk.command, jira.command, slack.command])
@given(
    headers=st.dictionaries(
        st.sampled_from(
            [
                "x-zendesk-webhook-signature",
                "x-zendesk-webhook-signature-timestamp",
                "x-hub-signature",
                "x-slack-signature",
                "x-slack-request-timestamp",
            ]
        ),
        st.one_of(st.text("0123456789abcdefv=:-TZ é\0€"), st.just(str(int(NOW)))),
    ),
    body=st.binary(),
)
def test_whatever_comes_unsigned_is_refused_by_name(
    reader: Any, headers: dict[str, str], body: bytes
) -> None:
    with pytest.raises(BadSignatureError):
        reader(headers, body, SECRET, NOW)


@asynchronous
async def test_while_secrets_are_replaced_both_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"OLD": "old", "NEW": "new", "TOKEN": "t"}.items():
        monkeypatch.setenv(name, value)
    async with ClientSession() as session:
        hook = hook_to(
            jira_sink, "https://x.atlassian.net", session, hook_secret_env=["NEW", "OLD"]
        )
        body = issue_event(timestamp=int(time() * 1000))
        for secret in ("new", "old"):
            assert await hook.read(jira_request(body, secret), body) is None
        with pytest.raises(BadSignatureError):
            await hook.read({"X-Hub-Signature": "sha256=" + "0" * 64}, body)


@asynchronous
async def test_without_a_secret_there_is_no_way_back() -> None:
    async with ClientSession() as session:
        plain = {"channel": "C0CRISIS", "token_env": "TOKEN"}
        assert slack_sink.hook("slack", plain, session) is None
        wanted = plain | {"hook_secret_env": "NOT_SET"}
        with pytest.raises(ConfigError, match="NOT_SET"):
            slack_sink.hook("slack", wanted, session)
