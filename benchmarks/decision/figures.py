"""From verdicts to figures: caught in time, left alone, and at what price."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.decision.alarms import Look, Verdict
from scoring.levels import Level
from streams.calibration.looks import HOUR
from streams.histories.label import History

Judged = tuple[History, Verdict]
_BINS = 10


@dataclass(frozen=True)
class Figures:
    """Figures over some histories; None where there is nothing to count.

    `lead_h`: median hours between the first alarm in time and the deadline, over crises caught.
    `per_thousand`: cases that reached each level per 1,000 mentions of ordinary weeks.
    """

    crises: int
    caught: int
    lead_h: float | None
    controls: int
    respected: int
    notifications: float | None
    at_most_8: float | None
    episodes: int
    resolved_once: float | None
    ordinary: int
    per_thousand: dict[Level, float]
    brier: float | None
    brier_ordinary: float | None


def lead_s(history: History, verdict: Verdict) -> float | None:
    """Seconds between the first alarm at `escalate` or above and the deadline, None if too late."""
    assert history.deadline is not None
    due = history.deadline.timestamp()
    times = [r.at for r in verdict.raised if r.rank >= Level.ESCALATE.rank and r.at <= due]
    return due - min(times) if times else None


def highest(verdict: Verdict) -> int:
    """Rank of the highest level that anything reached, 0 for none."""
    return max((raised.rank for raised in (*verdict.raised, *verdict.beside)), default=0)


def measure(judged: Iterable[Judged]) -> Figures:
    """The figures over these."""
    judged = list(judged)
    crises = [(h, v) for h, v in judged if h.crisis]
    controls = [(h, v) for h, v in judged if h.permitted is not None]
    weeks = [(h, v) for h, v in judged if h.kind == "ordinary"]
    leads = [lead for h, v in crises if (lead := lead_s(h, v)) is not None]
    messages = [v.messages for _, v in crises]
    ends = [end for _, v in judged for end in v.ends]
    ordinary = sum(len(h.mentions) for h, _ in weeks)
    peaks: dict[tuple[str, str], int] = {}
    for history, verdict in weeks:
        for raised in (*verdict.raised, *verdict.beside):
            key = (history.name, raised.case)
            peaks[key] = max(peaks.get(key, 0), raised.rank)
    return Figures(
        crises=len(crises),
        caught=len(leads),
        lead_h=float(np.median(leads)) / HOUR if leads else None,
        controls=len(controls),
        respected=sum(highest(v) <= h.permitted.rank for h, v in controls if h.permitted),
        notifications=float(np.median(messages)) if messages else None,
        at_most_8=float(np.mean([number <= 8 for number in messages])) if messages else None,
        episodes=len(ends),
        resolved_once=float(np.mean([end == 1 for end in ends])) if ends else None,
        ordinary=ordinary,
        per_thousand={
            level: 1000 * sum(peak >= level.rank for peak in peaks.values()) / ordinary
            for level in Level
            if ordinary
        },
        brier=brier([look for h, v in judged if h.kind != "ordinary" for look in v.looks]),
        brier_ordinary=brier([look for _, v in weeks for look in v.looks]),
    )


def brier(looks: Sequence[Look]) -> float | None:
    """Mean squared difference of score and outcome (Brier 1950); 0.25 for always one half."""
    if not looks:
        return None
    return float(np.mean([(look.score - look.crisis) ** 2 for look in looks]))


def reliability(looks: Sequence[Look]) -> list[tuple[int, float, float]]:
    """By tenths of the score: how many looks, their mean score, their share of crises."""
    scores = np.array([look.score for look in looks])
    came = np.array([look.crisis for look in looks], dtype=float)
    bins = np.minimum((scores * _BINS).astype(int), _BINS - 1)
    return [
        (int((bins == b).sum()), float(scores[bins == b].mean()), float(came[bins == b].mean()))
        for b in range(_BINS)
        if (bins == b).any()
    ]
