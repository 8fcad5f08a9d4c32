"""Dead letters: headers there and back, and reading every one of them."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, timezone
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.config import Settings
from streams.errors import BrokerError
from streams.kafka import clients, dead_letters, topics
from streams.kafka.dead_letters import DeadLetter, build, parse, read, replayed
from streams.kafka.topics import Topics

DIED = datetime(2024, 5, 6, 7, 8, 9, 123000, tzinfo=UTC)


def record(
    headers: Sequence[tuple[str, bytes | None]], value: bytes | None = b"{"
) -> SimpleNamespace:
    return SimpleNamespace(
        partition=2, offset=17, key=b"k", value=value, headers=headers, timestamp=0
    )


def headers_of(**changes: object) -> list[tuple[str, bytes]]:
    values: dict[str, object] = {
        "reason": "not_json",
        "detail": "line 1",
        "topic": "mentions",
        "partition": 3,
        "offset": 99,
        "time": DIED,
    }
    return build(**(values | changes))  # type: ignore[arg-type]


@given(
    reason=st.text(max_size=50),
    detail=st.text(max_size=1200),
    partition=st.integers(0, 2**31 - 1),
    offset=st.integers(0, 2**63 - 1),
)
def test_headers_there_and_back(reason: str, detail: str, partition: int, offset: int) -> None:
    letter = parse(
        record(headers_of(reason=reason, detail=detail, partition=partition, offset=offset))
    )
    assert letter.reason == reason
    assert letter.detail == detail[: dead_letters.MAX_DETAIL]
    assert (letter.origin_partition, letter.origin_offset) == (partition, offset)
    assert letter.time == DIED
    assert letter.id == "2:17"


def test_time_is_rfc_3339_in_utc() -> None:
    east = timezone(timedelta(hours=2))
    found = dict(headers_of(time=datetime(2024, 5, 6, 9, 8, 9, tzinfo=east)))
    assert found[dead_letters.TIME] == b"2024-05-06T07:08:09.000Z"


def test_own_headers_survive_death_and_return_without_those_of_the_death() -> None:
    first = headers_of(original=[("ce_id", b"a"), (dead_letters.REASON, b"earlier")])
    letter = parse(record(first))
    assert letter.headers == (("ce_id", b"a"),)
    assert letter.reason == "not_json"
    assert replayed(letter) == [("ce_id", b"a"), (dead_letters.REPLAYED, b"2:17")]


@pytest.mark.parametrize(
    "headers",
    [
        [],
        [("other", b"x")],
        [(dead_letters.TIME, b"yesterday"), (dead_letters.OFFSET, b"-1x"), ("x", b"\xff")],
        [(dead_letters.TIME, b"2024-05-06T07:08:09")],
        [(dead_letters.TIME, b"0001-01-01T00:00:00+23:59")],
        [(dead_letters.OFFSET, None), ("x", None)],
        [(dead_letters.REPLAY_OF, None)],
    ],
)
def test_what_another_program_put_there_is_read_as_unknown(
    headers: list[tuple[str, bytes | None]],
) -> None:
    letter = parse(record(headers, value=None))
    assert letter.reason == dead_letters.UNKNOWN
    assert letter.origin_topic == ""
    assert letter.origin_offset == -1
    assert letter.value == b""
    assert letter.time.tzinfo is UTC
    assert all(isinstance(value, bytes) for _, value in replayed(letter))


def test_a_time_with_an_offset_is_told_in_utc() -> None:
    letter = parse(record([(dead_letters.TIME, b"2024-05-06T09:08:09+02:00")]))
    assert letter.time.isoformat() == "2024-05-06T07:08:09+00:00"


def test_a_null_header_of_the_original_dies_and_comes_back_empty() -> None:
    letter = parse(record(headers_of(original=[("trace", None), (dead_letters.REPLAYED, None)])))
    assert letter.headers == (("trace", b""),)
    assert letter.again == ""


def send(settings: Settings, *batches: int) -> None:
    topic = Topics.of(settings).dead_letters
    with clients.producer(settings) as producer:
        for size in batches:
            sent = [
                producer.send(topic, value=b"%d" % number, headers=headers_of(offset=number))
                for number in range(size)
            ]
            for future in sent:
                future.get(30)


def letters(settings: Settings) -> list[DeadLetter]:
    return list(read(settings, Topics.of(settings).dead_letters))


def test_empty_and_missing_topics_have_none(settings: Settings) -> None:
    assert letters(settings) == []
    topics.create(settings)
    assert letters(settings) == []


def test_every_one_is_read_in_order_batches_included(settings: Settings) -> None:
    topics.create(settings)
    send(settings, 1, 300, 40)
    found = letters(settings)
    assert [letter.offset for letter in found] == list(range(341))
    assert [letter.value for letter in found[-3:]] == [b"37", b"38", b"39"]


def test_largest_message_fits(settings: Settings) -> None:
    topics.create(settings)
    big = b"x" * (3 * 1024 * 1024)
    with clients.producer(settings) as producer:
        producer.send(Topics.of(settings).dead_letters, value=big, headers=headers_of()).get(30)
    assert [letter.value for letter in letters(settings)] == [big]


def test_reading_without_a_broker() -> None:
    with pytest.raises(BrokerError):
        list(read(Settings(broker="127.0.0.1:1"), "mentions-dead-letters"))
