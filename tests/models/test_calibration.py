"""Probabilities that can be taken at their word."""

import msgspec
import numpy as np

from models import calibration, metrics
from models.heads import LOGITS, OUTPUTS


def drawn(slope: float, offset: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Logits of an over- or under-confident model, and labels that follow the true odds."""
    rng = np.random.default_rng(seed)
    true = rng.normal(0, 2, (4_000, len(OUTPUTS)))
    labels = (rng.random(true.shape) < calibration.sigmoid(true)).astype(np.float64)
    return (true - offset) / slope, labels


def test_a_distorted_model_is_put_right() -> None:
    logits, labels = drawn(slope=0.4, offset=-1.5, seed=1)
    fitted = calibration.fit(logits, labels, ["en"] * len(logits))
    probabilities = fitted.apply(logits, ["en"] * len(logits))
    last = len(LOGITS)  # an output that no rule on grades touches
    before = metrics.calibration_error(labels[:, last] > 0, calibration.sigmoid(logits)[:, last])
    after = metrics.calibration_error(labels[:, last] > 0, probabilities[:, last])
    assert before > 0.1
    assert after < 0.03


def test_languages_get_their_own_where_they_differ_and_the_pooled_elsewhere() -> None:
    one, labels_one = drawn(slope=1.0, offset=1.5, seed=2)
    two, labels_two = drawn(slope=1.0, offset=-1.5, seed=3)
    languages = ["fr"] * len(one) + ["en"] * len(two)
    fitted = calibration.fit(np.vstack([one, two]), np.vstack([labels_one, labels_two]), languages)
    logit = np.zeros((3, len(OUTPUTS)))
    french, english, other = fitted.apply(logit, ["fr", "en", "de"])[:, -1]
    assert french > other > english
    assert abs(fitted.languages["fr"][1, -1] - 1.5) < 0.2
    assert abs(fitted.languages["en"][1, -1] + 1.5) < 0.2


def test_unknown_targets_and_rare_outputs_change_nothing() -> None:
    logits, labels = drawn(slope=0.5, offset=0.0, seed=4)
    labels[:, -1] = np.nan
    labels[:, -2] = 0
    fitted = calibration.fit(logits, labels, ["en"] * len(logits))
    assert fitted.pooled[:, -2:].tolist() == [[1.0, 1.0], [0.0, 0.0]]


def test_grades_of_anger_never_increase() -> None:
    pair = np.tile([[1.0], [0.0]], len(OUTPUTS))
    logits = np.zeros((1, len(OUTPUTS)))
    logits[0, :3] = [-1.0, 2.0, 1.0]
    found = calibration.Calibration(pair).apply(logits, ["en"])[0, :3]
    assert found[0] >= found[1] >= found[2]


def test_it_survives_being_stored() -> None:
    logits, labels = drawn(slope=0.7, offset=0.3, seed=5)
    fitted = calibration.fit(logits, labels, ["fr"] * len(logits))
    stored = msgspec.json.decode(msgspec.json.encode(fitted.as_lists()))
    again = calibration.read(stored)
    languages = ["fr", "en"] * (len(logits) // 2)
    assert np.array_equal(again.apply(logits, languages), fitted.apply(logits, languages))
