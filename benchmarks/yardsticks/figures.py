"""F1 by class, and how far chance in the choice of test rows could have moved a figure."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

_DRAWS = 1000
_TAIL = 0.025
_DECIMALS = 4


@dataclass(frozen=True)
class Figure:
    """A value between 0 and 1 with its 95 % interval."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:.3f} ({self.low:.3f} to {self.high:.3f})"


def f1_by_class(labels: np.ndarray, predicted: np.ndarray, classes: int) -> np.ndarray:
    """F1 of each class, shape (classes,); 0 for a class that is neither there nor predicted."""
    table = np.bincount(labels * classes + predicted, minlength=classes * classes)
    table = table.reshape(classes, classes)
    mentioned = table.sum(0) + table.sum(1)
    return 2 * table.diagonal() / np.maximum(mentioned, 1)


def measured(figure: Callable[[np.ndarray], float], rows: np.ndarray, seed: int) -> Figure | None:
    """The figure of row numbers `rows`, with a percentile bootstrap over them (Efron 1979).

    None where it is NaN: the rows say nothing of it. A draw in which it is NaN does not count.
    The same rows and seed give the same draws, so that readers are compared on the same ones.
    """
    rng = np.random.default_rng(seed)
    value = figure(rows)
    if np.isnan(value):
        return None
    drawn = [figure(rows[rng.integers(0, len(rows), len(rows))]) for _ in range(_DRAWS)]
    low, high = np.nanquantile(drawn, [_TAIL, 1 - _TAIL])
    return Figure(*(round(float(number), _DECIMALS) for number in (value, low, high)))
