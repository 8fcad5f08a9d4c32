"""Broker, topics, and how far a group is."""

import asyncio
import os
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

import msgspec
import psutil

from scoring.mention import Mention
from scoring.scored import Scored, encode_event
from streams.config import Settings
from streams.kafka import clients, topics
from streams.kafka.embedded import EmbeddedBroker
from streams.kafka.topics import Topics, application_id
from streams.worker.output import Output, Record

NAMED = "TOCSIN_TEST_BROKER"
PARTITIONS = 4
TOGETHER = 2_000


class Bed:
    """Fresh topics of one broker, and processes' CPU."""

    def __init__(self, address: str, folder: Path, pid: int) -> None:
        self.address, self.folder, self.pid = address, folder, pid

    def fresh(self, partitions: int = PARTITIONS) -> Settings:
        """Settings with topics and groups that no other run uses."""
        own = f"b{uuid.uuid4().hex[:8]}."
        settings = Settings(
            broker=self.address,
            topic_prefix=own,
            group_prefix=own + "g",
            state_dir=self.folder / own,
            partitions=partitions,
        )
        topics.create(settings)
        return settings

    @property
    def cpu_s(self) -> float:
        """Of the broker, where it is ours."""
        return cpu_s(self.pid) if self.pid else 0.0

    @property
    def rss(self) -> int:
        """Of the broker, bytes."""
        return psutil.Process(self.pid).memory_info().rss if self.pid else 0


@contextmanager
def bed(folder: Path) -> Iterator[Bed]:
    """With the broker that TOCSIN_TEST_BROKER names, else an embedded one."""
    if named := os.environ.get(NAMED):
        yield Bed(named, folder, 0)
        return
    with EmbeddedBroker() as broker:
        yield Bed(broker.address, folder, broker.pid)


def send(settings: Settings, mentions: Iterable[Mention]) -> int:
    """Mentions as their sources send them; how many."""
    return _send(
        settings,
        Topics.of(settings).mentions,
        ((m.partition_key, msgspec.json.encode(m)) for m in mentions),
    )


def send_scored(settings: Settings, scored: Iterable[Scored]) -> int:
    """What the role `score` would have said."""
    return _send(
        settings,
        Topics.of(settings).scored,
        ((one.mention.partition_key, encode_event(one)) for one in scored),
    )


def _send(settings: Settings, topic: str, records: Iterable[tuple[str, bytes]]) -> int:
    return asyncio.run(_sent(settings, topic, records))


async def _sent(settings: Settings, topic: str, records: Iterable[tuple[str, bytes]]) -> int:
    """In whole batches, as a worker sends: a client's own would take a minute for a million."""
    output, count = Output(settings), 0
    await output.start()
    for some in batched((Record(topic, value, key.encode()) for key, value in records), TOGETHER):
        await output.send(some)
        count += len(some)
    await output.stop()
    return count


def batched(records: Iterable[Record], most: int) -> Iterator[list[Record]]:
    """In lists of at most so many."""
    found = iter(records)
    while some := list(islice(found, most)):
        yield some


def committed(settings: Settings, role: str, topic: str) -> int:
    """Sum of a group's offsets in a topic that it began to read at 0."""
    group = application_id(settings, role)
    with clients.admin(settings) as admin:
        found = admin.list_group_offsets(group)[group]
    return sum(max(0, at.offset) for tp, at in found.items() if tp.topic == topic)


def cpu_s(pid: int) -> float:
    """Seconds of a process and its children so far, those of children that ended included."""
    try:
        process = psutil.Process(pid)
        family = [process, *process.children(recursive=True)]
        return sum(sum(member.cpu_times()[:2]) for member in family)
    except psutil.Error:
        return 0.0


def rss(pid: int) -> int:
    """Bytes of a process, without its children."""
    try:
        return int(psutil.Process(pid).memory_info().rss)
    except psutil.Error:
        return 0
