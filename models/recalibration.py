"""Fits the probabilities of an exported model anew, on the logits that it gives at inference."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from models import artefact, calibration
from models.artefact import Description
from models.data import Row, target_matrix
from models.errors import DataError
from models.heads import HEADS, LOGIT_OF_HEAD
from models.predictor import Predictor

LEAST_ROWS = 100
LEAST_POSITIVES = 10


def recalibrate(model: Path | None, rows: Sequence[Row], folder: Path) -> Description:
    """Writes the model to `folder` with probabilities fitted on `rows`, weights unchanged.

    `rows` must not have trained the model; outputs with few positives are left as they are.
    """
    targets = target_matrix(rows)
    predictor = Predictor(model)
    logits = predictor.logits([row.query for row in rows])
    fitted = calibration.fit(logits, targets, [row.lang for row in rows])
    loaded = artefact.load(model)
    config = replace(loaded.config, calibration=fitted.as_lists())
    return artefact.write(folder, config, loaded.tensors, loaded.tokenizer)


def check(rows: Sequence[Row]) -> None:
    """Raises DataError where rows are too few to say something of every head."""
    targets = target_matrix(rows)
    if len(targets) < LEAST_ROWS:
        raise DataError(f"{len(targets)} rows are too few to calibrate on; {LEAST_ROWS} are needed")
    for head, column in zip(HEADS, LOGIT_OF_HEAD, strict=True):
        positives = int(targets[:, column].sum())
        if min(positives, len(targets) - positives) < LEAST_POSITIVES:
            raise DataError(
                f"{head} has {positives} positives among {len(targets)} rows; at least "
                f"{LEAST_POSITIVES} rows of either kind are needed to calibrate it"
            )
