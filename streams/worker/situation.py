"""What open cases amount to at this moment, as gauges: score, spread, silence and evidence.

Messages tell a case when it moves; these tell it while it stands, at each look at the metrics.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple, Protocol

from scoring.escalation import Why
from scoring.levels import Level
from streams.metrics import Metrics
from streams.worker.board import OpenCase

MOST = 100
"""Cases weighed at each scrape, most urgent first: a large one costs a millisecond."""


class Present(NamedTuple):
    """A case as of now; `silence_s` in seconds of event time, `why` strongest first."""

    score: float
    reproduction: float
    forecast_shares: float
    silence_s: float
    why: tuple[Why, ...]


class Weighs(Protocol):
    """What folds cases can weigh them."""

    def present(self, case_id: str) -> Present | None:
        """The case as of now, None when it is not open here."""


def publish(metrics: Metrics, cases: Iterable[OpenCase], agents: Sequence[Weighs]) -> None:
    """Sets the gauges from the open cases, most urgent first."""
    gauges = (metrics.score, metrics.reproduction, metrics.forecast_shares, metrics.silence)
    highest: dict[tuple[str, Level], Sequence[float]] = {}
    evidence: Counter[tuple[str, str, str]] = Counter()
    for case, _ in zip(cases, range(MOST), strict=False):
        now = _present(case.case_id, agents)
        if now is None:
            continue
        brand = metrics.brand(case.brand)
        key = brand, case.level
        values: Sequence[float] = now.score, now.reproduction, now.forecast_shares, now.silence_s
        highest[key] = [max(pair) for pair in zip(highest.get(key, values), values, strict=True)]
        evidence.update((brand, term.signal, _effect(term)) for term in now.why)
    for gauge in (*gauges, metrics.evidence):
        gauge.clear()
    for key, values in highest.items():
        for gauge, value in zip(gauges, values, strict=True):
            gauge.labels(*key).set(value)
    for labels, count in evidence.items():
        metrics.evidence.labels(*labels).set(count)


def _present(case_id: str, agents: Sequence[Weighs]) -> Present | None:
    found = (agent.present(case_id) for agent in agents)
    return next((now for now in found if now is not None), None)


def _effect(term: Why) -> str:
    return "raises" if term.weight > 0 else "lowers"
