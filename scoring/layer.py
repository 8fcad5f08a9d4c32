"""The calibrated layer: from what is known of a spread to the shares to come, with an interval.

Log-linear quantile regression (Koenker and Bassett 1978) on logarithms of what was observed, of
how it was spread over time, and of SEISMIC's expected reactions (infectiousness times remaining
exposure). `layer.toml` holds the coefficients and how they were fitted.
"""

import math
import tomllib
from collections.abc import Sequence
from functools import cache
from importlib import resources
from typing import Annotated

import msgspec
from msgspec import Meta

from scoring.kernel import SCALES, Sums

KNOTS = (5.0, 20.0, 60.0, 200.0)
"""Numbers of shares at which the slope over the observed may change."""
QUANTILES = (0.1, 0.5, 0.9)
MOST_SEEN = 3_000.0
"""Shares in the largest cascades of the fit: larger ones count as so many times these."""
OLDEST = 7 * 86_400.0
"""Seconds, the latest age of the fit: what is expected later fades with this time constant."""

_MOST_GROWTH = 1_000.0
_NOW = 60.0  # seconds within which nothing is older than anything else
_RECENT = (2, 8, 32)  # parts of the age within which recent shares are counted
_LOG_SCALES = tuple(math.log(scale) for scale in SCALES)
_TIMES = len(SCALES) - 1
TERMS = (
    "intercept",
    "observed",
    *(f"observed_above_{knot:.0f}" for knot in KNOTS),
    *(f"within_{scale:.0f}_s" for scale in SCALES[:_TIMES]),
    "age",
    "age_squared",
    "age_observed",
    "mean_age",
    "mean_age_squared",
    "reactions",
    *(f"within_age/{part}" for part in _RECENT),
    *(f"within_age/{part}_age" for part in _RECENT),
    *(f"within_age/{part}_observed" for part in _RECENT[:2]),
    *(f"observed_above_{knot:.0f}_age" for knot in KNOTS),
    *(f"observed_above_{knot:.0f}_age_squared" for knot in KNOTS),
)
Row = Annotated[tuple[float, ...], Meta(min_length=len(TERMS), max_length=len(TERMS))]


class Layer(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Coefficients of the quantiles, in the order of TERMS."""

    terms: tuple[str, ...]
    low: Row
    middle: Row
    high: Row

    def coming(self, terms: Sequence[float]) -> tuple[float, float, float]:
        """Shares to come: the three quantiles of `terms`, in rising order."""
        found = [
            sum([weight * term for weight, term in zip(row, terms, strict=True)])
            for row in (self.low, self.middle, self.high)
        ]
        most = math.log(_MOST_GROWTH) + terms[1]
        low, middle, high = (max(0.0, math.expm1(min(most, one))) for one in found)
        return min(low, middle), middle, max(middle, high)


def terms(
    shares: float, shared: Sums, age: float, mean_age: float, reactions: float
) -> tuple[float, ...]:
    """The terms for `shares` (at least 1) whose decaying sums are `shared`.

    `age` and `mean_age` in seconds, since the first share and in the mean; `reactions` are shares.
    """
    observed = math.log1p(shares)
    old = math.log((min(age, OLDEST) + _NOW) / _NOW)
    mean = math.log((min(mean_age, OLDEST) + _NOW) / _NOW)
    above = [max(0.0, observed - math.log1p(knot)) for knot in KNOTS]
    within = [math.log(one + 0.5) for one in shared]
    recent = [_within(within, max(_NOW, min(age, OLDEST) / part)) for part in _RECENT]
    return (
        1.0,
        observed,
        *above,
        *within[:_TIMES],
        old,
        old * old,
        old * observed,
        mean,
        mean * mean,
        math.log(reactions + 0.5),
        *recent,
        *[one * old for one in recent],
        *[one * observed for one in recent[:2]],
        *[one * old for one in above],
        *[one * old * old for one in above],
    )


def _within(within: Sequence[float], time: float) -> float:
    """`within` at a time constant (seconds, in the range of SCALES) between the given ones."""
    wanted = math.log(time)
    place = next(n for n in range(1, len(SCALES)) if n == _TIMES or wanted <= _LOG_SCALES[n])
    left, right = _LOG_SCALES[place - 1 : place + 1]
    part = (wanted - left) / (right - left)
    return within[place - 1] * (1 - part) + within[place] * part


def coming(
    shares: int, shared: Sums, age: float, mean_age: float, reactions: float
) -> tuple[float, float, float]:
    """Shares to come: the lower end of the 80 % interval, the median, the upper end."""
    times = max(1.0, shares / MOST_SEEN)
    scaled = tuple([one / times for one in shared])
    found = fitted().coming(terms(shares / times, scaled, age, mean_age, reactions / times))
    faded = times * math.exp(-max(0.0, mean_age - OLDEST) / OLDEST)
    return found[0] * faded, found[1] * faded, found[2] * faded


@cache
def fitted() -> Layer:
    """The layer that ships; read once."""
    text = (resources.files("scoring") / "layer.toml").read_text("utf-8")
    return msgspec.convert(tomllib.loads(text), Layer, strict=False)
