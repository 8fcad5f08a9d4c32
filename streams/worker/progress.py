"""How far a worker has come in each partition, for metrics and for its health."""

import time
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence

from faust.types import EventT

from streams.metrics import Metrics

STUCK_S = 120.0
"""A worker that commits nothing of a partition with messages for this long is not alive."""

RECOVERY_STUCK_S = 60.0
"""Tables whose changelog is not read any further for this long will never be: whoever reads them
is started again. Faust can lose its place when partitions move twice while the broker is slow."""

Partition = tuple[str, int]


class Progress:
    """Offsets taken and acknowledged per partition; `now` is a monotonic clock in seconds."""

    def __init__(
        self,
        metrics: Metrics,
        stuck_s: float = STUCK_S,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._stuck_s = stuck_s
        self._metrics = metrics
        self._now = now
        self._acknowledged: dict[Partition, int] = {}
        self._since: dict[str, float] = {}
        """Per topic with a batch under way: when it was taken, or last came further."""
        self._commits: dict[Partition, tuple[int, float]] = {}
        """Per partition that is behind: the offset that is committed, and since when."""
        self._proven: set[Partition] = set()
        """Those of them that really hold something there."""
        self._recovery: tuple[Hashable, float] | None = None
        """How far the tables have been read that are being recovered, and since when."""
        self.total = 0
        self.lag = 0
        """Messages not worked off, over all partitions, as of the last `publish`."""

    def took(self, events: Sequence[EventT]) -> None:
        """A batch is under way."""
        topic = events[0].message.topic
        self._since.setdefault(topic, self._now())
        stage = self._metrics.stage(topic)
        self._metrics.stage_taken.labels(stage).inc(len(events))
        self._metrics.stage_in_progress.labels(stage).set(len(events))

    def received(self, event: EventT) -> None:
        """A message is under way that may take hours, since it waits for others."""
        self._metrics.stage_taken.labels(self._metrics.stage(event.message.topic)).inc()

    def moved(self) -> None:
        """The batches under way came a step further: they are long, and not stuck."""
        now = self._now()
        self._since = dict.fromkeys(self._since, now)
        self._commits = {part: (offset, now) for part, (offset, _) in self._commits.items()}
        self._proven.clear()

    def look(
        self,
        committed: Mapping[Partition, int | None],
        ends: Mapping[Partition, int],
        waits: Callable[[Partition], bool] = lambda _: False,
    ) -> None:
        """Compares what is committed with where the log ends, by partition.

        `waits` tells of a partition whose messages wait for somebody else: that is no standstill.
        """
        now = self._now()
        self._recovery = None
        behind = {}
        for part, end in ends.items():
            offset = committed.get(part) or 0
            if end <= offset or waits(part):
                continue
            before, since = self._commits.get(part, (offset, now))
            behind[part] = (offset, since if before == offset else now)
        self._proven &= {part for part in behind if behind[part] == self._commits.get(part)}
        self._commits = behind

    @property
    def suspects(self) -> dict[Partition, int]:
        """Partitions that may stand still, and the offset at which they would.

        The end of a log says more than what it holds: transactions of other programs, and what
        retention took away, count there. So whoever can is to look, see `prove`.
        """
        return {
            part: offset
            for part, (offset, at) in self._commits.items()
            if part not in self._proven and at < self._now() - self._stuck_s
        }

    def prove(self, partition: Partition, *, holds: bool) -> None:
        """Whether a suspect holds messages from its offset on."""
        if holds:
            self._proven.add(partition)
        else:
            self._commits.pop(partition, None)

    def paused(self, recovering: Hashable = None) -> None:
        """Nothing can be committed now: partitions move, or the broker is away.

        `recovering` says how far the tables are read where they are being recovered.
        """
        self._commits.clear()
        now = self._now()
        before, since = self._recovery or (recovering, now)
        same = recovering is not None and before == recovering
        self._recovery = None if recovering is None else (recovering, since if same else now)

    def acknowledged(self, events: Sequence[EventT], topic: str = "") -> None:
        """A batch is done, its offsets may be committed; `topic` is needed where none may."""
        if not topic and not events:
            return
        topic = topic or events[0].message.topic
        self._since.pop(topic, None)
        stage = self._metrics.stage(topic)
        self._metrics.stage_done.labels(stage).inc(len(events))
        self._metrics.stage_in_progress.labels(stage).set(0)
        self._metrics.stage_last_done.labels(stage).set_to_current_time()
        self.total += len(events)
        for event in events:
            self._reached((event.message.topic, event.message.partition), event.message.offset)

    def _reached(self, partition: Partition, offset: int) -> None:
        self._acknowledged[partition] = max(self._acknowledged.get(partition, -1), offset)

    def standstills(self, times: float = 1.0) -> list[str]:
        """Topics and partitions without progress for `times` the time that is allowed."""
        before = self._now() - times * self._stuck_s
        batches = [f"a batch of {topic}" for topic, at in self._since.items() if at < before]
        commits = [
            f"{topic}, partition {number}, at offset {offset}"
            for (topic, number), (offset, at) in self._commits.items()
            if at < before and (topic, number) in self._proven
        ]
        recovery = ["the recovery of its tables"] if self._recovering_for() else []
        return batches + commits + recovery

    def _recovering_for(self) -> bool:
        since = self._recovery[1] if self._recovery else self._now()
        return since < self._now() - RECOVERY_STUCK_S

    def beat(self, topics: Iterable[str]) -> None:
        """The stages that read these topics are ready to work."""
        for topic in topics:
            busy_s = self._now() - self._since[topic] if topic in self._since else 0.0
            self._metrics.stage_heartbeat.labels(self._metrics.stage(topic)).set(
                time.time() - busy_s
            )

    def begin(self, committed: Mapping[Partition, int | None]) -> None:
        """The assigned partitions, and what was committed of them before this worker had them.

        What is known of others is forgotten: they belong to another worker by now.
        """
        self.forget([known for known in self._acknowledged if known not in committed])
        for partition, offset in committed.items():
            if offset is not None:
                self._reached(partition, offset - 1)

    def publish(self, highwater: Callable[[str, int], int | None]) -> None:
        """Sets the offset metrics; `highwater` gives a partition's next offset to be written."""
        self.lag = 0
        for (topic, partition), offset in self._acknowledged.items():
            self._metrics.committed.labels(topic, str(partition)).set(offset + 1)
            end = highwater(topic, partition)
            if end is not None:
                lag = max(0, end - offset - 1)
                self.lag += lag
                self._metrics.lag.labels(topic, str(partition)).set(lag)

    def forget(self, partitions: Sequence[Partition]) -> None:
        """These partitions belong to another worker now."""
        for topic, partition in partitions:
            self._commits.pop((topic, partition), None)
            if self._acknowledged.pop((topic, partition), None) is not None:
                self._metrics.committed.remove(topic, str(partition))
                try:
                    self._metrics.lag.remove(topic, str(partition))
                except KeyError:
                    continue
