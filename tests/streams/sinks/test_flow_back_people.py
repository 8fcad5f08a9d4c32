"""Whose doing it was: only what people decide in Zendesk and Jira comes back, never our own."""

from datetime import UTC, datetime
from time import time
from typing import Any, cast

import pytest
from aiohttp import ClientSession, web
from aiohttp.test_utils import TestClient, TestServer

from streams.sinks import jira as jira_sink
from streams.sinks import zendesk as zendesk_sink
from streams.sinks.hook import NotNowError
from streams.sinks.settings import Delivery, Sink, Tickets
from streams.worker.hooks import Hooks
from tests.streams.sinks.jira_server import JiraServer
from tests.streams.sinks.notices import asynchronous
from tests.streams.sinks.signed_calls import (
    SECRET,
    STATUS,
    hook_to,
    issue_event,
    jira_request,
    ticket_event,
    zendesk_request,
)
from tests.streams.sinks.zendesk_server import ZendeskServer


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
