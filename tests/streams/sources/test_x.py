"""X from a server with the filtered stream, its rules and the recent search of API v2.

Shapes: https://docs.x.com/x-api/posts/filtered-stream/introduction
"""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from aiohttp import web

from tests.streams.sources.rig import rig, serving

NOW = datetime.now(UTC).replace(microsecond=0)
TOKEN = "AAAA-bearer"


@pytest.fixture(autouse=True)
def _token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("X_TOKEN", TOKEN)


def ident(number: int, at: datetime = NOW) -> str:
    """A snowflake: milliseconds since X's epoch, then a number."""
    return str((round(at.timestamp() * 1000) - 1_288_834_974_657 << 22) + number)


def tweet(number: int, text: str, **more: Any) -> dict[str, Any]:
    id = ident(number)
    return {
        "id": id,
        "text": text,
        "author_id": "7",
        "created_at": (NOW + timedelta(seconds=number)).isoformat().replace("+00:00", ".000Z"),
        "conversation_id": id,
        "edit_history_tweet_ids": [id],
        "lang": "en",
        "public_metrics": {"retweet_count": 1, "reply_count": 2, "like_count": 3, "quote_count": 4,
                           "impression_count": 900},
    } | more  # fmt: skip


USERS = [
    {"id": "7", "name": "Ann", "username": "ann", "verified": True,
     "public_metrics": {"followers_count": 120_000, "tweet_count": 9}},
    {"id": "8", "username": "skylark", "verified": True,
     "public_metrics": {"followers_count": 5}},
]  # fmt: skip


class Api:
    def __init__(self) -> None:
        self.rules: list[dict[str, str]] = [
            {"id": "1", "value": "old rule", "tag": "tocsin:it"},
            {"id": "2", "value": "somebody else's", "tag": "other"},
        ]
        self.posts: list[dict[str, Any]] = []
        self.searched: list[dict[str, str]] = []
        self.plan: list[web.Response] = []
        self.no_search = False
        self._queues: list[asyncio.Queue[bytes | None]] = []

    @property
    def listeners(self) -> int:
        return len(self._queues)

    def tell(self, post: dict[str, Any], *, heard: bool = True) -> None:
        self.posts.append(post)
        line = {"data": post, "includes": {"users": USERS}, "matching_rules": [{"id": "3"}]}
        if heard:
            self.raw(json.dumps(line))

    def raw(self, line: str) -> None:
        for queue in self._queues:
            queue.put_nowait(line.encode() + b"\r\n")

    async def stream(self, request: web.Request) -> web.StreamResponse:
        if self.plan:
            return self.plan.pop(0)
        if request.headers.get("Authorization") != f"Bearer {TOKEN}":
            return web.json_response({"title": "Unauthorized", "status": 401}, status=401)
        assert "author_id" in request.query["expansions"]
        response = web.StreamResponse(headers={"Content-Type": "application/json"})
        await response.prepare(request)
        await response.write(b"\r\n")
        queue: asyncio.Queue[bytes | None] = asyncio.Queue()
        self._queues.append(queue)
        try:
            while (line := await queue.get()) is not None:
                await response.write(line)
        except ConnectionError:
            pass
        finally:
            self._queues.remove(queue)
        return response

    async def get_rules(self, request: web.Request) -> web.Response:
        return web.json_response({"data": self.rules, "meta": {"sent": "x"}})

    async def set_rules(self, request: web.Request) -> web.Response:
        body = await request.json()
        gone = body.get("delete", {}).get("ids", [])
        self.rules = [rule for rule in self.rules if rule["id"] not in gone]
        self.rules += [{"id": str(10 + n)} | rule for n, rule in enumerate(body.get("add", []))]
        return web.json_response({"meta": {}}, status=201)

    async def recent(self, request: web.Request) -> web.Response:
        self.searched.append(dict(request.query))
        if self.no_search:
            return web.json_response({"title": "Client Forbidden"}, status=403)
        since, start_time = request.query.get("since_id"), request.query.get("start_time")
        oldest = datetime.now(UTC) - timedelta(days=7)
        assert (since is None) != (start_time is None)
        if since and int(since) < int(ident(0, oldest)):
            said = "'since_id' must be a tweet id created after 7 days ago"
            return web.json_response({"errors": [{"message": said}]}, status=400)
        if start_time:
            assert datetime.fromisoformat(start_time) > oldest
            since = "0"
        newer = [one for one in self.posts if int(one["id"]) > int(since or "0")][::-1]
        start = int(request.query.get("next_token", "0"))
        page: dict[str, Any] = {"meta": {"result_count": 2}, "includes": {"users": USERS}}
        if newer:
            page["data"] = newer[start : start + 2]
        if start + 2 < len(newer):
            page["meta"]["next_token"] = str(start + 2)
        return web.json_response(page)

    def serving(self) -> Any:
        return serving(
            web.get("/2/tweets/search/stream", self.stream),
            web.get("/2/tweets/search/stream/rules", self.get_rules),
            web.post("/2/tweets/search/stream/rules", self.set_rules),
            web.get("/2/tweets/search/recent", self.recent),
        )


def table(url: str) -> dict[str, Any]:
    return {
        "type": "x",
        "url": f"{url}/2",
        "bearer_token_env": "X_TOKEN",
        "rules": ['"skylark" lang:en'],
        "rate_per_s": 500,
    }


def test_posts_replies_shares_and_edits() -> None:
    async def run() -> None:
        api = Api()
        async with api.serving() as url, rig(table(url)) as it:
            await it.until(lambda: api.listeners)
            assert [rule["value"] for rule in api.rules] == ["somebody else's", '"skylark" lang:en']
            api.tell(
                tweet(
                    1,
                    "Skylark lost my bag https://t.co/x",
                    entities={
                        "urls": [{"url": "https://t.co/x", "expanded_url": "https://a.example/"}]
                    },
                )
            )
            api.tell(
                tweet(
                    2,
                    "@ann write to us",
                    author_id="8",
                    conversation_id=ident(1),
                    referenced_tweets=[{"type": "replied_to", "id": ident(1)}],
                )
            )
            api.tell(
                tweet(
                    3,
                    "RT @ann: Skylark lost my b…",
                    referenced_tweets=[{"type": "retweeted", "id": ident(1)}],
                )
            )
            api.tell(
                tweet(
                    4,
                    "this",
                    referenced_tweets=[{"type": "quoted", "id": ident(1)}],
                    entities={"mentions": [{"username": "skylark", "id": "8"}]},
                )
            )
            api.tell(tweet(5, "Skylark found my bag", edit_history_tweet_ids=[ident(1), ident(5)]))
            api.tell(
                tweet(
                    6,
                    "RT @bob: Skylark again",
                    referenced_tweets=[{"type": "retweeted", "id": "1999999"}],
                )
            )
            api.raw("")
            api.raw("{half")
            await it.until(lambda: it.count("items_total", outcome="unreadable"))
            first, answer, share, quote, edit, other = it.sent
            assert first.id == f"twitter:{ident(1)}"
            assert first.author is not None
            assert (first.author.handle, first.followers, first.author.verified) == (
                "@ann",
                120_000,
                True,
            )
            assert first.url == f"https://x.com/ann/status/{ident(1)}"
            assert first.attachments is not None
            assert first.attachments[0].url == "https://a.example/"
            assert first.engagement is not None
            assert (first.engagement.shares, first.engagement.views) == (5, 900)
            assert (answer.kind, answer.role, answer.root_id) == ("reply", "brand", first.id)
            assert (share.kind, share.text, share.root_id) == ("share", "", first.id)
            assert (other.kind, other.text, other.root_id) == ("share", "", "twitter:1999999")
            assert (quote.kind, quote.parent_id) == ("share", first.id)
            assert (edit.kind, edit.parent_id, edit.text) == (
                "edit",
                first.id,
                "Skylark found my bag",
            )

    asyncio.run(run())  # fmt: skip


def test_a_break_is_filled_from_the_search() -> None:
    async def run() -> None:
        api = Api()
        async with api.serving() as url, rig(table(url)) as it:
            await it.until(lambda: api.listeners)
            api.tell(tweet(1, "skylark 1"))
            await it.until(lambda: it.cursor == ident(1))
            await it.stop()
            for number in range(2, 7):
                api.tell(tweet(number, f"skylark {number}"), heard=False)
            api.plan = [
                web.json_response(
                    {"title": "ConnectionException", "detail": "too many connections"}, status=429
                ),
                web.Response(status=503),
            ]
            await it.start()
            await it.until(lambda: len(it.sent) == 6)
            assert api.searched[0]["since_id"] == ident(1)
            assert api.searched[0]["query"] == '"skylark" lang:en'
            api.raw(json.dumps({"errors": [{"title": "operational-disconnect"}]}))
            await it.until(lambda: it.count("failures_total", reason="later") == 3)
            await it.until(lambda: api.listeners == 1)
            api.tell(tweet(7, "skylark 7"))
            await it.until(lambda: len(it.sent) == 7)
            assert len(set(it.ids())) == 7

    asyncio.run(run())


def test_a_plan_without_search_still_listens(caplog: pytest.LogCaptureFixture) -> None:
    async def run() -> None:
        api = Api()
        api.no_search = True
        async with api.serving() as url, rig(table(url)) as it:
            await it.until(lambda: api.listeners)
            api.tell(tweet(1, "skylark 1"))
            await it.until(lambda: it.sent)
            await it.stop()
            await it.start()
            await it.until(lambda: api.searched and api.listeners)
            api.tell(tweet(2, "skylark 2"))
            await it.until(lambda: len(it.sent) == 2)
        assert "what came meanwhile is lost" in caplog.text
        assert TOKEN not in caplog.text

    asyncio.run(run())


def test_a_break_of_weeks_is_made_good_as_far_as_the_search_goes() -> None:
    async def run() -> None:
        api = Api()
        async with api.serving() as url, rig(table(url)) as it:
            await it.until(lambda: api.listeners)
            await it.stop()
            it.cursor = ident(1, NOW - timedelta(days=30))
            api.tell(tweet(2, "skylark 2"), heard=False)
            await it.start()
            await it.until(lambda: len(it.sent) == 1)

    asyncio.run(run())


def test_more_than_is_asked_for_is_said(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("streams.sources.x._PAGES", 2)

    async def run() -> None:
        api = Api()
        async with api.serving() as url, rig(table(url)) as it:
            await it.until(lambda: api.listeners)
            api.tell(tweet(1, "skylark 1"))
            await it.until(lambda: it.sent)
            await it.stop()
            for number in range(2, 9):
                api.tell(tweet(number, f"skylark {number}"), heard=False)
            await it.start()
            await it.until(lambda: "older ones are lost" in caplog.text)
            assert len(it.sent) == 5

    asyncio.run(run())
