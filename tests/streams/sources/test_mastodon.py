"""Mastodon from a server with its streaming API, its timelines and its search.

Events: https://docs.joinmastodon.org/methods/streaming/#events; statuses as the docs show them.
"""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from aiohttp import web

from tests.streams.sources.rig import rig, serving

NOW = datetime.now(UTC).replace(microsecond=0)
TOKEN = "mastodon-token"


@pytest.fixture(autouse=True)
def _token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MASTODON_TOKEN", TOKEN)


def status(number: int, content: str, **more: Any) -> dict[str, Any]:
    return {
        "id": str(100_000 + number),
        "created_at": (NOW + timedelta(milliseconds=number)).isoformat().replace("+00:00", "Z"),
        "in_reply_to_id": None,
        "in_reply_to_account_id": None,
        "sensitive": False,
        "spoiler_text": "",
        "visibility": "public",
        "language": "en",
        "uri": f"https://social.example/users/a/statuses/{number}",
        "url": f"https://social.example/@a/{number}",
        "replies_count": 0,
        "reblogs_count": 2,
        "favourites_count": 3,
        "edited_at": None,
        "content": f"<p>{content}</p>",
        "reblog": None,
        "account": {"id": "1", "username": "ann", "acct": "ann", "followers_count": 821,
                    "noindex": False, "bot": False},
        "media_attachments": [],
        "mentions": [],
        "tags": [],
    } | more  # fmt: skip


class Instance:
    """Streams what `say` tells; has a timeline and a search of the statuses in `kept`."""

    def __init__(self) -> None:
        self.kept: list[dict[str, Any]] = []
        self.missed: list[dict[str, str]] = []
        self.searched: list[dict[str, str]] = []
        self.plan: list[web.Response] = []
        self._listeners: list[asyncio.Queue[bytes | None]] = []

    @property
    def listeners(self) -> int:
        return len(self._listeners)

    def say(self, *lines: str) -> None:
        for listener in self._listeners:
            listener.put_nowait("".join(line + "\n" for line in lines).encode() + b"\n")

    def update(self, found: dict[str, Any], event: str = "update", *, heard: bool = True) -> None:
        self.kept = [one for one in self.kept if one["id"] != found["id"]] + [found]
        if heard:
            self.say(f"event: {event}", f"data: {json.dumps(found)}")

    def hang_up(self) -> None:
        for listener in self._listeners:
            listener.put_nowait(None)

    async def stream(self, request: web.Request) -> web.StreamResponse:
        if self.plan:
            return self.plan.pop(0)
        if request.headers.get("Authorization") != f"Bearer {TOKEN}":
            return web.json_response({"error": "Missing access token"}, status=401)
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        await response.write(b":)\n")
        queue: asyncio.Queue[bytes | None] = asyncio.Queue()
        self._listeners.append(queue)
        try:
            while (said := await queue.get()) is not None:
                await response.write(said)
        except ConnectionError:
            pass
        finally:
            self._listeners.remove(queue)
        return response

    async def timeline(self, request: web.Request) -> web.Response:
        self.missed.append(dict(request.query))
        return web.json_response(list(reversed(self._after(request.query["min_id"]))))

    async def search(self, request: web.Request) -> web.Response:
        self.searched.append(dict(request.query))
        found = self._after(request.query.get("min_id", "0"))
        offset = int(request.query.get("offset", "0"))
        return web.json_response(
            {"accounts": [], "hashtags": [], "statuses": list(reversed(found))[offset:]}
        )

    def _after(self, id: str) -> list[dict[str, Any]]:
        newer = [one for one in self.kept if int(one["id"]) > int(id)]
        return sorted(newer, key=lambda one: int(one["id"]))[:40]

    def serving(self) -> Any:
        return serving(
            web.get("/api/v1/streaming/public", self.stream),
            web.get("/api/v1/timelines/public", self.timeline),
            web.get("/api/v2/search", self.search),
        )


def test_updates_edits_deletions_and_what_is_not_ours_to_read() -> None:
    async def run() -> None:
        server = Instance()
        async with server.serving() as url:
            host = url.removeprefix("http://")
            table = {"type": "mastodon", "instance": url, "token_env": "MASTODON_TOKEN"}
            async with rig(table) as it:
                await it.until(lambda: it.count("up") == 1)
                assert server.listeners, "it is up although nobody has written yet"
                server.say(":thump")
                server.update(status(1, "Skylark lost <b>my</b> bag<br />again"))
                server.update(status(2, "Skylark in private", visibility="private"))
                quiet = {"id": "2", "acct": "bob@x.example", "noindex": True}
                server.update(status(3, "Skylark, but do not index me", account=quiet))
                server.update(status(4, "me too", in_reply_to_id="100001"))
                server.update(
                    status(5, "help", mentions=[{"acct": "skylark@social.example", "id": "9"}])
                )
                server.say("event: update", "data: {broken")
                server.say("event: filters_changed")
                server.update(
                    status(1, "Skylark found it", edited_at=NOW.isoformat()), "status.update"
                )
                server.say("event: delete", "data: 777")
                server.say("event: delete", "data: 100001")
                await it.until(lambda: len(it.sent) == 4)
                await it.until(lambda: it.counts().get("unmatched") == 2)
                first, reply, edit, gone = it.sent
                assert first.id == f"mastodon:{host}:100001"
                assert first.text == "Skylark lost my bag\nagain"
                assert first.author is not None
                assert (first.author.handle, first.followers) == (f"@ann@{host}", 821)
                assert first.engagement is not None
                assert first.engagement.shares == 2
                assert (reply.kind, reply.root_id) == ("reply", first.id)
                assert (edit.kind, edit.parent_id, edit.text) == (
                    "edit",
                    first.id,
                    "Skylark found it",
                )
                assert (gone.kind, gone.parent_id) == ("deletion", first.id)
                assert it.count("items_total", outcome="unreadable") == 1

    asyncio.run(run())


def test_what_came_while_nobody_listened_is_asked_for() -> None:
    async def run() -> None:
        server = Instance()
        async with server.serving() as url:
            table = {"type": "mastodon", "instance": url, "token_env": "MASTODON_TOKEN"}
            async with rig(table | {"rate_per_s": 500}) as it:
                await it.until(lambda: server.listeners)
                server.update(status(1, "skylark 1"))
                await it.until(lambda: it.cursor == "100001")
                await it.stop()
                for number in range(2, 96):
                    server.update(status(number, f"skylark {number}"), heard=False)
                server.plan = [
                    web.Response(status=503),
                    web.Response(status=429, headers={"X-RateLimit-Reset": NOW.isoformat()}),
                ]
                await it.start()
                await it.until(lambda: len(it.sent) == 95)
                server.update(status(96, "skylark 96"))
                await it.until(lambda: len(it.sent) == 96)
                server.hang_up()
                await it.until(lambda: it.count("failures_total", reason="later") >= 3)
                await it.until(lambda: server.listeners)
                server.update(status(97, "skylark 97"))
                await it.until(lambda: len(it.sent) == 97)
                numbers = [int(id.rpartition(":")[2]) - 100_000 for id in it.ids()]
                assert numbers == list(range(1, 98)), "each once, and in order"
                assert [one["min_id"] for one in server.missed[:3]] == [
                    "100001",
                    "100041",
                    "100081",
                ]

    asyncio.run(run())


def test_a_wrong_token_is_told_and_not_tried_all_the_time(caplog: pytest.LogCaptureFixture) -> None:
    async def run() -> None:
        server = Instance()
        async with server.serving() as url:
            table = {"type": "mastodon", "instance": url, "token_env": "MASTODON_TOKEN"}
            server.plan = [web.json_response({"error": "The access token is invalid"}, status=401)]
            async with rig(table) as it:
                await it.until(lambda: it.count("failures_total", reason="refused") == 1)
                assert it.count("up") == 0
        (line,) = [
            record.getMessage() for record in caplog.records if "refused" in record.getMessage()
        ]
        assert "HTTP 401" in line
        assert "access token is invalid" in line
        assert "again in 300" in line
        assert TOKEN not in caplog.text

    asyncio.run(run())


def test_the_search_reads_on_from_the_newest() -> None:
    async def run() -> None:
        server = Instance()
        for number in range(1, 60):
            server.update(status(number, f"skylark {number}"))
        async with server.serving() as url:
            table = {
                "type": "mastodon-search",
                "instance": url,
                "token_env": "MASTODON_TOKEN",
                "queries": ["skylark"],
                "rate_per_s": 500,
            }
            async with rig(table) as it:
                await it.until(lambda: len(it.sent) == 59)
                assert any("min_id" in one for one in server.searched)
                server.update(status(60, "skylark 60"))
                server.update(status(61, "lark"))
                await it.until(lambda: it.counts().get("unmatched"))
                assert len(it.sent) == 60
                assert server.searched[0]["type"] == "statuses"
                assert len(set(it.ids())) == len(it.ids())

    asyncio.run(run())
