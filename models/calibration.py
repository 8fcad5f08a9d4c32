"""From logits to probabilities one may take at their word: one slope and offset per logit.

Platt scaling (Platt 1999) fitted by Newton's method on rows that training did not see.
"""

import numpy as np

_STEPS = 50
_RIDGE = 1.0


def fit(logits: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """Slope and offset per column, shape (2, logits), pulled softly towards (1, 0)."""
    columns = [
        _fit_column(logits[:, column], targets[:, column]) for column in range(logits.shape[1])
    ]
    return np.array(columns, dtype=np.float64).T


def _fit_column(logit: np.ndarray, target: np.ndarray) -> np.ndarray:
    design = np.stack([logit, np.ones_like(logit)], axis=1).astype(np.float64)
    prior = np.array([1.0, 0.0])
    weights = prior.copy()
    for _ in range(_STEPS):
        probability = sigmoid(design @ weights)
        gradient = design.T @ (probability - target) + _RIDGE * (weights - prior)
        curvature = (design * (probability * (1 - probability))[:, None]).T @ design
        step = np.linalg.solve(curvature + _RIDGE * np.eye(2), gradient)
        weights = weights - step
        if np.abs(step).max() < 1e-9:
            break
    return weights


def apply(logits: np.ndarray, calibration: np.ndarray) -> np.ndarray:
    """Calibrated probabilities, same shape as `logits`; anger's grades made non-increasing."""
    probabilities = sigmoid(logits * calibration[0] + calibration[1])
    probabilities[:, :3] = np.minimum.accumulate(probabilities[:, :3], axis=1)
    return probabilities


def sigmoid(values: np.ndarray) -> np.ndarray:
    """The logistic function, safe for large negative values."""
    return np.where(values >= 0, 1, np.exp(np.minimum(values, 0))) / (1 + np.exp(-np.abs(values)))
