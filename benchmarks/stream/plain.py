"""The job by hand on aiokafka: `python -m benchmarks.stream.plain ROLE`, settings as for a worker.

At least once: a batch is read, worked on in a thread, its outputs awaited, its offsets committed.
`score` reads with the same model; `cases` folds with the same functions, and writes a changelog.
No dead letters, no process of its own for the model, no clock, no incidents, no recovery, no
metrics: what one would write in an afternoon.
"""

import asyncio
import os
import signal
import sys
from collections.abc import Callable, Sequence
from functools import partial

import msgspec
import uvloop
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord

from scoring import escalation, policy
from scoring.decoding import decode
from scoring.partition import Partition
from scoring.scored import Scored, decode_event, encode_event
from streams import config
from streams.config import Settings
from streams.kafka import clients
from streams.kafka.topics import Topics, application_id
from streams.scorer.reader import Reader

Out = tuple[str, int | None, bytes, bytes]
"""Topic, partition or None for the key's, key, value."""
Work = Callable[[Sequence[ConsumerRecord]], list[Out]]
_encoder = msgspec.msgpack.Encoder()


def scoring(topics: Topics) -> Work:
    """Mentions in, scored mentions out."""
    reader = Reader()
    reader.read([decode(_WARM)])

    def work(records: Sequence[ConsumerRecord]) -> list[Out]:
        found = reader.read([decode(record.value) for record in records])
        return [
            (topics.scored, None, s.mention.partition_key.encode(), encode_event(s)) for s in found
        ]

    return work


def deciding(topics: Topics) -> Work:
    """Scored mentions in, escalations and changed state out."""
    rules = policy.default()
    folds: dict[int, Partition] = {}

    def work(records: Sequence[ConsumerRecord]) -> list[Out]:
        out: list[Out] = []
        for record in records:
            event = decode_event(record.value)
            if record.partition not in folds:
                folds[record.partition] = Partition(rules, record.partition)
            if isinstance(event, Scored):
                said, _ = folds[record.partition].mention(event)
                out += [
                    (topics.escalations, None, e.case_id.encode(), escalation.encode(e))
                    for e in said
                ]
        for number, fold in folds.items():
            out += [
                (topics.cases_state, number, key.encode(), _encoder.encode(fold.cases[key]))
                for key in sorted(fold.changed)
                if key in fold.cases
            ]
            fold.changed.clear()
        return out

    return work


async def run(settings: Settings, role: str) -> None:
    """Until it is told to stop."""
    topics = Topics.of(settings)
    source, make = {"score": (topics.mentions, scoring), "cases": (topics.scored, deciding)}[role]
    loop = asyncio.get_running_loop()
    work = await loop.run_in_executor(None, make, topics)
    consumer = AIOKafkaConsumer(
        source,
        **clients.aiokafka(settings),
        **clients.group_timing(settings),
        group_id=application_id(settings, role),
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        max_poll_records=settings.batch_size,
    )
    producer = AIOKafkaProducer(
        **clients.aiokafka(settings),
        acks="all",
        linger_ms=5,
        max_batch_size=128 * 1024,
        max_request_size=clients.LARGEST_MESSAGE,
    )
    await consumer.start()
    await producer.start()
    stop = asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, stop.set)
    print("ready", flush=True)
    while not stop.is_set():
        found = await consumer.getmany(timeout_ms=50, max_records=settings.batch_size)
        records = [record for part in found.values() for record in part]
        if records:
            out = await loop.run_in_executor(None, partial(work, records))
            waiting = [
                await producer.send(topic, value=value, key=key, partition=number)
                for topic, number, key, value in out
            ]
            await asyncio.gather(*waiting)
            await consumer.commit()
    await producer.stop()
    await consumer.stop()


_WARM = (
    b'{"id":"w","brand":"w","text":"Where is my parcel?","created_at":"2024-01-01T00:00:00Z",'
    b'"channel":"forum"}'
)


def main() -> None:
    """The role is the argument."""
    uvloop.run(run(config.load(os.environ), sys.argv[1]))


if __name__ == "__main__":
    main()
