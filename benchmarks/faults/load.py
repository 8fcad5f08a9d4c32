"""Mentions at a steady rate, and messages that are none; every one acknowledged by the broker."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime

import msgspec
from kafka import KafkaProducer

from benchmarks.faults.bed import PARTITIONS, Bed
from benchmarks.faults.schedule import LOAD_S, RATE
from scoring.mention import Mention
from streams.kafka import clients
from streams.kafka.topics import Topics
from tests.streams import crowd

STORIES_EACH = 3
Place = tuple[int, int]


def told(seed: int) -> list[Mention]:
    """A crowd around some of the recorded stories, in order of event time."""
    chance = random.Random(seed)
    slugs = sorted(chance.sample(crowd.STORIES, STORIES_EACH))
    return crowd.crowd(int(RATE * LOAD_S) + seed % 50, slugs, tag=f"s{seed}")


class Load:
    """Sends a run's mentions; `bad` tells reason and bytes of what was none, by its place."""

    def __init__(self, bed: Bed, mentions: list[Mention]) -> None:
        self.mentions = mentions
        self.closing = crowd.closing(mentions, PARTITIONS)
        self._bed = bed
        self._topic = Topics.of(bed.settings).mentions
        self._producer = KafkaProducer(
            **clients.kafka_python(bed.direct), acks="all", linger_ms=5, retries=10
        )
        self._sent = 0
        self._waiting: list[object] = []
        self._nonsense: list[tuple[str, bytes, object]] = []

    @property
    def over(self) -> bool:
        """Whether all but the closing mentions are sent."""
        return self._sent >= len(self.mentions)

    def until(self, at_s: float) -> None:
        """Sends what is due `at_s` seconds after the first."""
        due = min(len(self.mentions), int(at_s * RATE) + 1)
        for mention in self.mentions[self._sent : due]:
            self._send(mention)
        self._sent = max(self._sent, due)
        for number in range(self._bed.poison):
            good = self.mentions[(self._sent + number) % len(self.mentions)]
            for reason, raw in crowd.bad(good, self._sent * 10 + number):
                future = self._producer.send(self._topic, value=raw, key=raw[:9])
                self._nonsense.append((reason, raw, future))
        self._bed.poison = 0

    def close(self) -> None:
        """Sends the mentions after which every deadline has passed."""
        for mention in self.closing:
            self._send(mention)
        self._producer.flush()

    @property
    def count(self) -> int:
        """Messages that were sent."""
        return len(self._waiting) + len(self._nonsense)

    def acknowledged(self) -> dict[Place, tuple[str, bytes]]:
        """Where the bad ones are; raises kafka.errors.KafkaError when anything was not taken."""
        for future in self._waiting:
            future.get(30)  # type: ignore[attr-defined]
        self._producer.close(timeout=1)
        return dict(self._places())

    def _places(self) -> Iterator[tuple[Place, tuple[str, bytes]]]:
        for reason, raw, future in self._nonsense:
            place = future.get(30)  # type: ignore[attr-defined]
            yield (place.partition, place.offset), (reason, raw)

    def _send(self, mention: Mention) -> None:
        self._waiting.append(
            self._producer.send(
                self._topic,
                value=msgspec.json.encode(mention),
                key=mention.partition_key.encode(),
                timestamp_ms=int(datetime.now(UTC).timestamp() * 1000),
            )
        )
