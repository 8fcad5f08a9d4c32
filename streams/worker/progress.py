"""How far a worker has come in each partition, for metrics and for its health."""

import time
from collections.abc import Callable, Sequence

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
        self._waiting_since: float | None = None
        self.total = 0
        self.lag = 0
        """Messages not worked off, over all partitions, as of the last `publish`."""

    def took(self, events: Sequence[EventT]) -> None:
        """A batch is under way."""
        if self._waiting_since is None:
            self._waiting_since = self._now()

    def moved(self) -> None:
        """The batch under way came a step further: it is long, and not stuck."""
        if self._waiting_since is not None:
            self._waiting_since = self._now()

    def acknowledged(self, events: Sequence[EventT]) -> None:
        """A batch is done, its offsets may be committed."""
        self._waiting_since = None
        self.total += len(events)
        for event in events:
            message = event.message
            key = (message.topic, message.partition)
            self._acknowledged[key] = max(self._acknowledged.get(key, -1), message.offset)

    @property
    def stuck(self) -> bool:
        """Whether a batch has been under way for too long."""
        since = self._waiting_since
        return since is not None and self._now() - since > self._stuck_s

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
