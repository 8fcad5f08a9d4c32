"""How good the signals are: positive-class F1, precision, recall, calibration error."""

from collections.abc import Sequence

import msgspec
import numpy as np

from models.data import Row
from models.heads import ANGER_POSITIVE_FROM, HEADS

_BINS = 10


NOTHING = "–"
"""What tables show for a figure that the rows say nothing of."""


class HeadMetrics(msgspec.Struct, frozen=True):
    """Figures of one head; all but `positives` between 0 and 1.

    None for what rows without positives say nothing of; precision is 0 there if some were cried.
    """

    f1: float | None
    precision: float | None
    recall: float | None
    average_precision: float | None
    calibration_error: float
    positives: int


class Metrics(msgspec.Struct, frozen=True):
    """Figures over a set of rows; `macro_f1` averages the heads' positive-class F1.

    A head without positives has none, and is left out; None where no head has any.
    """

    rows: int
    macro_f1: float | None
    heads: dict[str, HeadMetrics]

    @property
    def left_out(self) -> tuple[str, ...]:
        """The heads without positives."""
        return tuple(head for head, found in self.heads.items() if not found.positives)


def shown(figure: float | None) -> str:
    """Three decimals, or a dash where there is nothing to show."""
    return NOTHING if figure is None else f"{figure:.3f}"


def truth(rows: Sequence[Row]) -> np.ndarray:
    """Positives, bool, shape (rows, heads); anger is positive from grade 2 up."""
    return np.array(
        [
            [row.anger >= ANGER_POSITIVE_FROM, *(bool(getattr(row, h)) for h in HEADS[1:])]
            for row in rows
        ],
        dtype=bool,
    ).reshape(len(rows), len(HEADS))


def measure(positives: np.ndarray, probabilities: np.ndarray, threshold: float = 0.5) -> Metrics:
    """Figures of probabilities against positives, both of shape (rows, heads)."""
    heads = {
        head: _head(positives[:, column], probabilities[:, column], threshold)
        for column, head in enumerate(HEADS)
    }
    known = [head.f1 for head in heads.values() if head.f1 is not None]
    macro = round(float(np.mean(known)), 4) if known else None
    return Metrics(len(positives), macro, heads)


def _head(positive: np.ndarray, probability: np.ndarray, threshold: float) -> HeadMetrics:
    predicted = probability >= threshold
    error = round(calibration_error(positive, probability), 4)
    if not positive.any():
        return HeadMetrics(None, 0.0 if predicted.any() else None, None, None, error, 0)
    hits = int((predicted & positive).sum())
    precision = hits / max(1, int(predicted.sum()))
    recall = hits / int(positive.sum())
    f1 = 2 * precision * recall / (precision + recall) if hits else 0.0
    return HeadMetrics(
        f1=round(f1, 4),
        precision=round(precision, 4),
        recall=round(recall, 4),
        average_precision=round(_average_precision(positive, probability), 4),
        calibration_error=error,
        positives=int(positive.sum()),
    )


def _average_precision(positive: np.ndarray, probability: np.ndarray) -> float:
    ranked = positive[np.argsort(-probability, kind="stable")]
    precision = np.cumsum(ranked) / np.arange(1, len(ranked) + 1)
    return float(precision[ranked].mean())


def calibration_error(positive: np.ndarray, probability: np.ndarray) -> float:
    """Expected calibration error over ten equal bins (Naeini et al. 2015)."""
    bins = np.minimum((probability * _BINS).astype(int), _BINS - 1)
    error = 0.0
    for index in np.unique(bins):
        inside = bins == index
        error += inside.mean() * abs(probability[inside].mean() - positive[inside].mean())
    return float(error)
