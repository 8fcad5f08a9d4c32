"""The five signals themselves, on the tenth of the corpus that training never saw."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from benchmarks.yardsticks.tasks import Fold, Part, Question, Task, Verdict
from models import corpus, evaluation, metrics, splits
from models.data import Row
from models.heads import HEADS
from models.predictor import Predictor

AVERAGE = "macro-F1 of the five"

_POLAR = ("anger", "complaint")
_GROUPS = ("all", "fr", "en", "written", "real")


def signals(data: Path) -> Task:
    """One question per head, on the corpus's own splits; the calibration split is left alone."""
    parts = splits.split(corpus.read(data))
    test = parts["test"]
    return Task(
        "signals",
        tuple(Question(head, ("no", "yes"), positive=True, polar=head in _POLAR) for head in HEADS),
        (Fold(_part(parts["train"]), _part(parts["valid"]), _part(test)),),
        {
            name: np.array([evaluation.GROUPS[name](row) for row in test], dtype=bool)
            for name in _GROUPS
        },
        average=AVERAGE,
        pairs=tuple(row.pair for row in test),
    )


def _part(rows: Sequence[Row]) -> Part:
    return Part(tuple(row.query for row in rows), metrics.truth(rows).astype(int))


class Shipped:
    """An exported model as it is, at threshold 0.5."""

    name = "Tocsin, as exported"

    def __init__(self, folder: Path | None, threads: int) -> None:
        self._predictor = Predictor(folder, threads=threads)

    @property
    def label(self) -> str:
        """Name and digest of the model."""
        return self._predictor.label

    def read(self, fold: Fold, questions: Sequence[Question]) -> Verdict:
        """Learns nothing; answers the questions that are named as its heads."""
        found = self._predictor.predict(fold.test.queries)
        scores = np.array([[one.probabilities[q.name] for q in questions] for one in found])
        return Verdict((scores >= 0.5).astype(int), scores)


def pairs_ranked(task: Task, verdict: Verdict) -> tuple[float | None, int]:
    """Share of contrast pairs ranked right over the heads that the reader speaks of, and number."""
    spoken = ~np.isnan(verdict.scores).any(0)
    positives = task.test.labels.astype(bool) & spoken  # a head left out flips in no pair
    rows = [_paired(name) for name in task.pairs]
    return evaluation.pairs_ranked(rows, positives, verdict.scores)


def _paired(name: str | None) -> Row:
    return Row(
        text="",
        pair=name,
        anger=0,
        objective_fact=0,
        corporate_denial=0,
        influencer_sharing=0,
        complaint=0,
    )
