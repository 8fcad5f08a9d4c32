"""Jetstream from a server that speaks it: cursor, breaks, deletions, repeats and odd events.

Events as https://github.com/bluesky-social/jetstream#example-events shows them.
"""

import asyncio
import json
from datetime import UTC, datetime
from typing import Any

import aiohttp
from aiohttp import web

from tests.streams.sources.rig import rig, serving

START_US = 1_763_800_000_000_000
POST = "app.bsky.feed.post"


def event(number: int, operation: str, rkey: str, record: Any = None, **more: Any) -> str:
    commit = {
        "rev": "3l3qo2vutsw2b",
        "operation": operation,
        "collection": more.pop("collection", POST),
        "rkey": rkey,
    }
    if record is not None:
        commit |= {
            "record": record,
            "cid": "bafyreidwaivazkwu67xztlmuobx35hs2lnfh3k",
        }
    did = more.pop("did", "did:plc:eygmaihciaxprqvxpfvl6flk")
    return json.dumps(
        {"did": did, "time_us": START_US + number, "kind": "commit", "commit": commit} | more
    )


def post(text: str, **more: Any) -> dict[str, Any]:
    return {
        "$type": POST,
        "createdAt": "2025-11-22T08:26:40.000Z",
        "langs": ["en"],
        "text": text,
    } | more


def uri(rkey: str, collection: str = POST) -> str:
    return f"at://did:plc:eygmaihciaxprqvxpfvl6flk/{collection}/{rkey}"


class Jetstream:
    """Tells its events from the cursor on, then closes or stays."""

    def __init__(self, *events: str) -> None:
        self.events = list(events)
        self.asked: list[dict[str, Any]] = []
        self.close_after: list[int] = []
        self.refuse: list[int] = []

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(
            {"collections": request.query.getall("wantedCollections")} | dict(request.query)
        )
        if self.refuse:
            raise web.HTTPServiceUnavailable
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        since = int(request.query.get("cursor", "0"))
        most = self.close_after.pop(0) if self.close_after else None
        sent = 0
        told = 0
        while not socket.closed:
            while told < len(self.events):
                text = self.events[told]
                told += 1
                if (json.loads(text).get("time_us", since) if text[:1] == "{" else since) < since:
                    continue
                await socket.send_str(text)
                sent += 1
                if sent == most:
                    await socket.close(code=aiohttp.WSCloseCode.GOING_AWAY)
                    return socket
            await asyncio.sleep(0.005)
        return socket


def test_posts_replies_shares_quotes_and_deletions() -> None:
    ref = {"cid": "b", "uri": uri("a")}
    server = Jetstream(
        event(1, "create", "a", post("Skylark lost my bag", facets=[])),
        event(2, "create", "n", post("nothing")),
        event(3, "create", "b", post("me too", reply={"root": ref, "parent": ref})),
        event(
            4,
            "create",
            "r",
            {"createdAt": "2025-11-22T08:26:41Z", "subject": ref},
            collection="app.bsky.feed.repost",
            did="did:plc:other",
        ),
        event(5, "create", "q", post("look", embed={"$type": "x", "record": ref})),
        event(
            6,
            "create",
            "f",
            post(
                "hello @skylark.example",
                facets=[{"features": [{"$type": "m", "did": "did:plc:skylark"}]}],
                createdAt="2031-01-01T00:00:00Z",
            ),
        ),
        event(7, "delete", "unknown"),
        event(8, "delete", "a"),
        event(9, "create", "own", post("we are sorry", reply={"root": ref, "parent": ref}),
              did="did:plc:skylark"),
        json.dumps({"did": "did:plc:x", "time_us": START_US + 10, "kind": "identity",
                    "identity": {"did": "did:plc:x", "handle": "y", "seq": 1}}),
        event(11, "create", "broken", {"text": 5}),
        "not json",
        event(12, "create", "pic", post("", embed={"$type": "x", "images": [{}]},
                                        reply={"root": ref, "parent": ref})),
    )  # fmt: skip
    brands = {"skylark-air": {"keywords": ["skylark"], "handles": ["did:plc:skylark"]}}

    async def run() -> None:
        async with serving(web.get("/subscribe", server.handle)) as url:
            table = {"type": "bluesky", "url": url.replace("http", "ws") + "/subscribe"}
            async with rig(table, brands=brands) as it:
                await it.until(lambda: it.cursor == str(START_US + 12))
                kinds = {mention.id.rpartition("/")[2]: mention for mention in it.sent}
                assert list(kinds) == ["a", "b", "r", "q", "f", f"{'a'}:deleted", "own", "pic"]
                assert kinds["b"].kind == "reply"
                assert kinds["b"].root_id == uri("a")
                assert (kinds["r"].kind, kinds["r"].parent_id) == ("share", uri("a"))
                assert (kinds["q"].kind, kinds["q"].text) == ("share", "look")
                seen = datetime.fromtimestamp((START_US + 6) / 1e6, UTC)
                assert kinds["f"].created_at == seen, "nobody writes in the future"
                gone = kinds["a:deleted"]
                assert (gone.kind, gone.parent_id, gone.brand) == (
                    "deletion",
                    uri("a"),
                    "skylark-air",
                )
                assert kinds["own"].role == "brand"
                assert kinds["pic"].text == "[image]"
                assert it.count("items_total", outcome="unreadable") == 2
                assert server.asked[0]["collections"] == [POST, "app.bsky.feed.repost"]

    asyncio.run(run())


def test_it_goes_on_after_breaks_and_restarts_and_repeats_nothing() -> None:
    events = [event(n * 1_000_000, "create", f"p{n}", post(f"skylark {n}")) for n in range(40)]
    server = Jetstream(*events[:20])
    server.close_after = [7, 1, 9]

    async def run() -> None:
        async with serving(web.get("/subscribe", server.handle)) as url:
            table = {"type": "bluesky", "url": url.replace("http", "ws") + "/subscribe"}
            async with rig(table) as it:
                await it.until(lambda: len(it.sent) == 20)
                assert it.count("failures_total", reason="later") >= 3
                await it.stop()
                server.events += events[20:]
                await it.start()
                await it.until(lambda: len(it.sent) == 40)
                assert it.ids() == [uri(f"p{n}") for n in range(40)]
                rewound = int(server.asked[-1]["cursor"])
                assert rewound == START_US + 19 * 1_000_000 - 5_000_000
                assert it.counts()["duplicate"] >= 5

    asyncio.run(run())


def test_a_service_that_refuses_is_asked_later() -> None:
    server = Jetstream(event(1, "create", "a", post("skylark")))
    server.refuse = [503]

    async def run() -> None:
        async with serving(web.get("/subscribe", server.handle)) as url:
            table = {"type": "bluesky", "url": url.replace("http", "ws") + "/subscribe"}
            async with rig(table) as it:
                await it.until(lambda: it.count("failures_total", reason="later") >= 2)
                server.refuse.clear()
                await it.until(lambda: it.sent)
                assert it.count("up") == 1

    asyncio.run(run())
