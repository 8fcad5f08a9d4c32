"""Kafka lets a header be null, and its name be no UTF-8: such a message stops nothing either."""

import asyncio
import struct
from collections.abc import Callable

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.producer.message_accumulator import BatchBuilder
from aiokafka.record.memory_records import MemoryRecords
from aiokafka.record.util import calc_crc32c

from streams.config import Settings
from streams.kafka import clients, dead_letters
from streams.kafka.forgiving import Records
from streams.kafka.topics import Topics
from tests.conftest import Cli
from tests.streams.running import Workers

Until = Callable[..., None]
NAME, STRANGE = b"named", b"\xe9t\xe9\xff\xfe"
CRC = slice(17, 21)
"""Of a batch; it is counted over all that follows."""


def misnamed(batch: BatchBuilder) -> bytes:
    """Its bytes, with that one header's name as a program in Latin-1 would write it."""
    raw = bytearray(batch._build())
    raw[:] = raw.replace(NAME, STRANGE)
    raw[CRC] = struct.pack(">I", calc_crc32c(bytes(raw[CRC.stop :])))
    return bytes(raw)


def batch(*headers: tuple[str, bytes | None]) -> BatchBuilder:
    """A record with each of them."""
    made = BatchBuilder(100_000, 0)
    for number, header in enumerate(headers):
        made.append(timestamp=None, key=b"k", value=b"{no %d" % number, headers=[header])
    made.close()
    return made


def test_what_cannot_be_read_is_replaced_and_the_rest_is_as_it_was() -> None:
    good = bytes(batch(("a", b"1"), ("b", None))._build())
    bad = misnamed(batch(("c", b"3"), ("named", b"4"), ("é", b"5")))
    broken = MemoryRecords(bad).next_batch()
    assert broken is not None
    with pytest.raises(UnicodeDecodeError):
        list(broken)
    records, found = Records(good + bad + good), []
    assert records.size_in_bytes() == len(good + bad + good)
    while records.has_next():
        one = records.next_batch()
        assert one is not None
        assert one.validate_crc()
        assert not one.is_control_batch
        seen = {record.offset: record for record in one}  # the fetcher takes no offset twice
        found += [(seen[at].value, *seen[at].headers) for at in sorted(seen)]
    assert records.next_batch() is None
    plain = [(b"{no 0", ("a", b"1")), (b"{no 1", ("b", None))]
    assert found == [
        *plain,
        (b"{no 0", ("c", b"3")),
        (b"{no 1", ("\ufffdt\ufffd\ufffd\ufffd", b"4")),
        (b"{no 2", ("é", b"5")),
        *plain,
    ]


async def send(settings: Settings, topic: str) -> None:
    strange = batch(("trace", None), ("named", b"x"))
    raw = misnamed(strange)
    strange._build = lambda: raw
    async with AIOKafkaProducer(**clients.aiokafka(settings)) as producer:
        await (await producer.send_batch(strange, topic, partition=0))


@pytest.mark.process
@pytest.mark.broker
def test_strange_headers_end_no_worker(workers: Workers, cli: Cli, until: Until) -> None:
    settings = workers.settings
    names = Topics.of(settings)
    asyncio.run(send(settings, names.scored))
    worker = workers("--role", "cases")

    def died() -> list[dead_letters.DeadLetter]:
        return list(dead_letters.read(settings, names.dead_letters))

    until(lambda: len(died()) == 2 or worker.process.poll() is not None, 90)
    assert worker.process.poll() is None, worker.log
    by_value = {letter.value: letter for letter in died()}
    assert {letter.reason for letter in by_value.values()} == {"not_scored"}
    assert by_value[b"{no 0"].headers == (("trace", b""),)
    assert by_value[b"{no 1"].headers == (("\ufffdt\ufffd\ufffd\ufffd", b"x"),)
    again = by_value[b"{no 0"].id
    mine = {"TOCSIN_TOPIC_PREFIX": settings.topic_prefix}
    assert cli("dead-letters", "replay", again, **mine).returncode == 0
    until(lambda: len(died()) == 3, 30)
    assert [letter.again for letter in died()].count(again) == 1
    assert worker.process.poll() is None
