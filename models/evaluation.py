"""Measures an exported model on held-out rows: all together, by language, written and real."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from models import metrics
from models.data import Row
from models.heads import HEADS
from models.metrics import Metrics
from models.predictor import Predictor

_BATCH = 64

GROUPS: dict[str, Callable[[Row], bool]] = {
    "all": lambda row: True,
    "written": lambda row: row.source.startswith("written"),
    "real": lambda row: not row.source.startswith("written"),
    "fr": lambda row: row.lang == "fr",
    "en": lambda row: row.lang == "en",
}


def predict(folder: Path | None, rows: Sequence[Row], threads: int = 1) -> np.ndarray:
    """Calibrated probabilities of the exported model, shape (rows, heads)."""
    predictor = Predictor(folder, threads=threads)
    found = np.zeros((len(rows), len(HEADS)))
    for start in range(0, len(rows), _BATCH):
        part = rows[start : start + _BATCH]
        predictions = predictor.predict([r.text for r in part], [r.role for r in part])
        for index, prediction in enumerate(predictions, start):
            found[index] = [prediction.probabilities[head] for head in HEADS]
    return found


def evaluate(folder: Path | None, rows: Sequence[Row]) -> dict[str, Metrics]:
    """Figures at threshold 0.5 per group of rows that has any."""
    probabilities = predict(folder, rows)
    positives = metrics.truth(rows)
    figures = {}
    for name, belongs in GROUPS.items():
        chosen = np.array([belongs(row) for row in rows], dtype=bool)
        if chosen.any():
            figures[name] = metrics.measure(positives[chosen], probabilities[chosen])
    return figures
