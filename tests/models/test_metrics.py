"""Figures of the signals: what rows without positives say, and what they do not."""

import numpy as np
import pytest

from models import metrics
from models.heads import HEADS


def test_a_head_without_positives_is_left_out_of_the_mean() -> None:
    positives = np.zeros((4, len(HEADS)), dtype=bool)
    positives[:2, 0] = positives[:2, 1] = True
    probabilities = np.where(positives, 0.9, 0.1)
    probabilities[1, 1] = 0.2  # half of the second head's positives are missed
    probabilities[3, 2] = 0.8  # and an alarm is cried where there is nothing to find
    found = metrics.measure(positives, probabilities)
    assert found.left_out == HEADS[2:]
    assert found.macro_f1 == pytest.approx((1 + 2 / 3) / 2, abs=1e-4)
    assert found.heads[HEADS[2]].f1 is None
    assert (found.heads[HEADS[2]].precision, found.heads[HEADS[3]].precision) == (0.0, None)
    assert found.heads[HEADS[2]].calibration_error > 0


def test_rows_without_any_positive_have_no_macro_f1() -> None:
    found = metrics.measure(np.zeros((3, 5), dtype=bool), np.full((3, 5), 0.2))
    assert found.macro_f1 is None
    assert metrics.shown(found.macro_f1) == "–"


def test_a_head_that_misses_all_its_positives_counts_as_0() -> None:
    positives = np.ones((3, 5), dtype=bool)
    found = metrics.measure(positives, np.full((3, 5), 0.2))
    assert found.macro_f1 == 0.0
    assert found.left_out == ()
