"""Mentions as records of the topic `mentions`."""

from collections.abc import Iterable, Iterator

import msgspec

from scoring.mention import Mention
from streams.worker.output import Record

_encode = msgspec.json.Encoder().encode


def mention_records(topic: str, mentions: Iterable[Mention]) -> Iterator[Record]:
    """JSON, keyed by conversation."""
    for mention in mentions:
        yield Record(topic=topic, key=mention.partition_key.encode(), value=_encode(mention))
