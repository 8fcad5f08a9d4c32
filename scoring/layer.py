"""The calibrated layer: from what is known of a spread to the shares to come, with an interval.

A small network with two hidden layers gives three quantiles at once (Taylor 2000, Journal of
Forecasting 19): from logarithms of what was observed, of how it was spread over time, and of
SEISMIC's expected reactions (infectiousness times remaining exposure). `layer.json` holds its
weights and how they were fitted.
"""

import math
from collections.abc import Sequence
from functools import cache
from importlib import resources
from operator import mul
from typing import Annotated

import msgspec
from msgspec import Meta

from scoring.kernel import SCALES, Sums

QUANTILES = (0.1, 0.5, 0.9)
MOST_SEEN = 3_000.0
"""Shares in the largest cascades of the fit: larger ones count as so many times these."""
OLDEST = 7 * 86_400.0
"""Seconds, the latest age of the fit: what is expected later fades with this time constant."""
MOST_GROWTH = 1_000.0
"""Shares to come of each share seen, and of one more, that a layer may tell."""

_NOW = 60.0  # seconds within which nothing is older than anything else
_RECENT = (2, 8, 32)  # parts of the age within which recent shares are counted
_LOG_SCALES = tuple(math.log(scale) for scale in SCALES)
_TIMES = len(SCALES) - 1
TERMS = (
    "observed",
    *(f"within_{scale:.0f}_s" for scale in SCALES[:_TIMES]),
    "age",
    "mean_age",
    "reactions",
    *(f"within_age/{part}" for part in _RECENT),
)
Numbers = tuple[float, ...]
Terms = Annotated[Numbers, Meta(min_length=len(TERMS), max_length=len(TERMS))]


class Step(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Weights, one row for each output, and what is added to each output."""

    weights: tuple[Numbers, ...]
    bias: Numbers

    def of(self, signal: Sequence[float]) -> list[float]:
        """The outputs. In plain Python: this small, NumPy would not pay for being there."""
        return [
            sum(map(mul, row, signal), bias)
            for row, bias in zip(self.weights, self.bias, strict=True)
        ]


class Layer(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What `layer.json` holds: the terms, the range that each is kept within, and the network."""

    made: str
    terms: tuple[str, ...]
    least: Terms
    most: Terms
    steps: tuple[Step, Step, Step]

    def coming(self, terms: Sequence[float]) -> tuple[float, float, float]:
        """Shares to come: the three quantiles of `terms`, in rising order."""
        signal = [
            low if one < low else min(one, high)
            for one, low, high in zip(terms, self.least, self.most, strict=True)
        ]
        for step in self.steps[:-1]:
            signal = [one / (1 + math.exp(-one)) for one in step.of(signal)]  # SiLU
        most = math.log(MOST_GROWTH) + terms[0]
        low, middle, high = (
            max(0.0, math.expm1(min(most, one))) for one in self.steps[-1].of(signal)
        )
        return min(low, middle), middle, max(middle, high)


def terms(shares: float, shared: Sums, age: float, mean_age: float, reactions: float) -> Numbers:
    """The terms for `shares` (at least 1) whose decaying sums are `shared`.

    `age` and `mean_age` in seconds, since the first share and in the mean; `reactions` are shares.
    """
    lived = min(age, OLDEST)
    within = [math.log(one + 0.5) for one in shared]
    return (
        math.log1p(shares),
        *within[:_TIMES],
        math.log((lived + _NOW) / _NOW),
        math.log((min(mean_age, OLDEST) + _NOW) / _NOW),
        math.log(reactions + 0.5),
        *[_within(within, max(_NOW, lived / part)) for part in _RECENT],
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
    found = shipped().coming(terms(shares / times, scaled, age, mean_age, reactions / times))
    faded = times * math.exp(-max(0.0, mean_age - OLDEST) / OLDEST)
    return found[0] * faded, found[1] * faded, found[2] * faded


@cache
def shipped() -> Layer:
    """The layer that ships; read once."""
    raw = (resources.files("scoring") / "layer.json").read_bytes()
    return msgspec.json.decode(raw, type=Layer)
