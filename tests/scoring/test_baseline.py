"""What is usual for a brand, and how surprising a count is."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.baseline import HOUR, Baseline, begin, learn, surprise, usual

rates = st.floats(0.1, 1000)
weeks = st.floats(0.5, 500)


def lived(baseline: Baseline, counts: list[int], start: float = 1000 * HOUR) -> Baseline:
    """Each count in an hour of its own, and one quiet minute so that the last one counts."""
    for hour, count in enumerate([*counts, 0]):
        baseline = learn(baseline, start + hour * HOUR, count)
    return baseline


@given(rates, weeks, st.floats(0.25, 24))
def test_what_is_usual_does_not_surprise(rate: float, hours: float, window: float) -> None:
    baseline = begin(rate, hours)
    assert usual(baseline, window) == pytest.approx(rate * window)
    assert surprise(baseline, math.floor(rate * window), window) == 0.0
    assert surprise(baseline, 0, window) == 0.0


@given(rates, weeks, st.integers(0, 5000), st.integers(0, 5000))
def test_more_is_never_less_surprising(rate: float, hours: float, one: int, other: int) -> None:
    baseline = begin(rate, hours)
    low, high = surprise(baseline, min(one, other), 1), surprise(baseline, max(one, other), 1)
    assert 0 <= low <= high + 1e-9
    assert math.isfinite(high)


def test_the_tail_is_that_of_the_negative_binomial() -> None:
    baseline, count = begin(4.0, 6.0), 20
    shape, chance = 24.0, 6.0 / 7.0
    tail = 1 - sum(
        math.exp(
            math.lgamma(k + shape) - math.lgamma(shape) - math.lgamma(k + 1)
            + shape * math.log(chance) + k * math.log1p(-chance)
        )
        for k in range(count)
    )  # fmt: skip
    bound = surprise(baseline, count, 1.0)
    assert bound <= -math.log10(tail) + 1e-9
    assert bound == pytest.approx(-math.log10(tail), abs=0.1)


def test_a_new_brand_is_less_easily_surprised_than_one_that_is_known() -> None:
    assert surprise(begin(4, 1), 16, 1) < surprise(begin(4, 100), 16, 1)


def test_it_adapts_to_a_brand_that_is_complained_of_more() -> None:
    quiet = begin(4, 6)
    busy = lived(quiet, [40] * 72)
    assert usual(busy, 1) == pytest.approx(40, rel=0.1)
    assert surprise(busy, 45, 1) < 1 < surprise(quiet, 45, 1)


def test_it_forgets_a_storm_while_nothing_is_said() -> None:
    after_storm = learn(begin(4, 6), 1000 * HOUR, 500)
    assert usual(lived(after_storm, [], 1001 * HOUR), 1) > 30
    assert usual(lived(after_storm, [], 1500 * HOUR), 1) < 1


def test_silence_counts_the_same_whether_it_is_looked_at_or_not() -> None:
    began = learn(begin(4, 6), 1000 * HOUR, 7)
    looked = began
    for hour in range(1001, 1031):
        looked = learn(looked, hour * HOUR, 0)
    jumped = learn(began, 1030 * HOUR, 0)
    assert jumped.shape == pytest.approx(looked.shape)
    assert jumped.hours == pytest.approx(looked.hours)


def test_minutes_of_one_hour_are_one_hour() -> None:
    minutes = begin(4, 6)
    for minute in range(60):
        minutes = learn(minutes, 1000 * HOUR + 60 * minute, 1)
    whole = learn(begin(4, 6), 1000 * HOUR, 60)
    assert learn(minutes, 1001 * HOUR, 0) == learn(whole, 1001 * HOUR, 0)
