"""Looked at all through a run: nothing is committed whose outcome is not safe already.

Commits are read first and topics then, to their end: what is safe by then may have become so a
moment after the commit, which goes unnoticed; what is not is a mention that a crash would lose.
"""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import msgspec

from benchmarks.faults.sinks import Hook
from benchmarks.faults.watch import Watch
from streams.kafka import dead_letters
from streams.worker.application import Role
from streams.worker.state import folded_of

Place = tuple[str, int, int]


class _Id(msgspec.Struct):
    id: str


class _Event(msgspec.Struct):
    type: str
    mention: _Id | None = None


_ids = msgspec.json.Decoder(_Id)
_events = msgspec.json.Decoder(_Event)


class Discipline:
    """Compares commits with outcomes; `failures` gathers, each once."""

    def __init__(self, watch: Watch, hook: Hook) -> None:
        self._watch, self._hook = watch, hook
        self._read: dict[str, int] = defaultdict(int)
        self._ids: dict[Place, str] = {}
        """Of mentions and escalations, by where they stand."""
        self._checked: dict[tuple[str, int], int] = defaultdict(int)
        self._scored: set[str] = set()
        self._dead: set[Place] = set()
        self._folded: dict[tuple[str, int], int] = defaultdict(lambda: -1)
        self.failures: dict[str, None] = {}

    def look(self) -> None:
        """Looks once."""
        committed = self._watch.committed()
        while self._watch.read(0):
            continue
        self._take()
        topics = self._watch.topics
        for (role, topic, partition), offset in committed.items():
            if (role, topic) == (Role.SCORE, topics.mentions):
                self._every(topic, partition, offset, "scored", self._scored)
            elif (role, topic) == (Role.TICKETS, topics.escalations):
                self._every(topic, partition, offset, "delivered", set(self._hook.answered))
            elif role is Role.CASES and topic in (topics.scored, topics.pulse):
                self._state(topic, partition, offset)

    def _every(self, topic: str, partition: int, committed: int, what: str, done: set[str]) -> None:
        for offset in range(self._checked[topic, partition], committed):
            place = topic, partition, offset
            if place not in self._dead and self._ids.get(place) not in done:
                self.failures[f"committed and not {what}: {place}"] = None
        self._checked[topic, partition] = max(self._checked[topic, partition], committed)

    def _state(self, topic: str, partition: int, committed: int) -> None:
        topics = self._watch.topics
        changelog = topics.cases_state if topic == topics.scored else topics.incidents_state
        if committed - 1 > self._folded[changelog, partition]:
            place = topic, partition, committed - 1
            self.failures[f"committed and its state not stored: {place}"] = None

    def _take(self) -> None:
        """What has come since the last look."""
        topics = self._watch.topics
        for topic in (topics.mentions, topics.escalations):
            for record in self._new(topic):
                place = topic, record.partition, record.offset
                try:
                    self._ids[place] = _ids.decode(record.value).id
                except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
                    continue  # its dead letter tells its place
        for record in self._new(topics.scored):
            event = _events.decode(record.value)
            if event.mention is not None:
                self._scored.add(event.mention.id)
        for record in self._new(topics.dead_letters):
            letter = dead_letters.parse(record)
            self._dead.add((letter.origin_topic, letter.origin_partition, letter.origin_offset))
        for changelog in (topics.cases_state, topics.incidents_state):
            for record in self._new(changelog):
                key = changelog, record.partition
                self._folded[key] = max(self._folded[key], folded_of(record.headers))

    def _new(self, topic: str) -> Iterator[Any]:
        records = self._watch.of(topic)
        while self._read[topic] < len(records):
            self._read[topic] += 1
            yield records[self._read[topic] - 1]
