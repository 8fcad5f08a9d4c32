"""What platforms and senders say, read as the role `sources` reads it, up to a mention."""

import json
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime

import msgspec
from multidict import CIMultiDict, CIMultiDictProxy

from benchmarks.fuzz import seeds
from benchmarks.fuzz.targets import Target
from scoring.errors import BadMentionError
from streams.errors import ConfigError
from streams.sinks.http import Answer
from streams.sinks.target import Later
from streams.sources import (
    bluesky,
    brands,
    document,
    feed,
    mapping,
    mastodon_status,
    meta,
    plain,
    reddit,
    settings,
    x,
    youtube,
    zendesk,
)
from streams.sources.brands import Matcher
from streams.sources.intake import Intake
from streams.sources.item import UNREADABLE, mapped
from streams.sources.known import Memory
from streams.sources.source import Common, Item

AT = "2026-03-02T09:05:00Z"
_MATCHER = Matcher(
    brands.read(
        {"acme": {"keywords": ["acme", "été*"], "handles": ["@acme"], "exclude": ["acme x"]}}
    )
)
_SHAPE = mapping.shape(
    {"items": "p[]", "text": "t", "created_at": "c", "author": {"followers": "f"}, "id": "i"}
)
_TEXT = {"text": "Acme lost my bag", "createdAt": AT, "langs": ["fr"]}
_BLUESKY = {"did": "did:plc:x", "time_us": 1772442300000000, "kind": "commit"}
_REF = {"uri": "at://did:plc:x/app.bsky.feed.post/b", "cid": "c"}
_STATUS = {
    "id": "1",
    "created_at": AT,
    "content": "<p>Acme <b>again</b></p>",
    "visibility": "public",
    "account": {"id": "1", "acct": "ann", "followers_count": 3},
    "media_attachments": [{"type": "image", "url": "https://a.example"}],
    "mentions": [{"acct": "acme@a.example"}],
    "in_reply_to_id": "2",
}
_TWEET = {
    "data": {
        "id": "2",
        "text": "Acme",
        "created_at": AT,
        "author_id": "7",
        "conversation_id": "1",
        "edit_history_tweet_ids": ["1", "2"],
        "referenced_tweets": [{"type": "replied_to", "id": "1"}],
        "public_metrics": {"retweet_count": 1},
        "entities": {"urls": [{"expanded_url": "https://a.example"}]},
    },
    "includes": {"users": [{"id": "7", "username": "ann", "public_metrics": {}}]},
}
CHANGE = {
    "item": "comment",
    "verb": "edited",
    "comment_id": "1_2",
    "post_id": "9_1",
    "parent_id": "9_1",
    "message": "acme",
    "created_time": 1772442300,
    "from": {"id": "4", "name": "Ann"},
    "photos": ["https://a.example"],
}
_THING = {
    "kind": "t1",
    "data": {
        "name": "t1_a",
        "created_utc": 1772442300.0,
        "author": "ann",
        "body": "acme",
        "link_id": "t3_a",
        "parent_id": "t3_a",
        "edited": False,
    },
}
_COMMENT = {
    "id": "c",
    "snippet": {"textOriginal": "acme", "publishedAt": AT, "authorChannelId": {"value": "U"}},
}
_THREAD = {"id": "c", "snippet": {"topLevelComment": _COMMENT, "videoId": "v"}}
TICKET = {
    "id": "e",
    "account_id": 1,
    "type": "zen:event-type:ticket.comment_added",
    "time": AT,
    "detail": {"id": "5", "subject": "Bag", "description": "lost", "requester_id": "1"},
    "event": {"comment": {"id": "9", "body": "acme", "is_public": True, "author": {"id": "1"}}},
}
_RSS = """<rss version="2.0"><channel><item><guid>1</guid><title>Acme</title>
<pubDate>Mon, 02 Mar 2026 09:00:00 GMT</pubDate><description>&lt;p&gt;lost</description>
<enclosure url="https://a.example" type="image/png"/></item></channel></rss>"""
_SOURCES = """
[brands.acme]
keywords = ["acme"]
[sources.a]
type = "file"
path = "/in/*.csv"
mapping = { text = "t", created_at = "c" }
[sources.b]
type = "feed"
urls = ["https://a.example"]
every_s = 5
"""


def _take(items: Iterable[Item]) -> None:
    """As a collector: into mentions."""
    Intake(_MATCHER, Common(max_age_s=1e9), Memory()).take(list(items), datetime.now(UTC))


def _sent(raw: bytes) -> None:
    _take([document.read(raw)])


def _each(read: Callable[[bytes], Iterable[Item]]) -> Callable[[bytes], None]:
    return lambda raw: _take(mapped([raw], read)[0])


def _status(raw: bytes) -> Iterable[Item]:
    return mastodon_status.items(mastodon_status.decoder.decode(raw), "a.example", noindex=False)


def _thread(raw: bytes) -> Iterable[Item]:
    thread = youtube._threads.decode(raw)
    return youtube._items(thread, thread.snippet.top_level_comment)


def _change(raw: bytes) -> Iterable[Item]:
    change = meta._Change(field="feed", value=msgspec.json.decode(raw, type=dict))
    return meta._items("facebook", meta._Entry(id="9", time=1772442300.0), change)


def _feed(raw: bytes) -> None:
    headers = CIMultiDictProxy(CIMultiDict({"Content-Type": "application/xml"}))
    batch, _ = feed.parse(Answer(200, headers, raw), "https://a.example", "blog")
    _take(batch.items)


def _mapped(raw: bytes) -> None:
    found = _SHAPE.items(msgspec.json.decode(raw), "it", "forum")
    _take(one for one in found if isinstance(one, Item))


def _words(raw: bytes) -> None:
    text = raw.decode("utf-8", "replace")
    _MATCHER.hits(text, "forum", [text[:40]])
    plain.plain(text)


def _toml(raw: bytes) -> None:
    import tomllib

    try:
        values = tomllib.loads(raw.decode("utf-8", "replace"))
    except (ValueError, RecursionError):
        return
    settings.parse(values)


def _json(*values: object) -> Callable[[], list[bytes]]:
    return lambda: [json.dumps(value).encode() for value in values]


def _posts() -> list[object]:
    own = {"collection": bluesky._POST, "rkey": "a"}
    made = {"operation": "create", "record": _TEXT | {"reply": {"root": _REF, "parent": _REF}}}
    quote = _TEXT | {"embed": {"record": {"record": _REF}, "media": {"images": [{}]}}}
    return [
        _BLUESKY | {"commit": own | made},
        _BLUESKY | {"commit": own | {"operation": "create", "record": quote}},
        _BLUESKY | {"commit": own | {"operation": "delete"}},
    ]


def every() -> Mapping[str, Target]:
    """The targets by name."""
    shaped = {"p": [{"t": "acme", "c": 1772442300, "f": "12", "i": 5}]}
    made = [
        Target(
            "sent", 2, seeds.mentions, lambda raw: _take([document.read(raw)]), (BadMentionError,)
        ),
        Target("bluesky", 2, _json(*_posts()), _each(bluesky.read)),
        Target("mastodon", 2, _json(_STATUS), _each(_status)),
        Target("x", 2, _json(_TWEET), _each(x.read), (Later,)),
        Target("reddit", 2, _json(_THING), _each(lambda raw: reddit.read(raw))),
        Target("youtube", 1, _json(_THREAD), _each(_thread)),
        Target("facebook", 2, _json(CHANGE), _each(_change)),
        Target("zendesk-told", 1, _json(TICKET), _each(zendesk.events)),
        Target("mapped", 1, _json(shaped), _mapped, UNREADABLE),
        Target("feed", 0.3, lambda: [_RSS.encode()], _feed, (Later,)),
        Target("brands", 2, seeds.texts, _words),
        Target("sources", 0.5, lambda: [_SOURCES.encode()], _toml, (ConfigError,)),
    ]
    return {target.name: target for target in made}
