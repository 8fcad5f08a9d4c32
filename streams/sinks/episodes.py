"""What a target with one ticket per episode of a case keeps about it."""

from scoring.levels import Level
from streams.sinks.target import Memory, Notice


def of_episode(notice: Notice, memory: Memory) -> Memory:
    """The memory if it is of the notice's episode, else none: a new episode has a ticket anew."""
    return memory if memory.get("episode") == str(notice.escalation.episode) else {}


def remembered(notice: Notice, **names: str) -> Memory:
    """What to keep after a notice: the ticket's names, its episode, the level last said."""
    said = notice.escalation
    return {**names, "episode": str(said.episode), "level": str(said.level)}


def rose(notice: Notice, known: Memory) -> bool:
    """Whether the level is higher than the one last said."""
    last = known.get("level", "")
    return last in list(Level) and notice.escalation.level.rank > Level(last).rank
