"""A partition's conversations and its brands' incidents, wired together as in the stream.

There is but one partition, so what it has to tell others is thrown away.
"""

from collections.abc import Iterable

from scoring.brands import Brands
from scoring.escalation import Escalation
from scoring.partition import Partition
from scoring.pulse import Pulse
from scoring.scored import Scored


class Desk:
    """Feeds one from the other: pulses to the brands, news of incidents back to the partition."""

    def __init__(self, partition: Partition, brands: Brands) -> None:
        self.partition = partition
        self.brands = brands

    def mention(self, scored: Scored) -> list[Escalation]:
        """Lets the clock run up to a mention, folds it, and returns what is to be said."""
        said = self.until(scored.mention.at)
        more, sealed = self.partition.mention(scored)
        self.partition.drain()
        return said + more + self._pulses(sealed)

    def next_due(self) -> float:
        """Event time (seconds) at which the clock matters next."""
        return min(self.partition.next_due(), self.brands.next_due())

    def until(self, at: float) -> list[Escalation]:
        """Decides what is due up to `at` (seconds), each as of its own time."""
        said: list[Escalation] = []
        while (due := self.next_due()) <= at:
            more, sealed = self.partition.tick(due)
            self.partition.drain()
            said += more
            said += self._pulses(sealed)
            said += self._told(self.brands.tick(due))
        return said

    def _pulses(self, sealed: Iterable[Pulse]) -> list[Escalation]:
        return [said for pulse in sealed for said in self._told(self.brands.pulse(pulse))]

    def _told(self, said: list[Escalation]) -> list[Escalation]:
        for news in self.brands.drain():
            self.partition.incident(news)
        return said
