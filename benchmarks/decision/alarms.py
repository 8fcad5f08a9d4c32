"""What is raised over a history, and what our decision raises."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from scoring.assessment import assess, logistic
from scoring.desk import Desk
from scoring.escalation import CaseKind, Escalation, Status
from scoring.incident import window_of
from scoring.policy import Policy
from scoring.scored import Scored
from scoring.surge import Surge
from streams.calibration import looks as looking
from streams.calibration.looks import AHEAD_S
from streams.histories.label import History

LOOKS_H = (0.25, 0.5, 1, 2, 4, 8, 16, 24, 48)
"""Ages (hours) at which the score is looked at."""


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
        said, scores = follow(
            scored, self._policy, looking.times(history, LOOKS_H), set(history.matter)
        )
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


def follow(
    scored: Iterable[Scored], policy: Policy, looks: Iterable[float], matter: set[str]
) -> tuple[list[Escalation], list[tuple[float, float]]]:
    """What is said of sorted mentions, and scores at `looks`.

    A score is the highest of an incident and of the conversations of `matter` (of all of them if
    that is empty).
    """
    scores: list[tuple[float, float]] = []

    def seen(desk: Desk, at: float) -> None:
        scores.append((at, _top(desk, at, policy, matter)))

    return looking.follow(scored, policy, looks, seen), scores


def _top(desk: Desk, at: float, policy: Policy, matter: set[str]) -> float:
    scores = [
        assess(case.evidence, at, policy.for_brand(case.brand)).score
        for case in desk.partition.cases.values()
        if not matter or case.root_id in matter
    ]
    for incident in desk.brands.incidents.values():
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
