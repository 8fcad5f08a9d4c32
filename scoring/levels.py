"""How urgent a case is, in order."""

import enum


class Level(enum.StrEnum):
    """The four levels, from "a person should know that it exists" to "it is out"."""

    WATCH = "watch"
    RESPOND = "respond"
    ESCALATE = "escalate"
    CRISIS = "crisis"

    @property
    def rank(self) -> int:
        """1 for watch to 4 for crisis; 0 stands for no level."""
        return _ORDER.index(self) + 1


_ORDER = tuple(Level)


def from_rank(rank: int) -> Level | None:
    """The level of a rank, None for 0."""
    return _ORDER[rank - 1] if rank else None
