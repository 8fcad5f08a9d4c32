"""Looked at all through a run: nothing is committed whose outcome is not safe already.

Commits are read first and topics then. What is not there yet may still be on its way to the
harness: it has some seconds to come.
"""

import time
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
PATIENCE_S = 5.0
SCORED, STORED, DELIVERED = "scored", "stored", "delivered"


class _Id(msgspec.Struct):
    id: str


class _Event(msgspec.Struct):
    type: str
    mention: _Id | None = None


_ids = msgspec.json.Decoder(_Id)
_events = msgspec.json.Decoder(_Event)


class Discipline:
    """Compares commits with outcomes; `failures` gathers."""

    def __init__(self, watch: Watch, hook: Hook) -> None:
        self._watch, self._hook = watch, hook
        self._read: dict[str, int] = defaultdict(int)
        self._ids: dict[Place, str] = {}
        """Of mentions and escalations, by where they stand."""
        self._checked: dict[tuple[str, int], int] = defaultdict(int)
        self._scored: set[str] = set()
        self._dead: set[Place] = set()
        self._folded: dict[tuple[str, int], int] = defaultdict(lambda: -1)
        self._missing: dict[tuple[str, Place], float] = {}
        """What was committed and has no outcome that was seen, since when."""
        self.failures: list[str] = []

    def look(self) -> None:
        """Looks once."""
        committed = self._watch.committed()
        self._take()
        topics = self._watch.topics
        for (role, topic, partition), offset in committed.items():
            what = {
                (Role.SCORE, topics.mentions): SCORED,
                (Role.CASES, topics.scored): STORED,
                (Role.CASES, topics.pulse): STORED,
                (Role.TICKETS, topics.escalations): DELIVERED,
            }.get((role, topic))
            if what is not None:
                self._expect(what, topic, partition, offset)
        self._judge(PATIENCE_S)

    def end(self) -> None:
        """Everything has been read: what is missing now is not there."""
        self._take()
        self._judge(0.0)

    def _judge(self, patience_s: float) -> None:
        for (what, place), since in list(self._missing.items()):
            if self._is_safe(what, place):
                del self._missing[what, place]
            elif time.monotonic() - since >= patience_s:
                del self._missing[what, place]
                self.failures.append(f"committed and not {what}: {place}")

    def _is_safe(self, what: str, place: Place) -> bool:
        topics = self._watch.topics
        if what == STORED:
            changelog = topics.cases_state if place[0] == topics.scored else topics.incidents_state
            return place[2] <= self._folded[changelog, place[1]]
        if place in self._dead:
            return True
        done = self._scored if what == SCORED else self._hook.answered
        return self._ids.get(place) in done

    def _expect(self, what: str, topic: str, partition: int, committed: int) -> None:
        before = self._checked[topic, partition]
        # Of state the last offset stands for those before it.
        first = max(before, committed - 1) if what == STORED else before
        for offset in range(first, committed):
            self._missing.setdefault((what, (topic, partition, offset)), time.monotonic())
        self._checked[topic, partition] = max(before, committed)

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
