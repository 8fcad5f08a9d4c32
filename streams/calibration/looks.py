"""Looks at what the decision knows of a history while it goes on, and at what came of it.

A look is one time of one history. Of each case that exists then, its evidence is kept in units of
the policy's weights. The score of the look is that of its highest case, so one label, whether the
crisis came within a day, goes with all of a look's cases together.
"""

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

import numpy as np
from msgspec.structs import replace
from numpy.typing import NDArray

from scoring.assessment import assess
from scoring.brands import Brands
from scoring.desk import Desk
from scoring.escalation import Escalation
from scoring.incident import window_of
from scoring.partition import Partition
from scoring.policy import IncidentWeights, Policy, Weights
from scoring.scored import Scored
from scoring.surge import Surge
from streams.histories.label import History

HOUR = 3600.0
AHEAD_S = 24 * HOUR
"""How far ahead `score` claims to see."""
AGES_H = (0.25, 0.5, 0.75, 1, 1.5, 2, 3, 4, 6, 8, 12, 16, 24, 36, 48)
"""Ages (hours) at which a history is looked at."""
ORDINARY = "ordinary"
RECORDED = "recorded"
RUN_ON_S = 30 * 86_400.0
_EVERY_H = 3
CONVERSATION = tuple(Weights.__struct_fields__)
INCIDENT = tuple(IncidentWeights.__struct_fields__)
"""Columns of the evidence; the first, `baseline`, is always one."""

Array = NDArray[np.float64]


class Look(NamedTuple):
    """`conversations` (n, 28) and `incidents` (m, 19) in units of the weights; `crisis`: it came.

    `kind` is the history's, with the sector of an ordinary week or the name of a recording; `at`
    seconds.
    """

    kind: str
    at: float
    crisis: bool
    conversations: Array
    incidents: Array


def times(history: History, ages_h: Sequence[float] = AGES_H) -> list[float]:
    """When (seconds) to look: while a crisis is still to come, or anything happens."""
    if history.kind == ORDINARY:
        first, last = history.mentions[0].at, history.mentions[-1].at
        steps = int((last - first) / HOUR / _EVERY_H)
        return [first + step * _EVERY_H * HOUR for step in range(1, steps)]
    own = [m for m in history.mentions if m.root_id in history.matter]
    end = history.deadline.timestamp() if history.deadline else own[-1].at + 4 * HOUR
    return [at for hours in ages_h if (at := own[0].at + hours * HOUR) <= end]


def follow(
    scored: Iterable[Scored],
    policy: Policy,
    looks: Iterable[float],
    seen: Callable[[Desk, float], None],
) -> list[Escalation]:
    """What is said of sorted mentions; `seen` is shown the desk as of each of `looks` (seconds)."""
    desk = Desk(Partition(policy), Brands(policy))
    said: list[Escalation] = []
    waiting = deque(sorted(looks))
    at = 0.0

    def look(until: float) -> None:
        while waiting and waiting[0] < until:
            then = waiting.popleft()
            said.extend(desk.until(then))
            seen(desk, then)

    for event in scored:
        at = event.mention.at
        look(at)
        said.extend(desk.mention(event))
    look(float("inf"))
    said.extend(desk.until(at + RUN_ON_S))
    return said


def look_at(
    history: History, scored: Sequence[Scored], policy: Policy, ages_h: Sequence[float] = AGES_H
) -> list[Look]:
    """The looks at one history; `policy` decides what is linked and when incidents open.

    Of a crisis only its own matter counts, of anything else every case.
    """
    plain = unweighted(policy)
    due = history.deadline.timestamp() if history.deadline else None
    kind = history.kind
    if kind == ORDINARY:
        kind = f"{ORDINARY} {history.sector}"
    elif kind == RECORDED:  # each is a kind of its own
        kind = f"{RECORDED} {history.name}"
    found: list[Look] = []

    def seen(desk: Desk, at: float) -> None:
        cases = desk.partition.cases.values()
        matter = [case for case in cases if due is None or case.root_id in history.matter]
        conversations = [
            evidence_row(assess(case.evidence, at, plain).amounts(), CONVERSATION)
            for case in matter
            if case.evidence.complaint or case.evidence.anger
        ]
        incidents = []
        for incident in desk.brands.incidents.values():
            window = window_of(incident, policy)
            window.move(at)
            surge = Surge(incident, window, at, plain)
            if incident.minutes and (incident.standing.open or surge.opens()):
                terms = {term.signal: term.weight for term in surge.terms(incident.peak)}
                incidents.append(evidence_row(terms, INCIDENT))
        found.append(
            Look(
                kind=kind,
                at=at,
                crisis=due is not None and 0 <= due - at <= AHEAD_S,
                conversations=np.array(conversations).reshape(-1, len(CONVERSATION)),
                incidents=np.array(incidents).reshape(-1, len(INCIDENT)),
            )
        )

    follow(scored, policy, times(history, ages_h), seen)
    return found


def evidence_row(amounts: dict[str, float], names: Sequence[str]) -> list[float]:
    """Amounts in the order of `names`, the baseline's one, what is absent nothing."""
    return [1.0 if name == "baseline" else amounts.get(name, 0.0) for name in names]


def unweighted(policy: Policy) -> Policy:
    """The policy with every weight one, so that a term is its amount."""
    incident = replace(policy.incident, weights=IncidentWeights(**dict.fromkeys(INCIDENT, 1.0)))
    return replace(
        policy, weights=Weights(**dict.fromkeys(CONVERSATION, 1.0)), incident=incident, brands={}
    )
