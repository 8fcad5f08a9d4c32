"""A brand's week: busy and quiet hours, learnt online from nothing."""

import pytest

from scoring import baseline, season
from scoring.baseline import Baseline
from scoring.season import HOUR, Season

DAY = 24


def learnt(weeks: float, busy: int = 12, quiet: int = 0) -> Baseline:
    """A brand with `busy` complaints an hour from 8 to 20 and `quiet` ones at night."""
    usual = baseline.begin(2.0, 4.0)
    for hour in range(int(weeks * season.SLOTS)):
        usual = baseline.learn(usual, (hour + 168) * HOUR, busy if 8 <= hour % DAY < 20 else quiet)
    return usual


def test_a_brand_that_nothing_is_known_of_has_flat_weeks() -> None:
    assert season.effective(Season(), 1e9, 3.5) == 3.5
    assert baseline.begin(2.0, 4.0).season == Season()


def test_nights_become_quiet_and_days_busy() -> None:
    usual = learnt(3)
    by_night = season.effective(usual.season, (168 * 5 + 4) * HOUR, 1.0)
    by_day = season.effective(usual.season, (168 * 5 + 15) * HOUR, 1.0)
    assert by_night < 0.3
    assert 1.5 < by_day < 2.5
    assert season.effective(usual.season, (168 * 5 + 14) * HOUR, 6) == pytest.approx(
        6 * by_day, rel=0.2
    )


def test_the_same_count_surprises_at_night_and_not_by_day() -> None:
    usual = learnt(3)

    def surprise(hour: int) -> float:
        hours = season.effective(usual.season, (168 * 5 + hour) * HOUR, 1.0)
        return baseline.surprise(usual, 12, hours)

    assert surprise(4) > 3.0
    assert surprise(15) < 1.0


def test_a_few_days_teach_the_hours_of_the_day_before_those_of_the_week() -> None:
    usual = learnt(4 / 7)
    unseen_night = season.effective(usual.season, (168 + 6 * DAY + 4) * HOUR, 1.0)
    assert 0.4 < unseen_night < 0.9


def test_a_week_of_silence_counts_as_none() -> None:
    one = baseline.learn(baseline.learn(learnt(1), 400 * HOUR, 0), 900 * HOUR, 0)
    assert len(one.season.factors) == season.SLOTS
    assert all(factor > 0 for factor in one.season.factors)
