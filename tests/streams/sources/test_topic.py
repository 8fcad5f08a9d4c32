"""Kafka topics of another shape, on a real broker: through a mapping, from where it was."""

import asyncio
import json
from datetime import UTC, datetime
from typing import Any

import pytest

from scoring.decoding import decode
from streams.config import Settings
from streams.errors import ConfigError
from streams.kafka import clients
from streams.kafka.topics import Topics
from streams.sources.records import mention_records
from tests.streams.sources.rig import rig

pytestmark = [pytest.mark.broker]

NOW = datetime.now(UTC)
MAPPING = {
    "items": "posts[?type != 'ad']",
    "id": "join(':', ['crm', key])",
    "text": "content.body",
    "created_at": "ts",
    "channel": "source.name",
    "kind": "reply_to && 'reply' || 'post'",
    "parent_id": "reply_to",
    "author": {"handle": "user.screen", "followers": "user.fans", "verified": "user.ok"},
    "addressed": "content.at[]",
}


def message(*posts: dict[str, Any]) -> bytes:
    return json.dumps({"posts": list(posts)}).encode()


def post(key: str, body: str, **more: Any) -> dict[str, Any]:
    return {
        "key": key,
        "content": {"body": body, "at": more.pop("at", None)},
        "ts": NOW.timestamp() * 1000,
        "source": {"name": "Forum FR"},
        "user": {"screen": "ann", "fans": "12", "ok": "yes"},
    } | more


def produce(settings: Settings, topic: str, *values: bytes) -> None:
    with clients.producer(settings) as producer:
        for value in values:
            producer.send(topic, value=value)
        producer.flush()


def create(settings: Settings, topic: str) -> None:
    with clients.admin(settings) as client:
        client.create_topics({topic: {"num_partitions": 2, "replication_factor": 1}})
        client.wait_for_topics([topic])


def test_messages_of_another_shape(settings: Settings) -> None:
    topic = settings.topic_prefix + "crm"
    create(settings, topic)
    produce(settings, topic, message(post("before", "skylark")))

    async def run() -> None:
        table = {"type": "kafka", "topic": topic, "mapping": MAPPING}
        async with rig(table, settings=settings) as it:
            await it.until(lambda: it.cursor)
            first = message(
                post("1", "Skylark lost it"),
                post("2", "skylark!", type="ad"),
                post("3", "me too", reply_to="crm:1"),
                post("4", "nothing"),
                post("5", "you there", at=["@skylark"]),
            )
            produce(settings, topic, first, b"{broken", b"[]", message({"key": "6"}))
            await it.until(lambda: it.counts().get("unreadable", 0) >= 2)
            await it.until(lambda: len(it.sent) == 3)
            assert sorted(it.ids()) == ["crm:1", "crm:3", "crm:5"]
            found = it.of("crm:1")
            assert found["channel"] == "forum-fr"
            assert found["author"] == {"handle": "ann", "followers": 12, "verified": True}
            assert abs(datetime.fromisoformat(found["created_at"]) - NOW).total_seconds() < 1
            assert it.of("crm:3")["parent_id"] == "crm:1"
            await it.stop()
            produce(settings, topic, *(message(post(f"9{n}", "skylark")) for n in range(20)))
            await it.start()
            await it.until(lambda: len(it.sent) == 23)
            assert len(set(it.ids())) == 23
            await it.stop()
            it.cursor = None  # as with another name: from the end again
            await it.start()
            await it.until(lambda: it.cursor is not None)
            produce(settings, topic, message(post("7", "skylark")))
            await it.until(lambda: "crm:7" in it.ids())
            assert len(it.sent) == 24

    asyncio.run(run())


def test_a_topic_that_is_not_there_or_ours(settings: Settings) -> None:
    async def run() -> None:
        table = {"type": "kafka", "topic": settings.topic_prefix + "nowhere"}
        async with rig(table, settings=settings) as it:
            await it.until(lambda: it.count("failures_total", reason="later") >= 1)
        with pytest.raises(ConfigError, match="circle"):
            async with rig(table | {"topic": Topics.of(settings).mentions}, settings=settings):
                pass

    asyncio.run(run())


def test_a_source_never_feeds_itself(settings: Settings, caplog: pytest.LogCaptureFixture) -> None:
    ours = Topics.of(settings).mentions
    create(settings, ours)
    host, _, port = settings.broker.rpartition(":")
    table = {"type": "kafka", "topic": ours, "start": "beginning"}
    written = [settings.broker, f" {settings.broker.upper()},elsewhere:9092"]

    async def run() -> None:
        for broker in written:
            with pytest.raises(ConfigError, match="circle"):
                async with rig(table | {"broker": broker}, settings=settings):
                    pass
        assert host == "127.0.0.1"
        async with rig(table | {"broker": f"localhost:{port}"}, settings=settings) as it:
            await it.until(lambda: it.count("failures_total", reason="refused"))
        assert "it would circle" in caplog.text

    asyncio.run(run())


def test_what_a_source_sent_itself_is_not_taken_again(settings: Settings) -> None:
    """However it came back: through a mirror, or a bridge of somebody else's."""
    topic = settings.topic_prefix + "mirror"
    create(settings, topic)
    mention = {"id": "1", "brand": "skylark-air", "text": "lost", "channel": "forum"}
    mention["created_at"] = NOW.isoformat()
    first = decode(json.dumps(mention).encode())
    second = decode(json.dumps(mention | {"id": "2"}).encode())
    own = [*mention_records(Topics.of(settings).mentions, [first], "it")]
    other = [*mention_records(Topics.of(settings).mentions, [second], "another")]
    with clients.producer(settings) as producer:
        for record in [*own, *other, *other]:
            producer.send(topic, value=record.value, key=b"x", headers=list(record.headers))
        producer.flush()

    async def run() -> None:
        table = {"type": "kafka", "topic": topic, "start": "beginning"}
        async with rig(table, settings=settings) as it:
            await it.until(lambda: it.counts() == {"sent": 1, "unreadable": 1, "duplicate": 1})
            assert it.ids() == ["2"]

    asyncio.run(run())
