"""SEISMIC as published, over the whole cascade at once (Zhao et al. 2015, KDD, arXiv:1506.02594).

Infectiousness is estimated with a triangular window over the last half of the cascade's age (five
minutes to two hours); the final size is R + alpha p (N - N_e) / (1 - gamma p n*).
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from benchmarks.spread.cascades import Cascade

USUAL_DEGREE = 100.0
"""n*: mean followers of whoever is reached, as in the authors' code."""
_HEIGHT, _FLAT, _POWER = 6.27e-4, 300.0, 0.2315
_WINDOW = (300.0, 7200.0)
_STEPS = 24
_ALPHAS = np.geomspace(0.02, 20, 46)
_GAMMAS = (0.0, 0.25, 0.5, 0.745, 1.0)


class Estimate(NamedTuple):
    """Shares so far, infectiousness, and exposure still to be reacted to."""

    shares: int
    infectiousness: float
    remaining: float


def survival(elapsed: np.ndarray) -> np.ndarray:
    """Part of the reactions that is still to come after `elapsed` seconds."""
    tail = _HEIGHT * _FLAT / _POWER * (np.maximum(elapsed, _FLAT) / _FLAT) ** -_POWER
    early = _HEIGHT * np.maximum(0.0, _FLAT - elapsed) + tail
    return early / (_HEIGHT * _FLAT * (1 + 1 / _POWER))


def estimate(cascade: Cascade, age: float) -> Estimate:
    """What the cascade shows at `age` (seconds); unknown followers count as USUAL_DEGREE."""
    known = cascade.times[cascade.times <= age]
    born = np.concatenate([[0.0], known])
    audience = np.where(cascade.followers > 0, cascade.followers, USUAL_DEGREE)[: len(born)]
    window = float(np.clip(age / 2, *_WINDOW))
    weights = np.maximum(0.0, 1 - (age - known) / window)
    # the weighted exposure: over the window, how fast the audiences react at each moment
    edges = np.linspace(max(0.0, age - window), age, _STEPS + 1)
    left = survival(np.maximum(edges[None, :] - born[:, None], 0.0))
    reacted = (left[:, :-1] - left[:, 1:]) * audience[:, None]
    middles = (edges[:-1] + edges[1:]) / 2
    exposure = float((reacted.sum(0) * np.maximum(0.0, 1 - (age - middles) / window)).sum())
    remaining = float((audience * survival(age - born)).sum())
    return Estimate(len(known), weights.sum() / exposure if exposure else 0.0, remaining)


def final(found: Estimate, alpha: float, gamma: float) -> float:
    """The final number of shares; a cascade that is supercritical counts as nearly so."""
    critical = min(gamma * found.infectiousness * USUAL_DEGREE, 0.95)
    return found.shares + alpha * found.infectiousness * found.remaining / (1 - critical)


def tuned(found: Sequence[Estimate], sizes: np.ndarray) -> tuple[float, float]:
    """The alpha and gamma with the smallest median relative error on these cascades."""
    table = np.array(found)
    shares, infectiousness, remaining = table.T
    best = (np.inf, 1.0, 0.0)
    for gamma in _GAMMAS:
        critical = np.minimum(gamma * infectiousness * USUAL_DEGREE, 0.95)
        direct = infectiousness * remaining / (1 - critical)
        for alpha in _ALPHAS:
            error = float(np.median(np.abs(shares + alpha * direct - sizes) / sizes))
            best = min(best, (error, float(alpha), gamma))
    return best[1], best[2]
