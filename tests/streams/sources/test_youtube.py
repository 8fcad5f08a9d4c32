"""YouTube from a server with comment threads, replies, pages and a quota.

Shapes: https://developers.google.com/youtube/v3/docs/commentThreads#resource-representation
"""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from aiohttp import web

from tests.streams.sources.rig import rig, serving

NOW = datetime.now(UTC).replace(microsecond=0)
KEY = "AIza-key"


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("YOUTUBE_KEY", KEY)


def comment(id: str, text: str, at: datetime, **more: Any) -> dict[str, Any]:
    stamp = at.isoformat().replace("+00:00", "Z")
    return {
        "kind": "youtube#comment",
        "id": id,
        "snippet": {
            "textDisplay": text,
            "textOriginal": text,
            "authorDisplayName": "@ann",
            "authorChannelId": {"value": "UCann"},
            "likeCount": 4,
            "publishedAt": stamp,
            "updatedAt": stamp,
        }
        | more,
    }


class Api:
    def __init__(self) -> None:
        self.threads: dict[str, list[dict[str, Any]]] = {"video-1": [], "video-2": []}
        self.replies: dict[str, list[dict[str, Any]]] = {}
        self.plan: list[web.Response] = []
        self.asked: list[dict[str, str]] = []

    def add(self, video: str, id: str, text: str, at: datetime, *replies: dict[str, Any]) -> None:
        self.replies[id] = list(replies)
        self.threads[video].append(
            {
                "kind": "youtube#commentThread",
                "id": id,
                "snippet": {
                    "videoId": video,
                    "topLevelComment": comment(id, text, at),
                    "canReply": True,
                    "totalReplyCount": len(replies),
                },
                "replies": {"comments": list(replies[:2])},
            }
        )

    async def get_threads(self, request: web.Request) -> web.Response:
        self.asked.append(dict(request.query))
        if self.plan:
            return self.plan.pop(0)
        if request.headers.get("X-Goog-Api-Key") != KEY:
            return refusal(400, "badRequest")
        if request.query["videoId"] == "closed-1":
            return refusal(403, "commentsDisabled")
        found = self.threads[request.query["videoId"]]
        newest = sorted(
            found, key=lambda one: one["snippet"]["topLevelComment"]["snippet"]["publishedAt"]
        )[::-1]
        start = int(request.query.get("pageToken", "0"))
        page: dict[str, Any] = {"items": newest[start : start + 100]}
        if start + 100 < len(newest):
            page["nextPageToken"] = str(start + 100)
        return web.json_response(page)

    async def get_replies(self, request: web.Request) -> web.Response:
        return web.json_response({"items": self.replies[request.query["parentId"]]})


def refusal(status: int, reason: str) -> web.Response:
    error = {"code": status, "message": reason, "errors": [{"reason": reason, "domain": "x"}]}
    return web.json_response({"error": error}, status=status)


def test_comments_replies_and_a_quota_that_ends(caplog: pytest.LogCaptureFixture) -> None:
    async def run() -> None:
        api = Api()
        for number in range(130):
            at = NOW - timedelta(hours=2, seconds=-number)
            api.add("video-1", f"old-{number}", f"skylark {number}", at)
        three = [comment(f"re-{n}", f"me too {n}", NOW + timedelta(seconds=n)) for n in range(3)]
        api.add("video-1", "top", "Skylark lost it", NOW, *three)
        routes = (
            web.get("/v3/commentThreads", api.get_threads),
            web.get("/v3/comments", api.get_replies),
        )
        async with serving(*routes) as url:
            table = {
                "type": "youtube",
                "url": f"{url}/v3",
                "api_key_env": "YOUTUBE_KEY",
                "videos": ["closed-1", "video-1", "video-2"],
                "rate_per_s": 500,
            }
            async with rig(table) as it:
                await it.until(lambda: len(it.sent) == 103)
                assert it.of("youtube:comment:top")["url"].endswith("watch?v=video-1&lc=top")
                last = [mention for mention in it.sent if mention.text.startswith("me too")]
                assert {mention.root_id for mention in last} == {"youtube:comment:top"}
                assert {mention.kind for mention in last} == {"reply"}
                changed = NOW + timedelta(minutes=1)
                api.threads["video-1"][-1]["snippet"]["topLevelComment"] = comment(
                    "top", "Skylark found it", NOW, updatedAt=changed.isoformat()
                )
                await it.until(lambda: len(it.sent) == 104)
                assert (it.sent[-1].kind, it.sent[-1].created_at) == ("edit", changed)
                api.plan = [refusal(403, "quotaExceeded")]
                await it.until(lambda: it.count("failures_total", reason="later") == 1)
            api.plan = [refusal(403, "rateLimitExceeded")]
            async with rig(table) as it:
                await it.until(lambda: it.count("failures_total", reason="later") == 1)
        assert "quota is used up; again in 3600" in caplog.text
        assert "than a minute allows; again in 60.0 s" in caplog.text
        assert KEY not in caplog.text
        assert all("key" not in one for one in api.asked)

    asyncio.run(run())
