"""How good forecasts are, with percentile bootstrap intervals over cascades (Efron 1979)."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

_TAILS = (2.5, 97.5)
TOP = 0.2


class Figure(NamedTuple):
    """A value with its 95 % interval."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:.3f} ({self.low:.3f} to {self.high:.3f})"


def errors(found: np.ndarray, sizes: np.ndarray) -> np.ndarray:
    """Relative errors; shapes (cascades,)."""
    return np.abs(found - sizes) / sizes


def ranks(values: np.ndarray) -> np.ndarray:
    """Ranks from 0, ties at their mean."""
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    return (np.cumsum(counts) - (counts + 1) / 2)[place]


def rank_correlation(found: np.ndarray, sizes: np.ndarray) -> float:
    """Spearman's; 0 when either does not vary."""
    one, other = ranks(found), ranks(sizes)
    deviations = one.std() * other.std()
    return float(np.mean((one - one.mean()) * (other - other.mean())) / deviations or 0.0)


def top_found(found: np.ndarray, sizes: np.ndarray) -> float:
    """Of the fifth that became largest, the share that was forecast among the largest fifth."""
    number = max(1, round(TOP * len(sizes)))
    largest = sizes >= np.sort(sizes)[-number]
    picked = np.argsort(-found, kind="stable")[:number]
    return float(largest[picked].mean())


def coverage(low: np.ndarray, high: np.ndarray, sizes: np.ndarray) -> float:
    """Share of sizes within their interval."""
    return float(np.mean((low <= sizes) & (sizes <= high)))


def measured(figure: Callable[[np.ndarray], float], number: int, seed: int, draws: int) -> Figure:
    """`figure` of row numbers, over all `number` rows and over so many `draws` of them.

    The same number and seed give the same draws, so that methods are compared on the same ones.
    """
    rng = np.random.default_rng(seed)
    drawn = [figure(rng.integers(0, number, number)) for _ in range(draws)]
    low, high = np.percentile(drawn, _TAILS)
    return Figure(figure(np.arange(number)), float(low), float(high))
