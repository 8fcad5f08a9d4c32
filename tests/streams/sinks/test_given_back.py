"""A case that somebody has taken and given back: what each ticket system is told."""

import pytest

from scoring.levels import Level
from streams.sinks import jira, servicenow, slack, zendesk
from streams.sinks.jira_text import document_text
from streams.sinks.target import Notice
from tests.streams.sinks.jira_server import JiraServer
from tests.streams.sinks.notices import OPENED, asynchronous, notice, told
from tests.streams.sinks.slack_server import CHANNEL, TOKEN, SlackServer
from tests.streams.sinks.test_mail import Postmaster, running
from tests.streams.sinks.test_mail import sink as mail_sink
from tests.streams.sinks.test_servicenow import LOGIN, EventServer
from tests.streams.sinks.zendesk_server import ZendeskServer

SAID = "nobody has it: maria gave it back"


def decided(number: int, *, by: str = "", given_back: str = "") -> Notice:
    command = f"command-{number}"
    return notice(level=Level.RESPOND, by=by, given_back=given_back, command=command)


TURNS = (
    OPENED,
    decided(1, by="maria"),
    decided(2, given_back="maria"),
    decided(3, by="maria"),
    decided(4, given_back="maria"),
)
"""The same person takes it and gives it back twice: no repetition, but news each time."""
OUTCOMES = ["created", "acknowledged", "released", "acknowledged", "released"]


@pytest.fixture(autouse=True)
def secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("JIRA_TOKEN", "ZENDESK_TOKEN", "SLACK_SIGNING"):
        monkeypatch.setenv(name, "t0ken")
    monkeypatch.setenv("SLACK_TOKEN", TOKEN)


@asynchronous
async def test_zendesk_has_a_comment_for_each() -> None:
    server = ZendeskServer()
    login = {"user": "agent@skylark.example", "token_env": "ZENDESK_TOKEN"}
    async with server.target(zendesk, **login) as sink:
        assert await told(sink, *TURNS) == OUTCOMES
    assert len(server.texts(100)) == len(TURNS)
    assert SAID in server.texts(100)[2]
    assert server.tickets[100]["status"] != "solved"


@asynchronous
async def test_jira_has_a_comment_for_each() -> None:
    server = JiraServer()
    settings = {"project": "CARE", "token_env": "JIRA_TOKEN", "user": "bot@skylark.example"}
    async with server.target(jira, **settings) as sink:
        assert await told(sink, *TURNS) == OUTCOMES
    comments = [document_text(one) for one in server.issues["CARE-1"]["comments"]]
    assert len(comments) == len(TURNS) - 1
    assert SAID in comments[1]


@asynchronous
async def test_slack_says_it_in_the_thread_and_has_its_button_back() -> None:
    server = SlackServer()
    settings = {
        "channel": CHANNEL,
        "token_env": "SLACK_TOKEN",
        "hook_secret_env": "SLACK_SIGNING",
        "path": "/api",
    }
    async with server.target(slack, **settings) as sink:
        assert await told(sink, *TURNS) == OUTCOMES
    (message,) = server.messages.values()
    shown = [block for block in message["blocks"] if block["type"] == "actions"]
    assert "tocsin_acknowledge" in str(shown)
    assert len(server.replies) == len(TURNS) - 1
    assert SAID in server.replies[1]["text"]


@asynchronous
async def test_servicenow_says_who_gave_it_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(LOGIN["password_env"], "pa:ss")
    server = EventServer()
    async with server.target(servicenow, **LOGIN) as sink:
        assert await told(sink, *TURNS) == OUTCOMES
    assert '"released_by":"maria"' in server.events[-1]["additional_info"]
    assert "acknowledged_by" not in server.events[-1]["additional_info"]
    assert server.events[-1]["severity"] == server.events[0]["severity"]


@asynchronous
async def test_mail_is_answered_in_the_thread() -> None:
    postmaster = Postmaster()
    async with running(postmaster) as port:
        assert await told(mail_sink(port), *TURNS) == OUTCOMES
    ids = [message["Message-ID"] for message in postmaster.messages]
    assert len(set(ids)) == len(TURNS)
    assert [message["X-Tocsin-Status"] for message in postmaster.messages][1:] == OUTCOMES[1:]
