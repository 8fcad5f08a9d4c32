"""What is raised over a history, and what our decision raises."""

from collections import Counter, deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from scoring.assessment import assess, logistic
from scoring.brands import Brands
from scoring.escalation import CaseKind, Escalation, Status
from scoring.incident import window_of
from scoring.partition import Partition
from scoring.policy import Policy
from scoring.scored import Scored
from scoring.surge import Surge
from streams.histories.label import History

_RUN_ON_S = 30 * 86_400.0
HOUR = 3600.0
LOOKS_H = (0.25, 0.5, 1, 2, 4, 8, 16, 24, 48)
"""Ages (hours) at which the score is looked at."""
AHEAD_S = 24 * HOUR
"""How far ahead `score` claims to see."""


class Raised(NamedTuple):
    """A message at a time (seconds) that a case stands at a level (rank 1 to 4)."""

    at: float
    rank: int
    case: str


class Look(NamedTuple):
    """The highest score of what a history is about, and whether a crisis came within a day."""

    score: float
    crisis: bool


@dataclass
class Verdict:
    """What one judge made of one history.

    `raised` concerns its matter, `beside` anything else; `messages` counts those of the matter;
    `ends` holds how often each episode of each case was resolved; `looks` are for those who score.
    """

    raised: list[Raised] = field(default_factory=list)
    beside: list[Raised] = field(default_factory=list)
    messages: int = 0
    ends: list[int] = field(default_factory=list)
    looks: list[Look] = field(default_factory=list)


class Judge(Protocol):
    """Whoever raises alarms."""

    @property
    def name(self) -> str:
        """As the tables call it."""

    def judge(self, history: History, scored: Sequence[Scored]) -> Verdict:
        """The verdict over a whole history, in order of time."""


class Decision:
    """Our decision under a policy."""

    def __init__(self, name: str, policy: Policy) -> None:
        self.name = name
        self._policy = policy

    def judge(self, history: History, scored: Sequence[Scored]) -> Verdict:
        """Judge.judge."""
        said, scores = follow(scored, self._policy, looks_of(history), set(history.matter))
        verdict = Verdict()
        ends: Counter[tuple[str, int]] = Counter()
        for message in said:
            episode = (message.case_id, message.episode)
            about = message.kind is CaseKind.INCIDENT or message.conversation_id in history.matter
            verdict.messages += about
            ends[episode] += message.status is Status.RESOLVED
            if message.status is not Status.RESOLVED:
                case = f"{message.case_id}#{message.episode}"
                raised = Raised(message.at.timestamp(), message.level.rank, case)
                (verdict.raised if about else verdict.beside).append(raised)
        verdict.ends = list(ends.values())
        due = history.deadline.timestamp() if history.deadline else None
        verdict.looks = [
            Look(score, due is not None and due - at <= AHEAD_S) for at, score in scores
        ]
        return verdict


def looks_of(history: History) -> list[float]:
    """When (seconds) to look at the score: while a crisis is still to come, or anything happens."""
    if history.kind == "ordinary":
        first, last = history.mentions[0].at, history.mentions[-1].at
        return [first + step * 8 * HOUR for step in range(1, int((last - first) / HOUR / 8))]
    own = [m for m in history.mentions if m.root_id in history.matter]
    end = history.deadline.timestamp() if history.deadline else own[-1].at + 4 * HOUR
    return [at for hours in LOOKS_H if (at := own[0].at + hours * HOUR) <= end]


def follow(
    scored: Iterable[Scored], policy: Policy, looks: Iterable[float], matter: set[str]
) -> tuple[list[Escalation], list[tuple[float, float]]]:
    """What is said, as `scoring.history.replay` of sorted mentions says it, and scores at `looks`.

    A score is that of the highest case of `matter` (all cases where it is empty) or incident.
    """
    partition, brands = Partition(policy), Brands(policy)
    said: list[Escalation] = []
    seen: list[tuple[float, float]] = []
    waiting = deque(sorted(looks))
    at = 0.0

    def until(time: float) -> None:
        while (due := min(partition.next_due(), brands.next_due())) <= time:
            more, sealed = partition.tick(due)
            said.extend(more)
            for pulse in sealed:
                said.extend(brands.pulse(pulse))
            said.extend(brands.tick(due))

    for event in scored:
        at = event.mention.at
        while waiting and waiting[0] < at:
            look = waiting.popleft()
            until(look)
            seen.append((look, _top(partition, brands, look, policy, matter)))
        until(at)
        more, sealed = partition.mention(event)
        said.extend(more)
        for pulse in sealed:
            said.extend(brands.pulse(pulse))
    for look in waiting:
        until(look)
        seen.append((look, _top(partition, brands, look, policy, matter)))
    until(at + _RUN_ON_S)
    return said, seen


def _top(
    partition: Partition, brands: Brands, at: float, policy: Policy, matter: set[str]
) -> float:
    scores = [
        assess(case.evidence, at, policy.for_brand(case.brand)).score
        for case in partition.cases.values()
        if not matter or case.root_id in matter
    ]
    for incident in brands.incidents.values():
        if not incident.minutes:
            continue
        own = policy.for_brand(incident.brand)
        window = window_of(incident, own)
        window.move(at)
        surge = Surge(incident, window, at, own)
        if incident.standing.open or surge.opens():
            terms = sum(term.weight for term in surge.terms(incident.peak))
            scores.append(logistic(own.incident.weights.baseline + terms))
    return max(scores, default=0.0)
