"""Jira: searched before it is created, moved by the names of its workflow, commented once."""

from contextlib import AbstractAsyncContextManager
from typing import Any

import pytest

from streams.errors import ConfigError
from streams.sinks import jira
from streams.sinks.jira_text import document_text
from streams.sinks.target import Later, Refused, Target
from tests.streams.sinks.jira_server import JiraServer
from tests.streams.sinks.notices import (
    AGAIN,
    OPENED,
    OVER,
    SAME,
    TAKEN,
    WORSE,
    asynchronous,
    notice,
    told,
    until_taken,
)
from tests.streams.sinks.vendor import said


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> JiraServer:
    monkeypatch.setenv("JIRA_TOKEN", "t0ken")
    return JiraServer()


def target(server: JiraServer, **settings: Any) -> AbstractAsyncContextManager[Target]:
    common: dict[str, Any] = {"project": "CARE", "token_env": "JIRA_TOKEN"}
    if server.cloud:
        common["user"] = "bot@skylark.example"
    else:
        common["edition"] = "data-center"
    return server.target(jira, **common | settings)


@asynchronous
async def test_the_life_of_an_issue(server: JiraServer) -> None:
    async with target(server, acknowledge_transition="In Progress", labels=["social"]) as sink:
        outcomes = await told(sink, OPENED, WORSE, TAKEN, OVER)
    assert outcomes == ["created", "updated", "acknowledged", "resolved"]
    issue = server.issues["CARE-1"]
    assert server.status("CARE-1") == "Done"
    assert issue["fields"]["priority"] == {"name": "Highest"}
    assert issue["fields"]["labels"] == ["tocsin", "tocsin:skylark-air:root%201:1", "social"]
    assert len(server.issues) == 1
    assert len(issue["comments"]) == 3
    assert "maria" in document_text(issue["comments"][1])


@asynchronous
async def test_in_a_document_strangers_words_are_text(server: JiraServer) -> None:
    async with target(server) as sink:
        await told(sink, notice(url="javascript:alert(1)"))
    described = server.issues["CARE-1"]["fields"]["description"]
    assert "<!channel> <@U1>" in document_text(described)
    assert _kinds(described) <= {"doc", "paragraph", "bulletList", "listItem", "text"}
    assert [mark["attrs"]["href"] for mark in _links(described)] == [
        "https://tocsin.example/cases/1"
    ]


@asynchronous
async def test_in_wiki_markup_strangers_words_are_escaped(server: JiraServer) -> None:
    server = JiraServer(cloud=False)
    async with target(server) as sink:
        assert await told(sink, OPENED, OVER) == ["created", "updated"]
    described = server.issues["CARE-1"]["fields"]["description"]
    assert r"\{code\}\*x\*\{code\} \[\~admin\]" in described
    assert "[The original|https://social.example/posts/1]" in described


@asynchronous
async def test_a_lost_answer_makes_no_second_issue(server: JiraServer) -> None:
    server.lose_answer_to = "POST /issue"
    async with target(server) as sink:
        delivered = await until_taken(sink, OPENED)
    assert delivered.memory["issue"] == "CARE-1"
    assert len(server.issues) == 1
    assert not server.issues["CARE-1"]["comments"]


@asynchronous
async def test_a_lost_answer_makes_no_second_comment(server: JiraServer) -> None:
    async with target(server) as sink:
        first = await sink.deliver(OPENED, {})
        server.lose_answer_to = "POST /comment"
        again = await until_taken(sink, WORSE, first.memory)
    assert again.outcome == "unchanged"
    assert len(server.issues["CARE-1"]["comments"]) == 1


@asynchronous
async def test_memory_needs_no_search(server: JiraServer) -> None:
    server.indexed = False
    async with target(server) as sink:
        assert await told(sink, OPENED, WORSE, OVER) == ["created", "updated", "updated"]
    assert len(server.issues) == 1


@asynchronous
async def test_a_label_of_other_letters_is_another_case(server: JiraServer) -> None:
    async with target(server) as sink:
        await told(sink, notice(case_id="skylark-air:abc"))
        assert await told(sink, notice(case_id="skylark-air:ABC")) == ["created"]
    assert len(server.issues) == 2


@asynchronous
async def test_a_step_that_is_not_there_leaves_a_comment(
    server: JiraServer, caplog: pytest.LogCaptureFixture
) -> None:
    async with target(server) as sink:
        assert await told(sink, OPENED, OVER) == ["created", "updated"]
    assert server.status("CARE-1") == "To Do"
    assert len(server.issues["CARE-1"]["comments"]) == 1
    assert "'Done' is not possible from 'To Do'; possible: Start" in caplog.text


@asynchronous
async def test_a_step_that_wants_a_field_leaves_a_comment(server: JiraServer) -> None:
    server.required_to_move = True
    async with target(server) as sink:
        first = await sink.deliver(OPENED, {})
        server.put("CARE-1", "In Progress")
        assert await told(sink, OVER, memory=dict(first.memory)) == ["updated"]
    assert server.status("CARE-1") == "In Progress"
    assert len(server.issues["CARE-1"]["comments"]) == 1


@asynchronous
async def test_what_was_closed_by_hand_is_opened_only_when_it_gets_worse(
    server: JiraServer,
) -> None:
    async with target(server, reopen_transition="Reopen") as sink:
        first = await sink.deliver(OPENED, {})
        server.put("CARE-1", "Done")
        await sink.deliver(SAME, first.memory)
        assert server.status("CARE-1") == "Done"
        await sink.deliver(WORSE, first.memory)
        assert server.status("CARE-1") == "In Progress"
        server.put("CARE-1", "Done")
        assert await told(sink, OVER, memory=dict(first.memory)) == ["resolved"]


@asynchronous
async def test_a_deleted_issue_is_replaced(server: JiraServer) -> None:
    async with target(server) as sink:
        first = await sink.deliver(OPENED, {})
        del server.issues["CARE-1"]
        assert await told(sink, OVER, memory=dict(first.memory)) == ["unchanged"]
        assert await told(sink, WORSE, AGAIN, memory=dict(first.memory)) == ["created"] * 2
    assert len(server.issues) == 2


@asynchronous
async def test_priorities_are_the_projects_own(server: JiraServer) -> None:
    async with target(server, priorities={"respond": "Lowest"}) as sink:
        await told(sink, OPENED)
    assert server.issues["CARE-1"]["fields"]["priority"] == {"name": "Lowest"}
    async with target(server, priorities={"crisis": "Red"}) as sink:
        with pytest.raises(Refused, match="priority selected is invalid"):
            await told(sink, WORSE)
    async with target(server, set_priority=False) as sink:
        await told(sink, AGAIN)
    assert "priority" not in server.issues["CARE-2"]["fields"]


@asynchronous
async def test_errors_say_whether_to_try_again(server: JiraServer) -> None:
    async with target(server) as sink:
        server.failures.append(said(429, {}, {"Retry-After": "5"}))
        with pytest.raises(Later) as busy:
            await told(sink, OPENED)
        assert busy.value.after_s == 5
    async with target(server, user="") as sink:
        with pytest.raises(Refused, match="401"):
            await told(sink, OPENED)


def test_a_project_is_named_by_its_key() -> None:
    with pytest.raises(ConfigError, match="project"):
        jira.build({"url": "https://x.atlassian.net", "project": 'A" OR 1=1'}, None)  # type: ignore[arg-type]


def _kinds(node: dict[str, Any]) -> set[str]:
    return {node["type"]}.union(*map(_kinds, node.get("content", [])))


def _links(node: dict[str, Any]) -> list[dict[str, Any]]:
    found = [mark for mark in node.get("marks", []) if mark["type"] == "link"]
    return found + [mark for child in node.get("content", []) for mark in _links(child)]
