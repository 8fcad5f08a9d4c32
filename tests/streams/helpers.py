"""What several tests of the stream say: mentions, lines, and what a topic holds."""

import json
from datetime import UTC, datetime
from typing import Any

from streams.config import Settings
from streams.kafka import clients

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
