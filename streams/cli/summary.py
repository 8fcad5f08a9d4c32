"""What became of one case in a backtest."""

from collections import Counter
from datetime import datetime

from scoring.escalation import Escalation, Status
from scoring.levels import Level


class Summary:
    """The messages about one case, counted; `reached` says when each level first was."""

    def __init__(self) -> None:
        self.messages: Counter[str] = Counter()
        self.first: Escalation | None = None
        self.last: Escalation | None = None
        self.reached: dict[Level, datetime] = {}

    def add(self, said: Escalation) -> None:
        """One more message, in order."""
        self.first = self.first or said
        self.last = said
        self.messages[said.status] += 1
        if said.status is not Status.RESOLVED:
            self.reached.setdefault(said.level, said.at)

    @property
    def peak(self) -> Level:
        """The highest level it reached."""
        return max(self.reached, key=lambda level: level.rank)

    @property
    def total(self) -> int:
        """How many messages there were."""
        return self.messages.total()

    def row(self) -> dict[str, object]:
        """As `backtest --summary` writes it."""
        assert self.first is not None
        assert self.last is not None
        return {
            "brand": self.first.brand,
            "kind": self.first.kind,
            "opened_at": self.first.opened_at,
            "level": self.peak,
            "reached": self.reached,
            "episodes": self.last.episode,
            "messages": dict(self.messages),
            "resolved": self.last.status is Status.RESOLVED,
        }
