"""Slack: one message that is kept up to date, a thread that says what changed."""

import json
from contextlib import AbstractAsyncContextManager
from typing import Any

import pytest
from aiohttp import web

from scoring.escalation import Status, Why
from scoring.levels import Level
from streams.errors import ConfigError
from streams.sinks import slack, slack_blocks
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
from tests.streams.sinks.slack_server import CHANNEL, TOKEN, SlackServer
from tests.streams.sinks.vendor import said


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> SlackServer:
    monkeypatch.setenv("SLACK_TOKEN", TOKEN)
    monkeypatch.setenv("SLACK_SIGNING", "s")
    return SlackServer()


def target(server: SlackServer, **settings: Any) -> AbstractAsyncContextManager[Target]:
    common = {"channel": CHANNEL, "token_env": "SLACK_TOKEN", "path": "/api"}
    return server.target(slack, **common | settings)


def words(message: dict[str, Any]) -> str:
    return "\n".join(b["text"]["text"] for b in message["blocks"] if b["type"] == "section")


def buttons(message: dict[str, Any]) -> list[str]:
    found = [b for b in message["blocks"] if b["type"] == "actions"]
    return [button["action_id"] for block in found for button in block["elements"]]


@asynchronous
async def test_the_life_of_a_message(server: SlackServer) -> None:
    async with target(server, hook_secret_env="SLACK_SIGNING") as sink:
        first = await sink.deliver(OPENED, {})
        (message,) = server.messages.values()
        assert buttons(message) == ["tocsin_acknowledge", "tocsin_resolve"]
        outcomes = await told(sink, SAME, WORSE, TAKEN, memory=dict(first.memory))
        assert buttons(message) == ["tocsin_resolve"]
        outcomes += await told(sink, OVER, memory=dict(first.memory))
    assert outcomes == ["updated", "updated", "acknowledged", "resolved"]
    assert len(server.messages) == 1
    assert buttons(message) == []
    assert ":white_check_mark:" in words(message)
    assert [reply["thread_ts"] for reply in server.replies] == [first.memory["ts"]] * 3
    assert "in hand: maria" in server.replies[1]["text"]


@asynchronous
async def test_nobody_is_mentioned_and_nothing_linked_by_strangers(server: SlackServer) -> None:
    hostile = "<!channel> <@U1|x> <https://evil.example|bank> &lt;!here&gt;"
    opened = notice(
        headline=hostile, why=(Why(signal="anger", weight=1.0, quote=hostile, note="angry"),)
    )
    worse = notice(Status.UPDATE, Level.CRISIS, minute=5, headline=hostile)
    async with target(server) as sink:
        await told(sink, opened, worse)
    (message,) = server.messages.values()
    assert server.alive(message["text"]) == []
    assert server.alive(server.replies[0]["text"]) == []
    assert server.alive(words(message)) == [
        "<https://social.example/posts/1|The original>",
        "<https://tocsin.example/cases/1|In the console>",
    ]
    assert "&amp;lt;!here&amp;gt;" in words(message)
    assert message["parse"] == "none"
    assert message["link_names"] is False


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "https://a|b>c", "https://", "http://[", "x" * 5000]
)
@asynchronous
async def test_an_address_is_a_link_or_a_text(server: SlackServer, url: str) -> None:
    async with target(server) as sink:
        assert await told(sink, notice(url=url)) == ["created"]
    (message,) = server.messages.values()
    links = server.alive(words(message))
    assert links[-1:] == ["<https://tocsin.example/cases/1|In the console>"]
    assert links[:-1] in ([], ["<https://a%7Cb&gt;c|The original>"])


@asynchronous
async def test_a_very_long_case_fits(server: SlackServer) -> None:
    terms = tuple(Why(signal="x", weight=1.0, quote="<" * 160, note=">" * 300) for _ in range(80))
    async with target(server, hook_secret_env="SLACK_SIGNING") as sink:
        assert await told(sink, notice(why=terms, advice=("answer-in-public",) * 50)) == ["created"]


@asynchronous
async def test_a_deleted_message_is_posted_again(server: SlackServer) -> None:
    async with target(server) as sink:
        first = await sink.deliver(OPENED, {})
        server.delete(first.memory["ts"])
        second = await sink.deliver(WORSE, first.memory)
        assert second.outcome == "created"
        assert second.memory["ts"] in server.messages
        server.delete(second.memory["ts"])
        assert await told(sink, OVER, memory=dict(second.memory)) == ["unchanged"]
    assert not server.messages
    assert not server.replies


@asynchronous
async def test_a_message_that_may_not_be_edited_any_more_is_followed_by_another(
    server: SlackServer,
) -> None:
    async with target(server) as sink:
        first = await sink.deliver(OPENED, {})
        server.frozen = True
        assert await told(sink, WORSE, memory=dict(first.memory)) == ["created"]
    assert len(server.messages) == 2


@asynchronous
async def test_a_locked_thread_costs_no_update(server: SlackServer) -> None:
    server.locked = True
    async with target(server) as sink:
        assert await told(sink, OPENED, WORSE) == ["created", "updated"]
    (message,) = server.messages.values()
    assert ":red_circle:" in words(message)


@asynchronous
async def test_a_lost_update_is_made_again_and_said_once(server: SlackServer) -> None:
    async with target(server) as sink:
        first = await sink.deliver(OPENED, {})
        server.lose_answer_to = "POST /chat.update"
        await until_taken(sink, WORSE, first.memory)
    assert len(server.messages) == 1
    assert len(server.replies) == 1


@asynchronous
async def test_a_new_episode_has_a_message_of_its_own(server: SlackServer) -> None:
    async with target(server) as sink:
        assert await told(sink, OPENED, OVER, AGAIN) == ["created", "resolved", "created"]
    assert len(server.messages) == 2


@asynchronous
async def test_errors_say_whether_to_try_again(server: SlackServer) -> None:
    limited = {"ok": False, "error": "ratelimited"}
    async with target(server) as sink:
        for answer, after in (
            (said(429, limited, {"Retry-After": "30"}), 30),
            (said(200, {"ok": False, "error": "internal_error"}), None),
            (web.Response(status=502, text="<html>bad gateway", content_type="text/html"), None),
            (web.Response(status=503, text="no JSON", content_type="application/json"), None),
            (web.Response(status=200, text="maintenance"), None),
            (said(200, []), None),
        ):
            server.failures.append(answer)
            with pytest.raises(Later) as busy:
                await told(sink, OPENED)
            assert busy.value.after_s == after
            assert ("no JSON of Slack" in busy.value.reason) == (
                after is None and "internal" not in busy.value.reason
            )
        server.failures.append(said(200, {"ok": False, "error": "is_archived"}))
        with pytest.raises(Refused, match="is_archived"):
            await told(sink, OPENED)
    async with target(server, channel="CELSEWHERE") as sink:
        with pytest.raises(Refused, match="channel_not_found"):
            await told(sink, OPENED)
    assert not server.messages


@asynchronous
async def test_a_redirect_is_not_followed(server: SlackServer) -> None:
    """Neither within the host nor to another one: the token would go along."""
    elsewhere: list[str] = []

    async def taken(request: web.Request) -> web.Response:
        elsewhere.append(request.headers.get("Authorization", ""))
        return said(200, {"ok": True, "channel": CHANNEL, "ts": "1.0"})

    server.app.router.add_route("*", "/elsewhere", taken)
    async with target(server) as sink:
        for status in (301, 302, 307, 308):
            moved = web.Response(status=status, headers={"Location": "/elsewhere"})
            server.failures.append(moved)
            with pytest.raises(Refused, match=f"HTTP {status}: a redirect"):
                await told(sink, OPENED)
    assert elsewhere == []


@asynchronous
async def test_no_error_tells_the_token(
    server: SlackServer, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level("DEBUG")
    monkeypatch.setenv("SLACK_TOKEN", "xoxb-s3cret")
    async with target(server) as sink:
        with pytest.raises(Refused) as refused:
            await told(sink, OPENED)
    assert "invalid_auth" in refused.value.reason
    assert "s3cret" not in caplog.text + refused.value.reason
    assert "clear anger" not in caplog.text


def test_a_button_names_its_case() -> None:
    made = slack_blocks.blocks(notice(lang="fr"), buttons=True)[-1]["elements"]
    assert [button["text"]["text"] for button in made] == ["Prendre en charge", "Clore"]
    assert json.loads(made[0]["value"]) == {"case_id": "skylark-air:root 1", "episode": 1}


def test_a_channel_is_named_by_its_id() -> None:
    with pytest.raises(ConfigError, match="channel"):
        slack.build({"channel": "#crisis", "token_env": "X"}, None)  # type: ignore[arg-type]
