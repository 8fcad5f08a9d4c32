"""One case as it is drawn: its points, its messages, and the spells at each level."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import msgspec

from scoring.escalation import CaseKind, Escalation, Status
from scoring.levels import Level
from scoring.policy import Policy
from scoring.trace import Point, Trace

_MARGIN = 0.03
_HOURS_S = 12 * 3600.0
_EARLY = 0.1


class Spell(NamedTuple):
    """A time (seconds) that a case spent at a level."""

    begin: float
    end: float
    level: Level


class Story(msgspec.Struct, frozen=True, kw_only=True):
    """A case between `begin` and `end` (seconds)."""

    case_id: str
    kind: CaseKind
    bounds: tuple[tuple[Level, float], ...]
    points: tuple[Point, ...]
    said: tuple[Escalation, ...]
    begin: float
    end: float

    @property
    def peak(self) -> Level:
        """The highest level it reached."""
        return max((said.level for said in self.said), key=lambda level: level.rank)

    @property
    def top(self) -> float:
        """The highest score that was told."""
        return max(said.score for said in self.said)

    @property
    def opened(self) -> float:
        """When the first message was sent."""
        return self.said[0].at.timestamp()

    @property
    def sudden(self) -> bool:
        """Whether it was at its peak within hours, and open for much longer."""
        peaked = min(s.at.timestamp() for s in self.said if s.level is self.peak) - self.begin
        return peaked < min(_HOURS_S, _EARLY * (self.end - self.begin))

    def spells(self) -> Iterator[Spell]:
        """Each time at a level, in order."""
        level: Level | None = None
        since = self.begin
        for said in self.said:
            at = said.at.timestamp()
            now = None if said.status is Status.RESOLVED else said.level
            if now is not level:
                if level is not None:
                    yield Spell(since, at, level)
                level, since = now, at
        if level is not None:
            yield Spell(since, self.end, level)


def stories(said: Iterable[Escalation], trace: Trace, policy: Policy) -> list[Story]:
    """The cases that were opened, most urgent first."""
    messages: dict[str, list[Escalation]] = {}
    for escalation in said:
        messages.setdefault(escalation.case_id, []).append(escalation)
    found = [_story(own, trace, policy) for own in messages.values()]
    return sorted(found, key=lambda story: (-story.peak.rank, -story.top, story.case_id))


def _story(said: list[Escalation], trace: Trace, policy: Policy) -> Story:
    first, last = said[0], said[-1].at.timestamp()
    begin = first.opened_at.timestamp()
    margin = _MARGIN * max(last - begin, 60.0)
    rules = policy.for_brand(first.brand).levels
    return Story(
        case_id=first.case_id,
        kind=first.kind,
        bounds=tuple((level, rules.rule(level).score) for level in Level),
        points=tuple(p for p in trace.points(first.case_id) if begin <= p.at <= last + margin),
        said=tuple(said),
        begin=begin,
        end=last + margin,
    )
