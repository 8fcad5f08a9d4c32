"""How far a worker has come in each partition, for metrics and for its health."""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence

from faust.types import EventT

from streams.metrics import Metrics

STUCK_S = 120.0
"""A worker that took messages and acknowledges none for this long is not alive."""

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
        self._since = dict.fromkeys(self._since, self._now())

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

    @property
    def stuck(self) -> bool:
        """Whether a batch has been under way for too long."""
        return any(self._now() - since > self._stuck_s for since in self._since.values())

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
            if self._acknowledged.pop((topic, partition), None) is not None:
                self._metrics.committed.remove(topic, str(partition))
                try:
                    self._metrics.lag.remove(topic, str(partition))
                except KeyError:
                    continue
