"""What is decided in Zendesk, Jira and Slack: signed as each documents it, else it says nothing."""

import asyncio
import contextlib
import hmac
import json
from base64 import b64encode
from datetime import UTC, datetime
from hashlib import sha256
from time import time
from types import ModuleType
from typing import Any, cast
from urllib.parse import urlencode

import pytest
from aiohttp import ClientSession, web
from aiohttp.test_utils import TestClient, TestServer
from hypothesis import given
from hypothesis import strategies as st
from slack_sdk.signature import SignatureVerifier

from scoring.command import Action, Command, decode_command, encode_command
from streams.errors import ConfigError
from streams.sinks import jira as jira_sink
from streams.sinks import slack as slack_sink
from streams.sinks import zendesk as zendesk_sink
from streams.sinks.flow_back import jira, slack, zendesk
from streams.sinks.flow_back.signed import FRESH_S, SignedHook
from streams.sinks.hook import BadSignatureError, HookError, NotNowError, StaleError
from streams.sinks.identity import case_key, case_of
from streams.sinks.settings import Delivery, Sink, Tickets
from streams.worker.hooks import Hooks
from tests.streams.sinks.jira_server import JiraServer
from tests.streams.sinks.notices import asynchronous
from tests.streams.sinks.zendesk_server import ZendeskServer

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


@pytest.mark.parametrize("external_id", [None, "", "ORDER-7", "tocsin:x", "tocsin:a:0", "a:b:1"])
def test_a_ticket_of_somebody_else_decides_nothing(external_id: str | None) -> None:
    assert from_zendesk(ticket_event("status_changed", "SOLVED", external_id)) is None


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


def test_jira_may_be_late_but_not_for_ever() -> None:
    body = issue_event(STATUS, category="done")
    assert from_jira(body, NOW + 3600) is not None
    with pytest.raises(StaleError, match=r"signed 1080\d s ago, where 7200 s are allowed"):
        from_jira(body, NOW + 3 * 3600)


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


@pytest.fixture
def tokens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOKEN", "t0ken")
    monkeypatch.setenv("HOOK", SECRET)


@pytest.mark.usefixtures("tokens")
@pytest.mark.parametrize(
    ("user", "taken"),
    [
        ({"accountId": "5b-maria", "accountType": "atlassian", "displayName": "Maria"}, True),
        ({"accountId": "5b-bot", "accountType": "atlassian", "displayName": "Tocsin"}, False),
        ({"accountId": "557058:f58", "accountType": "app", "displayName": "Automation"}, False),
        ({}, False),
    ],
)
@pytest.mark.parametrize("named", [False, True])
@asynchronous
async def test_in_jira_only_people_decide(user: dict[str, str], taken: bool, named: bool) -> None:
    server = JiraServer()
    more = {"account": "5b-bot"} if named else {}
    async with TestServer(server.app) as at, ClientSession() as session:
        hook = hook_to(jira_sink, str(at.make_url("/")), session, **more)
        for number in range(2):
            body = issue_event(
                STATUS, category="indeterminate", user=user, timestamp=int(time() * 1000) - number
            )
            assert (await hook.read(jira_request(body), body) is not None) == taken
    # looked up once, and only where it has to be
    assert len(server.calls) == (1 if user.get("accountType") == "atlassian" and not named else 0)


@pytest.mark.usefixtures("tokens")
@asynchronous
async def test_data_center_knows_people_by_their_keys() -> None:
    server = JiraServer(cloud=False)
    options = {"edition": "data-center", "user": ""}
    async with TestServer(server.app) as at, ClientSession() as session:
        hook = hook_to(jira_sink, str(at.make_url("/")), session, **options)
        for key, taken in (("JIRAUSER10100", False), ("JIRAUSER10200", True)):
            body = issue_event(
                STATUS, category="done", user={"key": key}, timestamp=int(time() * 1000)
            )
            assert (await hook.read(jira_request(body), body) is not None) == taken


@pytest.mark.usefixtures("tokens")
@pytest.mark.parametrize(
    ("actor", "taken"), [("8447388090494", True), ("8447", False), ("-1", False), ("", False)]
)
@pytest.mark.parametrize("kind", ["agent_assignment_changed", "status_changed"])
@pytest.mark.parametrize("named", [{}, {"account": 8447}, {"account": "8447"}])
@asynchronous
async def test_in_zendesk_only_agents_decide(
    actor: str, taken: bool, kind: str, named: dict[str, Any]
) -> None:
    """Zendesk assigns a ticket that our token solves to the token's own agent."""
    server = ZendeskServer()
    current = "8447" if kind == "agent_assignment_changed" else "PENDING"
    body = ticket_event(kind, current, actor=actor)
    headers = zendesk_request(body, stamp=datetime.now(UTC).isoformat())
    async with TestServer(server.app) as at, ClientSession() as session:
        hook = hook_to(zendesk_sink, str(at.make_url("/")), session, **named)
        assert (await hook.read(headers, body) is not None) == taken


@pytest.mark.usefixtures("tokens")
@asynchronous
async def test_while_nobody_knows_whose_doing_it_was_it_is_to_come_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What Tocsin did itself must never count as a person's acknowledgement."""
    desk, issues = ZendeskServer(), JiraServer()
    ticket = ticket_event("status_changed", "PENDING")
    issue = issue_event(STATUS, category="done", timestamp=int(time() * 1000))
    async with (
        TestServer(desk.app) as zendesk_at,
        TestServer(issues.app) as jira_at,
        ClientSession() as session,
    ):
        to_jira = hook_to(jira_sink, str(jira_at.make_url("/")), session)
        issues.failures.append(web.Response(status=503))
        with pytest.raises(NotNowError, match="503"):
            await to_jira.read(jira_request(issue), issue)
        assert await to_jira.read(jira_request(issue), issue) is not None
        monkeypatch.setenv("TOKEN", "wrong")
        stamp = datetime.now(UTC).isoformat()
        with pytest.raises(NotNowError, match="check token and user"):
            await hook_to(zendesk_sink, str(zendesk_at.make_url("/")), session).read(
                zendesk_request(ticket, stamp=stamp), ticket
            )


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


@pytest.mark.usefixtures("tokens")
@asynchronous
async def test_jira_is_asked_to_send_again_what_nobody_can_judge_yet() -> None:
    site = JiraServer()
    async with TestServer(site.app) as jira_at, ClientSession() as session:
        options = {
            "url": str(jira_at.make_url("/")),
            "project": "CARE",
            "user": "bot@skylark.example",
            "token_env": "TOKEN",
            "hook_secret_env": "HOOK",
        }
        tickets = Tickets(
            sinks={"a": Sink(name="a", type="jira", delivery=Delivery(), options=options)}
        )
        app = web.Application()
        # nothing below becomes a command, hence nothing goes to the broker
        app.add_routes(Hooks(tickets, "case-commands", cast("Any", None), session).routes)
        async with TestClient(TestServer(app)) as client:
            body = issue_event(
                STATUS, category="done", user={"accountId": "5b-bot"}, timestamp=int(time() * 1000)
            )
            site.failures.append(web.Response(status=503))
            statuses = [
                (await client.post("/hooks/jira/a", data=body, headers=jira_request(body))).status
                for _ in range(2)
            ]
    assert statuses == [503, 200]
