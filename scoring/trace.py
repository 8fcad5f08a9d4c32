"""How cases went over time: what a plot is drawn from."""

import msgspec

from scoring.assessment import assess, logistic
from scoring.brands import incident_id
from scoring.case import Case
from scoring.incident import window_of
from scoring.policy import Policy
from scoring.surge import Incident, Surge

MOST_POINTS = 4000
"""Per case; a longer history is thinned, the older half to every second point."""
_EVERY_S = 600.0
_BETWEEN = 6


class Point(msgspec.Struct, frozen=True, array_like=True):
    """A case at a time (seconds): its score and how fast it spreads.

    `pace` is the reproduction number of a conversation, complaints an hour of an incident;
    `mentions` how many there were so far.
    """

    at: float
    score: float
    pace: float
    mentions: int


class Trace:
    """Takes the points of every case, also between its mentions, where silence and calm count."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._points: dict[str, list[Point]] = {}
        self._latest: dict[str, Case] = {}

    def points(self, case_id: str) -> list[Point]:
        """The points of a case in order of time, empty when it is not known."""
        return self._points.get(case_id, [])

    def case(self, case: Case) -> None:
        """A conversation moved: its score up to now by what was known, and then by what is."""
        before = self._latest.get(case.case_id)
        self._latest[case.case_id] = case
        if before is not None and before.clock < case.clock:
            gap = case.clock - before.clock
            steps = min(_BETWEEN, 1 + int(gap / _EVERY_S))
            for step in range(1, steps + 1):
                self._assess(before, before.clock + gap * step / steps)
        if before is None or before.evidence is not case.evidence:
            self._assess(case, case.clock)

    def incident(self, state: Incident) -> None:
        """A brand moved: a point while it has an incident."""
        if not state.standing.open:
            return
        policy = self._policy.for_brand(state.brand)
        window = window_of(state, policy)
        window.move(state.clock)
        seen = Surge(state, window, state.clock, policy)
        weights = policy.incident.weights
        score = logistic(weights.baseline + sum(t.weight for t in seen.terms(state.peak)))
        total = state.total or seen.whole()
        case_id = incident_id(state)
        self._add(case_id, Point(state.clock, score, seen.rate, total.mentions))

    def _assess(self, case: Case, at: float) -> None:
        found = assess(case.evidence, at, self._policy.for_brand(case.brand))
        spread = found.spread
        self._add(case.case_id, Point(at, found.score, spread.reproduction, spread.mentions))

    def _add(self, case_id: str, point: Point) -> None:
        points = self._points.setdefault(case_id, [])
        points.append(point)
        if len(points) > MOST_POINTS:
            half = len(points) // 2
            self._points[case_id] = points[:half:2] + points[half:]
