"""What every topic of a run holds, and how far behind each group is; read while the run goes on."""

from collections import defaultdict
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import msgspec
from kafka import KafkaAdminClient, KafkaConsumer, TopicPartition
from kafka.errors import KafkaError

from streams.config import Settings
from streams.kafka import clients
from streams.kafka.topics import Topics, application_id, plan
from streams.worker.application import Role
from streams.worker.reads import READ_BY


class Watch:
    """Reads all topics from their start; `settings` are the harness's own way to the broker."""

    def __init__(self, settings: Settings, of: Settings) -> None:
        self._of = of
        self.topics = Topics.of(of)
        self._admin = KafkaAdminClient(**clients.kafka_python(settings))
        self._consumer = KafkaConsumer(
            **clients.kafka_python(settings),
            group_id=None,
            enable_auto_commit=False,
            max_partition_fetch_bytes=clients.LARGEST_MESSAGE,
        )
        names = [topic.name for topic in plan(of)]
        parts = [
            TopicPartition(name, number)
            for name in names
            for number in sorted(self._consumer.partitions_for_topic(name) or ())
        ]
        self._consumer.assign(parts)
        self._consumer.seek_to_beginning(*parts)
        self._records: dict[str, list[Any]] = defaultdict(list)
        self._ends: dict[TopicPartition, int] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._consumer.close()
        self._admin.close()

    def read(self, timeout_ms: int = 50) -> int:
        """Takes what has come; how many."""
        count = 0
        for partition, records in self._consumer.poll(timeout_ms=timeout_ms).items():
            self._records[partition.topic] += records
            self._ends[partition] = records[-1].offset + 1
            count += len(records)
        return count

    def read_all(self) -> None:
        """Takes all there is, once nobody writes any more."""
        quiet = 0
        while quiet < 4:
            quiet = 0 if self.read(250) else quiet + 1

    def of(self, topic: str) -> list[Any]:
        """Records of a topic so far, in order within each partition."""
        return self._records[topic]

    def write(self, file: Path) -> None:
        """What the topics hold, a JSON line for each record, to look into a run that failed."""
        with file.open("wb") as lines:
            for topic, records in self._records.items():
                for record in records:
                    row = {
                        "topic": topic.removeprefix(self._of.topic_prefix),
                        "partition": record.partition,
                        "offset": record.offset,
                        "timestamp": record.timestamp,
                        "key": (record.key or b"").decode("utf-8", "replace"),
                        "headers": {k: v.decode("utf-8", "replace") for k, v in record.headers},
                        "value": (record.value or b"").decode("utf-8", "replace"),
                    }
                    lines.write(msgspec.json.encode(row) + b"\n")

    def committed(self) -> dict[tuple[Role, str, int], int]:
        """The offset that each role has committed of each partition that it reads."""
        found: dict[tuple[Role, str, int], int] = {}
        for role in READ_BY:
            group = application_id(self._of, role.value)
            try:
                known = self._admin.list_group_offsets(group)[group]
            except (KafkaError, KeyError):
                continue
            read = {getattr(self.topics, field) for field in READ_BY[role]}
            found |= {
                (role, part.topic, part.partition): max(0, at.offset)
                for part, at in known.items()
                if part.topic in read
            }
        return found

    def behind(self) -> dict[str, int]:
        """Messages that each role has not committed."""
        committed = self.committed()
        return {
            role.value: sum(
                max(0, end - committed.get((role, part.topic, part.partition), 0))
                for part, end in self._ends.items()
                if part.topic in {getattr(self.topics, field) for field in READ_BY[role]}
            )
            for role in READ_BY
        }
