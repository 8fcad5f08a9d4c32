"""From logits to probabilities one may take at their word: a slope and an offset per output.

Platt scaling (Platt 1999) on rows of a split of its own, per language where rows allow: each
language's pair is pulled towards the pair of all rows, so that few rows change little.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from models.heads import ANGER_GRADES

_STEPS = 50
_LEAST_STEP = 1e-9
_RIDGE = 1.0
_LANGUAGE_RIDGE = 4.0
_LEAST_POSITIVES = 10


@dataclass(frozen=True)
class Calibration:
    """Slopes and offsets, shape (2, outputs), for all languages and for some of their own."""

    pooled: np.ndarray
    languages: Mapping[str, np.ndarray] = field(default_factory=dict)

    def apply(self, logits: np.ndarray, languages: Sequence[str]) -> np.ndarray:
        """Probabilities, same shape as `logits` (rows, outputs); anger's grades non-increasing."""
        pairs = np.stack([self.languages.get(name, self.pooled) for name in languages])
        probabilities = sigmoid(logits * pairs[:, 0] + pairs[:, 1])
        grades = probabilities[:, :ANGER_GRADES]
        probabilities[:, :ANGER_GRADES] = np.minimum.accumulate(grades, axis=1)
        return probabilities

    def as_lists(self) -> dict[str, list[list[float]]]:
        """As JSON keeps it; `read` takes it back."""
        return {"": self.pooled.tolist(), **{k: v.tolist() for k, v in self.languages.items()}}


def read(stored: Mapping[str, Sequence[Sequence[float]]]) -> Calibration:
    """The calibration that `as_lists` gave."""
    pairs = {name: np.array(pair, dtype=np.float64) for name, pair in stored.items()}
    return Calibration(pairs.pop(""), pairs)


def fit(logits: np.ndarray, targets: np.ndarray, languages: Sequence[str]) -> Calibration:
    """Fitted on logits and targets (rows, outputs), NaN where unknown, and a language per row."""
    neutral = np.tile(np.array([[1.0], [0.0]]), logits.shape[1])
    pooled = _fit(logits, targets, neutral, _RIDGE)
    own = {}
    for language in sorted(set(languages)):
        rows = np.array([name == language for name in languages])
        own[language] = _fit(logits[rows], targets[rows], pooled, _LANGUAGE_RIDGE)
    return Calibration(pooled, own)


def _fit(logits: np.ndarray, targets: np.ndarray, prior: np.ndarray, ridge: float) -> np.ndarray:
    pairs = prior.copy()
    for column in range(logits.shape[1]):
        known = ~np.isnan(targets[:, column])
        if targets[known, column].sum() >= _LEAST_POSITIVES:
            pairs[:, column] = _fit_column(
                logits[known, column], targets[known, column], prior[:, column], ridge
            )
    return pairs


def _fit_column(
    logit: np.ndarray, target: np.ndarray, prior: np.ndarray, ridge: float
) -> np.ndarray:
    design = np.stack([logit, np.ones_like(logit)], axis=1).astype(np.float64)

    def loss(weights: np.ndarray) -> float:
        score = design @ weights
        fit = np.logaddexp(0, score).sum() - (target * score).sum()
        return float(fit + ridge / 2 * ((weights - prior) ** 2).sum())

    weights = prior.copy()
    for _ in range(_STEPS):
        probability = sigmoid(design @ weights)
        gradient = design.T @ (probability - target) + ridge * (weights - prior)
        curvature = (design * (probability * (1 - probability))[:, None]).T @ design
        step = np.linalg.solve(curvature + ridge * np.eye(2), gradient)
        while loss(weights - step) > loss(weights) and np.abs(step).max() > _LEAST_STEP:
            step = step / 2  # far from the optimum Newton's step overshoots
        weights = weights - step
        if np.abs(step).max() < _LEAST_STEP:
            break
    return weights


def sigmoid(values: np.ndarray) -> np.ndarray:
    """The logistic function, safe for large negative values."""
    return np.where(values >= 0, 1, np.exp(np.minimum(values, 0))) / (1 + np.exp(-np.abs(values)))
