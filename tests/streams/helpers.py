"""What several tests of the stream say: mentions, lines, and what a topic holds."""

import json
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import msgspec

from scoring.mention import Mention
from streams.config import Settings
from streams.kafka import clients
from streams.kafka.topics import Topics

UNREACHABLE = "127.0.0.1:1"
START = datetime(2013, 9, 2, 12, tzinfo=UTC)


def mention(number: int, at: datetime, **changes: Any) -> dict[str, Any]:
    return {
        "id": f"m-{number}",
        "brand": "skylark-air",
        "text": f"message {number}",
        "created_at": at.isoformat(),
        "channel": "forum",
    } | changes


def lines(*values: object) -> str:
    return "".join(v + "\n" if isinstance(v, str) else json.dumps(v) + "\n" for v in values)


def received(settings: Settings, topic: str) -> list[Any]:
    """Every record of a topic, by time of arrival within each partition."""
    with clients.consumer(settings) as consumer:
        from kafka import TopicPartition

        parts = [TopicPartition(topic, number) for number in consumer.partitions_for_topic(topic)]
        consumer.assign(parts)
        consumer.seek_to_beginning(*parts)
        records: list[Any] = []
        while batches := consumer.poll(timeout_ms=1000):
            records += [record for batch in batches.values() for record in batch]
        return records


def one_line(text: str) -> str:
    assert text.count("\n") == 1, text
    assert text.startswith("tocsin: "), text
    assert "Traceback" not in text
    return text


def publish(settings: Settings, mentions: Iterable[Mention]) -> None:
    """Sends mentions as their sources do: JSON, keyed by conversation."""
    with clients.producer(settings) as producer:
        for sent in mentions:
            producer.send(
                Topics.of(settings).mentions,
                value=msgspec.json.encode(sent),
                key=sent.partition_key.encode(),
            )
        producer.flush()


class Follower:
    """Reads one topic from its start."""

    def __init__(self, consumer: Any) -> None:
        self._consumer = consumer
        self._records: list[Any] = []

    def records(self) -> list[Any]:
        """Everything so far, what has just come included."""
        while batches := self._consumer.poll(timeout_ms=50 if self._records else 500):
            self._records += [record for batch in batches.values() for record in batch]
        return self._records

    def ids(self) -> list[str]:
        """The ids of the scored mentions among them, in the order of each partition."""
        rows = [json.loads(record.value) for record in self.records()]
        return [row["mention"]["id"] for row in rows if row["type"] == "mention"]

    def said(self) -> dict[str, set[bytes]]:
        """Escalations of conversations by id: the bodies that bear it."""
        found: dict[str, set[bytes]] = {}
        for record in self.records():
            row = json.loads(record.value)
            if row["kind"] == "conversation":
                found.setdefault(row["id"], set()).add(record.value)
        return found


@contextmanager
def following(settings: Settings, topic: str) -> Iterator[Follower]:
    """A follower of a topic."""
    from kafka import TopicPartition

    with clients.consumer(settings) as consumer:
        numbers: Sequence[int] = consumer.partitions_for_topic(topic)
        parts = [TopicPartition(topic, number) for number in numbers]
        consumer.assign(parts)
        consumer.seek_to_beginning(*parts)
        yield Follower(consumer)


def behind(settings: Settings) -> int:
    """How many messages the roles have not committed yet, over the topics they read."""
    topics = Topics.of(settings)
    missing = 0
    for role, names in {"score": [topics.mentions], "cases": [topics.scored, topics.pulse]}.items():
        group = f"{settings.group_prefix}-{settings.topic_prefix}{role}"
        with clients.admin(settings) as client:
            known = client.list_group_offsets(group)[group]
        committed = {(tp.topic, tp.partition): found.offset for tp, found in known.items()}
        for name in names:
            with following(settings, name) as follower:
                last = {record.partition: record.offset for record in follower.records()}
            for partition, offset in last.items():
                missing += max(0, offset + 1 - max(0, committed.get((name, partition), 0)))
    return missing


def eventually(condition: Callable[[], object], timeout_s: float = 60) -> None:
    """Waits for a condition, as the fixture `until` does, where there is no fixture."""
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, f"condition did not come true within {timeout_s:g} s"
        time.sleep(0.02)
