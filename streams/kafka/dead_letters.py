"""Dead letters: a message that could not be used, its original bytes, and in headers why.

Once one was sent again, and the broker has it, a mark follows it in its own partition, so that it
is known for as long as the dead letter itself: a record without a value whose header
`tocsin_replay_of` is the dead letter's id, and `tocsin_time` when.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import msgspec

from streams import hidden
from streams.config import Settings
from streams.errors import BrokerError
from streams.kafka import clients

if TYPE_CHECKING:
    from kafka import KafkaConsumer
    from kafka.consumer.fetcher import ConsumerRecord

REASON = "tocsin_reason"
DETAIL = "tocsin_detail"
TOPIC = "tocsin_topic"
PARTITION = "tocsin_partition"
OFFSET = "tocsin_offset"
TIME = "tocsin_time"
SINK = "tocsin_sink"
"""The ticket system that did not get it; sent again, the dead letter goes to this one alone."""
REPLAYED = "tocsin_replayed"
"""On a message that was sent again, and on what becomes of it: the id of the dead letter that it
was."""

REPLAY_OF = "tocsin_replay_of"
"""On a mark: the id of the dead letter that was sent again."""

UNKNOWN = "unknown"
MARK = "replayed"
"""Reason of a mark, for readers that take it for a dead letter."""
MAX_DETAIL = 1000
READ_TIMEOUT_S = 30.0
_LATEST_MS = 253_402_300_799_000
"""The end of the year 9999: a producer may put any number in a record's time."""

Headers = list[tuple[str, bytes]]
Foreign = Iterable[tuple[str, bytes | None]]
"""Headers of a record that somebody else wrote: Kafka lets values be null."""
Replays = dict[str, datetime]
"""When each dead letter was last sent again, by its id."""


class DeadLetter(msgspec.Struct, frozen=True, kw_only=True):
    """One dead letter; `partition` and `offset` are its own, those of `origin` the original's."""

    partition: int
    offset: int
    reason: str
    detail: str
    origin_topic: str
    origin_partition: int
    origin_offset: int
    time: datetime
    sink: str
    key: bytes | None
    value: bytes
    headers: tuple[tuple[str, bytes], ...]
    """The original's own headers; null is empty, since kafka-python sends none."""
    again: str = ""
    """Id of the dead letter that it was before it was sent again, and came back; empty else."""

    @property
    def id(self) -> str:
        """`partition:offset` in the dead-letter topic."""
        return f"{self.partition}:{self.offset}"


def build(
    *,
    reason: str,
    detail: str,
    topic: str,
    partition: int,
    offset: int,
    time: datetime,
    sink: str = "",
    original: Foreign = (),
) -> Headers:
    """The headers of a dead letter; `time` (aware) is when it was given up.

    Headers of the original are kept, save those of an earlier death but its id; null is empty.
    """
    kept = list(original)
    return [
        *_own(kept),
        *((name, value or b"") for name, value in kept if name == REPLAYED),
        (REASON, reason.encode()),
        (DETAIL, hidden.hide(detail)[:MAX_DETAIL].encode("utf-8", "replace")),
        (TOPIC, topic.encode()),
        (PARTITION, str(partition).encode()),
        (OFFSET, str(offset).encode()),
        (TIME, _stamp(time)),
        *([(SINK, sink.encode())] if sink else []),
    ]


def replayed(letter: DeadLetter) -> Headers:
    """The headers of the original when it is sent again."""
    sink = [(SINK, letter.sink.encode())] if letter.sink else []
    return [*letter.headers, (REPLAYED, letter.id.encode()), *sink]


def mark(letter: DeadLetter, time: datetime) -> Headers:
    """The headers of what says that a dead letter was sent again at `time` (aware)."""
    return [
        (REPLAY_OF, letter.id.encode()),
        (REASON, MARK.encode()),
        (DETAIL, f"{letter.id} was sent again".encode()),
        (TIME, _stamp(time)),
    ]


def parse(record: "ConsumerRecord") -> DeadLetter:
    """A record of a dead-letter topic; what another program put there has reason `unknown`."""
    given = [(name, value or b"") for name, value in record.headers or ()]
    found = {name: value.decode("utf-8", "replace") for name, value in given}
    return DeadLetter(
        partition=record.partition,
        offset=record.offset,
        reason=found.get(REASON, UNKNOWN),
        detail=found.get(DETAIL, ""),
        origin_topic=found.get(TOPIC, ""),
        origin_partition=_number(found.get(PARTITION)),
        origin_offset=_number(found.get(OFFSET)),
        time=_time(found.get(TIME), record.timestamp),
        sink=found.get(SINK, ""),
        key=record.key,
        value=record.value or b"",
        headers=tuple(_own(given)),
        again=found.get(REPLAYED, ""),
    )


def read(settings: Settings, topic: str, replays: Replays | None = None) -> Iterator[DeadLetter]:
    """Every dead letter that `topic` holds now, by partition and offset.

    `replays` is filled on the way; it is whole when the end is reached. Reads outside of any
    group, so it disturbs no one. Raises BrokerError.
    """
    from kafka import TopicPartition

    with clients.consumer(settings) as consumer:
        for number in sorted(consumer.partitions_for_topic(topic) or ()):
            for record in _read_partition(consumer, TopicPartition(topic, number)):
                letter = sifted(record, replays)
                if letter is not None:
                    yield letter


def sifted(record: "ConsumerRecord", replays: Replays | None) -> DeadLetter | None:
    """The dead letter of a record; None where it is a mark, which is noted in `replays`."""
    of = dict(record.headers or ()).get(REPLAY_OF)
    if of is None:
        return parse(record)
    if replays is not None:
        replays[of.decode("utf-8", "replace")] = parse(record).time
    return None


def _read_partition(consumer: "KafkaConsumer", partition: object) -> "Iterator[ConsumerRecord]":
    consumer.assign([partition])
    position: int = consumer.beginning_offsets([partition])[partition]
    end: int = consumer.end_offsets([partition])[partition]
    consumer.seek(partition, position)
    known = False
    while position < end:
        batches = consumer.poll(timeout_ms=int(READ_TIMEOUT_S * 1000))
        if not known:
            # Some brokers (tansu 0.6.0) list the start of the newest batch as the end; the answer
            # to a fetch has the true one. Taken once: what arrives later is for the next reader.
            end, known = max(end, consumer.highwater(partition) or 0), True
        for record in batches.get(partition, ()):
            if record.offset < end:
                yield record
        reached: int = consumer.position(partition)
        if reached <= position:
            raise BrokerError(f"broker stopped answering at offset {position} of {partition}")
        position = reached


def _own(headers: Foreign) -> Sequence[tuple[str, bytes]]:
    return [(name, value or b"") for name, value in headers if not name.startswith("tocsin_")]


def _stamp(time: datetime) -> bytes:
    stamp = time.astimezone(UTC).isoformat(timespec="milliseconds")
    return stamp.replace("+00:00", "Z").encode()


def _number(text: str | None) -> int:
    # More digits than an offset has are somebody else's, and Python refuses thousands of them.
    return int(text) if text and text.isdecimal() and len(text) <= 19 else -1


def _time(text: str | None, fallback_ms: int) -> datetime:
    with suppress(ValueError, OverflowError):
        found = datetime.fromisoformat(text or "")
        if found.tzinfo is not None:
            return found.astimezone(UTC)
    return datetime.fromtimestamp(min(max(fallback_ms, 0), _LATEST_MS) / 1000, UTC)
