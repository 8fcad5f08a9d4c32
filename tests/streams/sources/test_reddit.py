"""Reddit from a server with its tokens, its listings and its limits.

Shapes: https://www.reddit.com/dev/api/#listings; limits: the headers `X-Ratelimit-*`.
"""

import asyncio
import base64
import time
from typing import Any

import pytest
from aiohttp import web

from tests.streams.sources.rig import rig, serving

NOW = round(time.time())
AGENT = "linux:tocsin-test:1.0 (by /u/nobody)"
TABLE = {
    "type": "reddit",
    "client_id": "app",
    "client_secret_env": "REDDIT_SECRET",
    "user_agent": AGENT,
    "subreddits": ["travel"],
    "rate_per_s": 500,
}


@pytest.fixture(autouse=True)
def _secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REDDIT_SECRET", "s3cret")


def thing(kind: str, number: int, **data: Any) -> dict[str, Any]:
    name = f"{kind}_{number:06d}"
    common = {
        "name": name,
        "id": name[3:],
        "created_utc": float(NOW - 10_000 + number),
        "author": "ann",
        "subreddit": "travel",
        "permalink": f"/r/travel/comments/{number}/x/",
        "score": 5,
        "edited": False,
    }
    return {"kind": kind, "data": common | data}


def link(number: int, title: str, text: str = "", **more: Any) -> dict[str, Any]:
    return thing("t3", number, title=title, selftext=text, is_self=True, num_comments=2, **more)


def comment(number: int, body: str, parent: str, root: str, **more: Any) -> dict[str, Any]:
    return thing("t1", number, body=body, parent_id=parent, link_id=root, **more)


class Reddit:
    def __init__(self) -> None:
        self.links: list[dict[str, Any]] = []
        self.comments: list[dict[str, Any]] = []
        self.tokens = 0
        self.valid = ""
        self.pages: list[dict[str, str]] = []
        self.plan: list[web.Response] = []

    async def token(self, request: web.Request) -> web.Response:
        expected = "Basic " + base64.b64encode(b"app:s3cret").decode()
        form = await request.post()
        assert request.headers["User-Agent"] == AGENT
        if request.headers.get("Authorization") != expected:
            return web.json_response({"message": "Unauthorized", "error": 401}, status=401)
        assert form["grant_type"] == "client_credentials"
        self.tokens += 1
        self.valid = f"token-{self.tokens}"
        return web.json_response(
            {"access_token": self.valid, "token_type": "bearer", "expires_in": 86400, "scope": "*"}
        )

    async def new(self, request: web.Request) -> web.Response:
        return self._listing(request, self.links)

    async def new_comments(self, request: web.Request) -> web.Response:
        return self._listing(request, self.comments)

    def _listing(self, request: web.Request, things: list[dict[str, Any]]) -> web.Response:
        if self.plan:
            return self.plan.pop(0)
        if request.headers.get("Authorization") != f"Bearer {self.valid}":
            return web.json_response({"message": "Unauthorized", "error": 401}, status=401)
        self.pages.append(dict(request.query))
        newest = sorted(things, key=lambda one: -one["data"]["created_utc"])
        names = [one["data"]["name"] for one in newest]
        start = names.index(request.query["after"]) + 1 if "after" in request.query else 0
        page = newest[start : start + int(request.query["limit"])]
        after = page[-1]["data"]["name"] if start + len(page) < len(newest) else None
        return web.json_response(
            {"kind": "Listing", "data": {"after": after, "before": None, "children": page}}
        )

    def serving(self) -> Any:
        return serving(
            web.post("/token", self.token),
            web.get("/r/travel/new", self.new),
            web.get("/r/travel/comments", self.new_comments),
        )


def test_posts_comments_edits_and_what_was_deleted() -> None:
    async def run() -> None:
        server = Reddit()
        server.links = [link(1, "Skylark lost my bag", "Third time."), link(2, "Nice beach")]
        server.comments = [
            comment(10, "same here", "t3_000001", "t3_000001"),
            comment(11, "and here", "t1_000010", "t3_000001", author="[deleted]"),
            comment(12, "sunny", "t3_000002", "t3_000002"),
        ]
        async with server.serving() as url:
            table = TABLE | {"url": url, "token_url": f"{url}/token"}
            async with rig(table) as it:
                await it.until(lambda: len(it.sent) == 3)
                post, reply, nested = it.sent
                assert post.id == "reddit:t3_000001"
                assert post.text == "Skylark lost my bag\n\nThird time."
                assert post.url == "https://www.reddit.com/r/travel/comments/1/x/"
                assert (reply.kind, reply.root_id) == ("reply", post.id)
                assert (nested.parent_id, nested.root_id) == (reply.id, post.id)
                assert nested.author is not None
                assert nested.author.handle is None
                server.links[0]["data"] |= {"selftext": "They found it.", "edited": float(NOW)}
                server.comments[0]["data"] |= {"body": "[removed]"}
                await it.until(lambda: len(it.sent) >= 5)
                kinds = {str(mention.kind): mention for mention in it.sent[3:]}
                assert kinds["edit"].parent_id == post.id
                assert kinds["edit"].created_at.timestamp() == NOW
                assert kinds["deletion"].parent_id == reply.id
                await it.stop()
                server.valid = "withdrawn"
                server.links += [link(n, f"skylark {n}") for n in range(100, 350)]
                await it.start()
                await it.until(lambda: len({m.id for m in it.sent}) == 5 + 250)
                assert server.tokens == 2
                assert any("after" in page for page in server.pages)

    asyncio.run(run())


def test_limits_and_refusals(caplog: pytest.LogCaptureFixture) -> None:
    async def run() -> None:
        server = Reddit()
        server.links = [link(1, "skylark")]
        server.plan = [
            web.Response(status=429, headers={"X-Ratelimit-Reset": "0"}),
            web.Response(text="<html>busy</html>"),
            web.Response(status=500),
        ]
        async with server.serving() as url:
            table = TABLE | {"url": url, "token_url": f"{url}/token"}
            async with rig(table) as it:
                await it.until(lambda: it.sent)
                assert it.count("failures_total", reason="later") == 3
                server.plan = [
                    web.json_response({"message": "Forbidden", "error": 403}, status=403)
                ]
                await it.until(lambda: it.count("failures_total", reason="refused") == 1)
        assert "s3cret" not in caplog.text
        assert "token-1" not in caplog.text

    asyncio.run(run())


def test_a_page_of_long_posts() -> None:
    async def run() -> None:
        site = Reddit()
        site.links = [
            link(n, "skylark", "y" * 40_000, selftext_html="z" * 40_000) for n in range(100)
        ]
        async with site.serving() as url:
            table = TABLE | {"url": url, "token_url": f"{url}/token"}
            async with rig(table) as it:
                await it.until(lambda: len(it.sent) == 100)

    asyncio.run(run())
