"""What is usual for a brand: complaints an hour as a Gamma-Poisson with forgetting.

The count to come is then negative binomial, whose tail is wide while little is known: a new brand
cannot be surprised by a handful of complaints.
"""

import math

import msgspec

from scoring import season
from scoring.season import Season

HOUR = 3600.0
_KEEP = 0.985
"""Weight left of an hour's count an hour later: about two and a half days of memory."""


class Baseline(msgspec.Struct, frozen=True, array_like=True):
    """Gamma posterior of the hourly rate (`shape` / `hours`), and the hour being counted."""

    shape: float
    hours: float
    hour: float = 0.0
    counted: int = 0
    season: Season = Season()


def begin(rate: float, hours: float) -> Baseline:
    """A prior of `rate` complaints an hour that is worth `hours` hours of history."""
    return Baseline(shape=rate * hours, hours=hours)


def learn(baseline: Baseline, at: float, count: int) -> Baseline:
    """The baseline after `count` complaints in the minute at `at` (seconds)."""
    hour = at - at % HOUR
    if not baseline.hour:
        return Baseline(baseline.shape, baseline.hours, hour, count, baseline.season)
    if hour <= baseline.hour:
        return msgspec.structs.replace(baseline, counted=baseline.counted + count)
    passed = min(round((hour - baseline.hour) / HOUR), 1000)
    keep = _KEEP**passed
    return Baseline(
        shape=baseline.shape * keep + baseline.counted * _KEEP ** (passed - 1),
        hours=baseline.hours * keep + (1 - keep) / (1 - _KEEP),
        hour=hour,
        counted=count,
        season=season.learn(
            baseline.season, baseline.hour, passed, baseline.counted, usual(baseline, 1.0)
        ),
    )


def skip(baseline: Baseline, at: float) -> Baseline:
    """The baseline at `at` (seconds) of which the time since the last count taught nothing."""
    return msgspec.structs.replace(baseline, hour=max(baseline.hour, at - at % HOUR), counted=0)


def usual(baseline: Baseline, hours: float) -> float:
    """Expected complaints in a window worth so many average hours (`season.effective`)."""
    return baseline.shape / baseline.hours * hours


def surprise(baseline: Baseline, count: int, hours: float) -> float:
    """-log10 of the chance of at least `count` complaints in that many hours, 0 if usual.

    Negative binomial tail, bounded by its first term and a geometric series.
    """
    if count <= usual(baseline, hours):
        return 0.0
    shape, chance = max(baseline.shape, 0.5), baseline.hours / (baseline.hours + hours)
    log_first = (
        math.lgamma(count + shape)
        - math.lgamma(shape)
        - math.lgamma(count + 1)
        + shape * math.log(chance)
        + count * math.log1p(-chance)
    )
    ratio = (count + shape) / (count + 1) * (1 - chance)
    if ratio < 1:
        log_first -= math.log1p(-ratio)
    return max(0.0, -log_first / math.log(10))
