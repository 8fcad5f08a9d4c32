"""Zendesk: one ticket per episode, whatever is lost on the way."""

from contextlib import AbstractAsyncContextManager
from typing import Any

import pytest

from streams.errors import ConfigError
from streams.sinks import zendesk
from streams.sinks.target import Later, Refused, Target
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
from tests.streams.sinks.zendesk_server import ZendeskServer


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> ZendeskServer:
    monkeypatch.setenv("ZENDESK_TOKEN", "t0ken")
    return ZendeskServer()


def target(server: ZendeskServer, **settings: Any) -> AbstractAsyncContextManager[Target]:
    login = {"user": "agent@skylark.example", "token_env": "ZENDESK_TOKEN"}
    return server.target(zendesk, **login | settings)


@asynchronous
async def test_the_life_of_a_ticket(server: ZendeskServer) -> None:
    async with target(server, group_id=7, tags=["brand-crisis"]) as sink:
        outcomes = await told(sink, OPENED, WORSE, TAKEN, OVER)
    assert outcomes == ["created", "updated", "acknowledged", "resolved"]
    ticket = server.tickets[100]
    assert len(server.tickets) == 1
    assert (ticket["status"], ticket["priority"], ticket["group_id"]) == ("solved", "urgent", 7)
    assert ticket["external_id"] == "tocsin:skylark-air:root%201:1"
    assert ticket["tags"] == ["tocsin", "brand-crisis"]
    assert len(server.texts(100)) == 4
    assert "maria" in server.texts(100)[2]
    assert not any(comment["public"] for comment in ticket["comments"])


@asynchronous
async def test_strangers_words_stay_words(server: ZendeskServer) -> None:
    async with target(server) as sink:
        await told(sink, notice(headline="{{ticket.id}} <script>"))
    comment = server.tickets[100]["comments"][0]
    assert "FILLED IN" not in comment["html"]
    assert "<b>hi</b>" not in comment["html"]
    assert "&lt;b&gt;hi&lt;/b&gt;" in comment["html"]
    assert "{{" not in server.tickets[100]["subject"]


@asynchronous
async def test_a_lost_answer_makes_no_second_ticket(server: ZendeskServer) -> None:
    server.lose_answer_to = "POST /tickets"
    async with target(server) as sink:
        delivered = await until_taken(sink, OPENED)
    assert delivered.memory["ticket"] == "100"
    assert len(server.tickets) == 1
    assert len(server.texts(100)) == 1


@asynchronous
async def test_a_key_seen_before_gives_the_first_ticket(server: ZendeskServer) -> None:
    async with target(server) as sink:
        await told(sink, OPENED)
        server.tickets[100]["external_id"] = "changed by an agent"
        assert await told(sink, OPENED) == ["created"]
        assert len(server.tickets) == 1
        server.in_progress = set(server.keys)
        with pytest.raises(Later, match="409"):
            await told(sink, OPENED)


@asynchronous
async def test_a_lost_answer_makes_no_second_comment(server: ZendeskServer) -> None:
    async with target(server) as sink:
        first = await sink.deliver(OPENED, {})
        server.lose_answer_to = "PUT /tickets/100"
        again = await until_taken(sink, WORSE, first.memory)
    assert again.outcome == "unchanged"
    assert len(server.texts(100)) == 2


@asynchronous
async def test_without_memory_the_ticket_is_found(server: ZendeskServer) -> None:
    async with target(server) as sink:
        await told(sink, OPENED)
        assert await told(sink, WORSE) == ["updated"]
        assert await told(sink, OVER) == ["resolved"]
        assert await told(sink, notice(case_id="skylark-air:2")) == ["created"]
    assert [ticket["status"] for ticket in server.tickets.values()] == ["solved", "new"]


@asynchronous
async def test_an_end_without_a_beginning_makes_no_ticket(server: ZendeskServer) -> None:
    async with target(server) as sink:
        assert await told(sink, OVER) == ["unchanged"]
    assert not server.tickets


@asynchronous
async def test_a_closed_ticket_is_followed_up(server: ZendeskServer) -> None:
    async with target(server) as sink:
        first = await sink.deliver(OPENED, {})
        server.tickets[100]["status"] = "closed"
        second = await sink.deliver(WORSE, first.memory)
        assert (second.outcome, second.memory["ticket"]) == ("created", "101")
        assert server.tickets[101]["via_followup_source_id"] == 100
        server.tickets[101]["status"] = "closed"
        assert await told(sink, OVER, memory=dict(second.memory)) == ["unchanged"]
    assert len(server.tickets) == 2


@asynchronous
async def test_a_deleted_ticket_is_replaced(server: ZendeskServer) -> None:
    async with target(server) as sink:
        first = await sink.deliver(OPENED, {})
        server.tickets[100]["comments"].clear()
        server.tickets[200] = server.tickets.pop(100) | {"external_id": "none"}
        second = await sink.deliver(WORSE, first.memory)
    assert second.outcome == "created"
    assert "via_followup_source_id" not in server.tickets[int(second.memory["ticket"])]


@asynchronous
async def test_what_cannot_be_solved_is_left_to_the_agent(
    server: ZendeskServer, caplog: pytest.LogCaptureFixture
) -> None:
    server.required_to_solve = True
    async with target(server) as sink:
        assert await told(sink, OPENED, OVER) == ["created", "updated"]
    assert server.tickets[100]["status"] == "new"
    assert len(server.texts(100)) == 2
    assert "is required when solving" in caplog.text


@asynchronous
async def test_a_solved_ticket_is_opened_only_when_it_gets_worse(server: ZendeskServer) -> None:
    async with target(server) as sink:
        first = await sink.deliver(OPENED, {})
        server.tickets[100]["status"] = "solved"
        await sink.deliver(SAME, first.memory)
        assert server.tickets[100]["status"] == "solved"
        await sink.deliver(WORSE, first.memory)
        assert server.tickets[100]["status"] == "open"


@asynchronous
async def test_a_new_episode_has_a_ticket_of_its_own(server: ZendeskServer) -> None:
    async with target(server) as sink:
        assert await told(sink, OPENED, OVER, AGAIN) == ["created", "resolved", "created"]
    assert [ticket["priority"] for ticket in server.tickets.values()] == ["urgent", "low"]


@asynchronous
async def test_errors_say_whether_to_try_again(server: ZendeskServer) -> None:
    async with target(server) as sink:
        server.failures.append(said(429, {"error": "TooMany"}, {"Retry-After": "93"}))
        with pytest.raises(Later) as busy:
            await told(sink, OPENED)
        assert busy.value.after_s == 93
        server.failures.append(said(409, {"error": "DatabaseConflict"}))
        with pytest.raises(Later, match="409"):
            await told(sink, OPENED)
        server.failures.append(said(503))
        with pytest.raises(Later, match="503"):
            await told(sink, OPENED)
        server.failures.append(said(200, {"tickets": "none"}))
        with pytest.raises(Later, match="not understood"):
            await told(sink, OPENED)
    async with target(server, user="", token_env="ZENDESK_TOKEN") as sink:
        with pytest.raises(Refused, match="401"):
            await told(sink, OPENED)


@pytest.mark.parametrize(
    ("settings", "wrong"),
    [
        ({"url": "skylark.zendesk.com"}, "url"),
        ({"url": "https://a:b@skylark.zendesk.com"}, "url"),
        ({"url": "https://skylark.zendesk.com", "tokn_env": "X"}, "tokn_env"),
        ({"url": "https://skylark.zendesk.com"}, "token_env and token_file"),
    ],
)
def test_settings_that_are_wrong_are_named(settings: dict[str, Any], wrong: str) -> None:
    with pytest.raises(ConfigError, match=wrong):
        zendesk.build(settings, None)  # type: ignore[arg-type]
