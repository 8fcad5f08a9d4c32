"""The forecast of shares: finite, ordered, and the same in whatever order shares were seen."""

import math
import random
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.kernel import PARTS
from scoring.spread import Forecast, Spread, expose, forecast

DAY = 86_400.0
Share = tuple[float, int]
shares = st.lists(st.tuples(st.floats(0, 30 * DAY), st.integers(0, 10_000_000)), max_size=30)
later = st.floats(0, 60 * DAY)
BEGUN = 1_378_123_200.0


def spread_of(events: Sequence[Share], root: int = 500) -> Spread:
    spread = expose(Spread(), BEGUN, root, share=False)
    for at, followers in events:
        spread = expose(spread, BEGUN + at, followers, share=True)
    return spread


def at_end(events: Sequence[Share], after: float = 0.0) -> float:
    return BEGUN + max((at for at, _ in events), default=0.0) + after


def close(one: Forecast, other: Forecast) -> bool:
    """Within one unit of the last place that is reported."""
    return all(
        math.isclose(a, b, rel_tol=1e-9, abs_tol=0.11) for a, b in zip(one, other, strict=True)
    )


@given(shares, later, st.integers(0, 1000))
def test_any_order_of_shares_gives_the_same_state(
    events: list[Share], after: float, seed: int
) -> None:
    shuffled = list(events)
    random.Random(seed).shuffle(shuffled)
    one, other = spread_of(events), spread_of(shuffled)
    assert (one.at, one.shares, one.exposure) == (other.at, other.shares, other.exposure)
    assert one.shared == pytest.approx(other.shared, rel=1e-9)
    assert one.exposed == pytest.approx(other.exposed, rel=1e-9)
    end = at_end(events, after)
    assert close(forecast(one, end), forecast(other, end))


@given(shares, later, st.integers(0, 10_000_000))
def test_a_new_share_never_lowers_the_forecast(
    events: list[Share], after: float, followers: int
) -> None:
    more = [*events, (max((at for at, _ in events), default=0.0), followers)]
    end = at_end(events, after)
    before, now = forecast(spread_of(events), end), forecast(spread_of(more), end)
    assert now.shares >= before.shares + 0.9
    assert now.low >= before.low
    if before.reproduction >= 1:
        assert now.reproduction >= 1


@given(shares, later, st.integers(0, 10**6), st.integers(0, 10**6))
def test_a_higher_counter_never_lowers_the_forecast(
    events: list[Share], after: float, one: int, other: int
) -> None:
    spread, end = spread_of(events), at_end(events, after)
    low, high = forecast(spread, end, min(one, other)), forecast(spread, end, max(one, other))
    assert low.shares <= high.shares
    assert low.reproduction <= high.reproduction


@given(shares, later, st.integers(0, 10**12))
def test_the_forecast_is_finite_and_its_interval_holds_it(
    events: list[Share], after: float, counted: int
) -> None:
    found = forecast(spread_of(events), at_end(events, after), counted)
    assert all(math.isfinite(value) and value >= 0 for value in found)
    assert found.low <= found.shares <= found.high
    assert found.low >= max(len(events), counted)


def test_nothing_shared_nothing_expected() -> None:
    assert forecast(Spread(), BEGUN) == (0.0, 0.0, 0.0, 0.0)
    assert forecast(spread_of([]), BEGUN) == (0.0, 0.0, 0.0, 0.0)


def test_with_time_nothing_more_is_expected() -> None:
    spread = spread_of([(60.0 * n, 1000) for n in range(10)])
    expected = [forecast(spread, BEGUN + 600 + after).shares for after in (0, 3600, DAY, 30 * DAY)]
    assert expected == sorted(expected, reverse=True)
    assert expected[0] > 20
    assert forecast(spread, BEGUN + 1000 * DAY).shares == 10


def test_twenty_shares_within_minutes_are_explosive_and_a_slow_trickle_is_not() -> None:
    fast = spread_of([(15.0 * n, 5000) for n in range(20)])
    slow = spread_of([(2 * DAY * n, 100) for n in range(10)])
    assert forecast(fast, BEGUN + 300).reproduction >= 1
    assert forecast(slow, BEGUN + 20 * DAY).reproduction < 1


def test_the_kernel_is_a_probability() -> None:
    assert sum(PARTS) == pytest.approx(1.0, abs=1e-9)
