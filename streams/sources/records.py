"""Mentions as records of the topic `mentions`."""

from collections.abc import Iterable, Iterator

import msgspec

from scoring.mention import Mention
from streams.worker.output import Record

SENT_BY = "tocsin_source"
"""Header: the source that sent it, so that a source which reads the topic knows its own."""
_encode = msgspec.json.Encoder().encode


def mention_records(topic: str, mentions: Iterable[Mention], source: str) -> Iterator[Record]:
    """JSON, keyed by conversation."""
    headers = ((SENT_BY, mark(topic, source)),)
    for mention in mentions:
        yield Record(
            topic=topic,
            key=mention.partition_key.encode(),
            value=_encode(mention),
            headers=headers,
        )


def mark(topic: str, source: str) -> bytes:
    """What stands in the header."""
    return f"{topic}:{source}".encode()
