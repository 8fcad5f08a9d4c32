"""Feeds from a server that knows conditional requests, moves, breaks off and says no feed."""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from aiohttp import web

from tests.streams.sources.rig import rig, serving

NOW = datetime.now(UTC).replace(microsecond=0)


def rss(*items: str) -> str:
    """As https://www.rssboard.org/rss-specification has it."""
    return (
        '<?xml version="1.0" encoding="UTF-8"?><rss version="2.0" '
        'xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel><title>News</title>'
        f"<link>https://news.example/</link><description>x</description>{''.join(items)}"
        "</channel></rss>"
    )


def entry(id: str, title: str, text: str, *, at: datetime = NOW, more: str = "") -> str:
    return (
        f'<item><guid isPermaLink="false">{id}</guid><title>{title}</title>'
        f"<link>https://news.example/{id}</link><pubDate>{format_datetime(at)}</pubDate>"
        f"<description>{text}</description>{more}</item>"
    )


ATOM = """<?xml version="1.0" encoding="utf-8"?>
<feed xmlns="http://www.w3.org/2005/Atom"><title>Films</title><id>urn:f</id>
<updated>2026-11-20T10:00:00Z</updated>
<entry><id>yt:video:abc</id><title>Skylark &amp; my bag</title><published>AT</published>
<updated>AT</updated><author><name>Zoé</name></author>
<link rel="alternate" href="https://video.example/abc"/>
<content type="html">&lt;p&gt;They &lt;b&gt;lost&lt;/b&gt; it.&lt;br&gt;Twice.&lt;/p&gt;</content>
</entry></feed>"""


class Site:
    """One feed; `plan` holds the statuses of the next answers that are not the usual one."""

    def __init__(self, body: str) -> None:
        self.body = body
        self.version = 1
        self.asked: list[Mapping[str, str]] = []
        self.plan: list[int] = []

    def say(self, body: str) -> None:
        self.body = body
        self.version += 1

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(dict(request.headers))
        if self.plan:
            status = self.plan.pop(0)
            headers = {"Location": "/feed"} if status == 301 else {}
            return web.Response(status=status, text="busy", headers=headers)
        tag = f'"{self.version}"'
        if request.headers.get("If-None-Match") == tag:
            return web.Response(status=304)
        headers = {"ETag": tag, "Last-Modified": format_datetime(NOW, usegmt=True)}
        return web.Response(text=self.body, content_type="application/rss+xml", headers=headers)


def test_entries_become_mentions_once_and_changes_edits() -> None:
    async def run() -> None:
        site = Site(
            rss(
                entry("1", "Skylark loses bags", "&lt;p&gt;Again&lt;/p&gt;"),
                entry("2", "Weather", "Nothing of interest"),
                entry("3", "Skylark, long ago", "old", at=NOW - timedelta(days=30)),
            )
        )
        async with serving(web.get("/feed", site.handle)) as url:
            table = {"type": "feed", "urls": [f"{url}/feed"], "channel": "news", "role": "media"}
            async with rig(table) as it:
                await it.until(lambda: it.sent)
                found = it.of("feed:1")
                assert found["text"] == "Skylark loses bags\n\nAgain"
                assert found["brand"] == "skylark-air"
                assert found["channel"] == "news"
                assert found["author"]["role"] == "media"
                assert found["url"] == "https://news.example/1"
                assert datetime.fromisoformat(found["created_at"]) == NOW
                await it.until(lambda: any("If-None-Match" in one for one in site.asked))
                assert it.counts() == {"sent": 1, "unmatched": 1, "old": 1}
                site.say(
                    rss(
                        entry("4", "Skylark answers", "At last"),
                        entry("1", "Skylark loses bags", "Again and again"),
                    )
                )
                await it.until(lambda: len(it.sent) == 3)
                edit = it.sent[-2] if it.sent[-1].id == "feed:4" else it.sent[-1]
                assert (edit.kind, edit.parent_id) == ("edit", "feed:1")
                assert edit.id.startswith("feed:1:edit:")
                assert edit.text.endswith("Again and again")
                await it.stop()
                site.version += 1  # the server forgets what it told us
                await it.start()
                await it.until(lambda: it.counts().get("duplicate", 0) >= 2)
                assert len(it.sent) == 3

    asyncio.run(run())


def test_what_fails_is_asked_again_and_holds_no_other_up() -> None:
    async def run() -> None:
        good, bad, odd = Site(rss(entry("1", "Skylark", "a"))), Site(""), Site("<html>no</html>")
        bad.say(rss(entry("2", "Skylark", "b")))
        bad.plan = [301, 503, 429]
        async with serving(
            web.get("/bad", bad.handle),
            web.get("/feed", good.handle),
            web.get("/odd", odd.handle),
        ) as url:
            table = {"type": "feed", "urls": [f"{url}/odd", f"{url}/bad", f"{url}/feed"]}
            async with rig(table | {"rate_per_s": 500}) as it:
                await it.until(lambda: {"feed:1", "feed:2"} <= set(it.ids()))
                assert it.ids().count("feed:1") == 1
                assert it.count("failures_total", reason="later") >= 2
                assert it.count("up") == 0, "one of them is no feed"
                odd.say(ATOM.replace("AT<", NOW.isoformat() + "<"))
                await it.until(lambda: "feed:yt:video:abc" in it.ids())
                found = it.of("feed:yt:video:abc")
                assert found["text"] == "Skylark & my bag\n\nThey lost it.\nTwice."
                assert found["author"]["handle"] == "Zoé"
                await it.until(lambda: it.count("up") == 1)

    asyncio.run(run())


def test_what_kafka_does_not_take_is_read_again() -> None:
    async def run() -> None:
        site = Site(rss(entry("1", "Skylark", "a")))
        async with serving(web.get("/feed", site.handle)) as url:
            table: dict[str, Any] = {"type": "feed", "urls": [f"{url}/feed"], "rate_per_s": 500}
            async with rig(table) as it:
                it.refuse = True
                await it.until(lambda: it.count("failures_total", reason="broker") >= 2)
                assert not it.sent
                assert it.cursor is None
                it.refuse = False
                await it.until(lambda: it.ids() == ["feed:1"])

    asyncio.run(run())


def test_a_large_feed_is_read_whole_and_one_too_large_is_said(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def run() -> None:
        long = "x" * 1000
        many = [entry(str(n), "Skylark", long) for n in range(5_000)]
        site = Site(rss(*many))
        assert len(site.body) > 5 * 1024 * 1024
        async with serving(web.get("/feed", site.handle)) as url:
            table = {"type": "feed", "urls": [f"{url}/feed"], "rate_per_s": 500}
            async with rig(table) as it:
                await it.until(lambda: len(it.sent) == 5_000, 60)
                assert it.counts() == {"sent": 5_000}
                await it.until(lambda: any("If-None-Match" in one for one in site.asked))
            monkeypatch.setattr("streams.sources.fetch.MOST_BYTES", 5 * 1024 * 1024)
            async with rig(table) as it:
                await it.until(lambda: it.count("failures_total", reason="refused"))
                assert not it.sent
                assert it.cursor is None
        assert "the answer is larger than 5 MiB" in caplog.text

    asyncio.run(run())


def test_an_entry_that_says_nothing_is_told_once(caplog: pytest.LogCaptureFixture) -> None:
    async def run() -> None:
        site = Site(rss(entry("1", "Skylark", "a"), entry("2", "", "")))
        async with serving(web.get("/feed", site.handle)) as url:
            table = {"type": "feed", "urls": [f"{url}/feed"], "rate_per_s": 500}
            async with rig(table) as it:
                await it.until(lambda: it.counts().get("unreadable", 0) >= 1)
                site.version += 1
                await it.until(lambda: it.counts().get("unreadable", 0) >= 2)
                site.version += 1
                await it.until(lambda: it.counts().get("unreadable", 0) >= 3)
        said = [line for line in caplog.messages if "entry 2 on 127.0.0.1" in line]
        assert len(said) == 1

    asyncio.run(run())


def test_half_a_feed_is_asked_for_again(caplog: pytest.LogCaptureFixture) -> None:
    async def run() -> None:
        site = Site(rss(entry("1", "Skylark", "a"), entry("2", "Skylark", "b")))
        whole = site.body
        site.body = whole[: whole.index('<item><guid isPermaLink="false">2') + 20]
        async with serving(web.get("/feed", site.handle)) as url:
            table = {"type": "feed", "urls": [f"{url}/feed"], "rate_per_s": 500}
            async with rig(table) as it:
                await it.until(lambda: it.count("up"))
                site.body = whole  # under the same ETag
                await it.until(lambda: it.ids()[-1:] == ["feed:2"])

    asyncio.run(run())


def test_a_dead_address_leaves_the_others_their_pace(caplog: pytest.LogCaptureFixture) -> None:
    async def run() -> None:
        good, gone = Site(rss(entry("1", "Skylark", "a"))), Site("")
        gone.plan = [404] * 1000
        async with serving(web.get("/g", good.handle), web.get("/b", gone.handle)) as url:
            table = {"type": "feed", "urls": [f"{url}/b?key=s3cret", f"{url}/g"]}
            async with rig(table | {"rate_per_s": 500}) as it:
                await it.until(lambda: it.ids() == ["feed:1"])
                good.say(rss(entry("2", "Skylark", "b")))
                await it.until(lambda: it.ids() == ["feed:1", "feed:2"])
                asked = len(good.asked)
                await it.until(lambda: len(good.asked) > asked + 5)
                assert len(gone.asked) == 1, "somebody has to mend it"
                assert it.count("up") == 0
        said = [line for line in caplog.messages if "HTTP 404" in line]
        assert len(said) == 1
        assert "urls[0] (127.0.0.1)" in said[0]
        assert "s3cret" not in caplog.text

    asyncio.run(run())
