"""The forecast of shares: finite, ordered, and the same in whatever order shares were seen."""

import itertools
import math
import random
from collections.abc import Sequence

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.kernel import PARTS, even
from scoring.prior import infectiousness
from scoring.spread import (
    USUAL_AUDIENCE,
    Forecast,
    Spread,
    View,
    expose,
    forecast,
    most_expected,
)

DAY = 86_400.0
Share = tuple[float, int]
shares = st.lists(st.tuples(st.floats(0, 30 * DAY), st.integers(0, 10_000_000)), max_size=30)
later = st.floats(0, 60 * DAY)
BEGUN = 1_378_123_200.0
MOST_FALL = 0.95
"""A share that makes a course look slower than it did may lower the forecast, by no more."""


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


@given(shares, later, st.integers(0, 100_000))
def test_a_new_share_hardly_lowers_the_forecast(
    events: list[Share], after: float, followers: int
) -> None:
    more = [*events, (max((at for at, _ in events), default=0.0), followers)]
    end = at_end(events, after)
    before, now = forecast(spread_of(events), end), forecast(spread_of(more), end)
    assert now.shares >= MOST_FALL * before.shares
    assert now.low >= len(more)


def test_the_shares_of_a_burst_raise_the_forecast() -> None:
    found = [
        forecast(spread_of([(20.0 * n, 300) for n in range(count)]), BEGUN + 20.0 * count).shares
        for count in range(1, 60)
    ]
    assert all(now > 0.95 * before for before, now in itertools.pairwise(found))
    assert found[-1] > 5 * found[0]


@given(later, st.integers(0, 10**6), st.integers(0, 10**6))
def test_of_two_counters_the_higher_promises_more(after: float, one: int, other: int) -> None:
    spread, end = spread_of([]), BEGUN + after
    low, high = forecast(spread, end, min(one, other)), forecast(spread, end, max(one, other))
    assert MOST_FALL * low.shares <= high.shares
    assert low.reproduction <= high.reproduction
    assert high.low >= max(one, other)


def test_one_share_of_a_post_promises_few_and_twenty_at_once_promise_many() -> None:
    assert forecast(spread_of([(600.0, 300)]), BEGUN + 1200).shares < 10
    assert forecast(spread_of([(15.0 * n, 300) for n in range(20)]), BEGUN + 300).shares > 60


def test_a_text_promises_something_before_anybody_shares_it() -> None:
    spread = spread_of([], root=40_000)
    assert forecast(spread, BEGUN).shares == 0
    quiet, loud = (
        forecast(spread, BEGUN + 60, prior=infectiousness("twitter", anger=anger))
        for anger in (0.0, 1.0)
    )
    assert 1 < quiet.shares < loud.shares < 100
    assert quiet.low < quiet.shares < quiet.high
    assert forecast(spread, BEGUN + 60, prior=infectiousness("review")).shares < quiet.shares
    later_on = forecast(spread, BEGUN + 30 * DAY, prior=infectiousness("twitter"))
    assert later_on.shares < quiet.shares


@pytest.mark.parametrize("sharer", [0, 5, 150, 10_000])
@pytest.mark.parametrize("after", [0.0, 60.0])
@pytest.mark.parametrize("followers", [300, 10_000, 100_000, 2_000_000])
def test_the_first_share_of_what_promised_much_lowers_nothing(
    followers: int, after: float, sharer: int
) -> None:
    prior = infectiousness("twitter", anger=1.0, sharing=1.0)
    before = forecast(spread_of([], root=followers), BEGUN + after, prior=prior)
    now = forecast(spread_of([(after, sharer)], root=followers), BEGUN + after, prior=prior)
    assert now.shares >= before.shares
    assert now.low <= now.shares <= now.high


def test_what_a_text_promised_is_over_once_shares_tell_more_or_nobody_shares() -> None:
    prior = infectiousness("twitter", anger=1.0, sharing=1.0)
    famous = spread_of([(60.0, 0)], root=2_000_000)
    found = [forecast(famous, BEGUN + after, prior=prior).shares for after in (60, 3600, DAY)]
    assert found[0] > 10 * found[1]
    assert found[1] > found[2]
    passed_on = [(600.0 * n, 5_000) for n in range(1, 50)]
    alone, told = (
        forecast(spread_of(passed_on, root=10_000), BEGUN + 7 * DAY, prior=one)
        for one in (0.0, prior)
    )
    assert told.shares == pytest.approx(alone.shares, rel=0.01)


@given(shares, later, st.integers(0, 100_000), st.sampled_from([0, 150, 10_000]))
def test_nor_does_a_share_lower_what_a_text_promised(
    events: list[Share], after: float, followers: int, root: int
) -> None:
    prior = infectiousness("twitter", anger=1.0, sharing=1.0)
    more = [*events, (max((at for at, _ in events), default=0.0), followers)]
    end = at_end(events, after)
    before = forecast(spread_of(events, root), end, prior=prior)
    now = forecast(spread_of(more, root), end, prior=prior)
    assert now.shares >= MOST_FALL * before.shares - 0.2


def test_without_followers_the_audience_is_guessed_from_those_that_are_known() -> None:
    blind = spread_of([(20.0 * n, 0) for n in range(1, 30)], root=0)
    usual = spread_of([(20.0 * n, USUAL_AUDIENCE) for n in range(1, 30)], root=USUAL_AUDIENCE)
    one, other = (forecast(spread, BEGUN + 600) for spread in (blind, usual))
    assert close(one, other)
    famous = spread_of([(20.0 * n, 0) for n in range(1, 30)], root=1_000_000)
    assert View(blind, BEGUN + 600).audience < View(famous, BEGUN + 600).audience < 100_000


def test_the_state_is_small_and_does_not_grow() -> None:
    spread = spread_of([(float(n), 10_000 + n) for n in range(5000)])
    assert len(msgspec.msgpack.encode(spread)) <= 600
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(spread), type=Spread) == spread


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


@pytest.mark.parametrize("age", [0.0, 5e-324, 1e-12, 1e-6])
def test_what_came_this_instant_is_new(age: float) -> None:
    assert even(age) == pytest.approx([1.0] * len(PARTS))


def test_the_kernel_is_a_probability() -> None:
    assert sum(PARTS) == pytest.approx(1.0, abs=1e-9)


@given(shares, later, st.integers(0, 1000), st.integers(0, 3_000_000))
def test_no_forecast_is_above_the_most_that_may_be_expected(
    events: list[Share], after: float, counted: int, root: int
) -> None:
    spread, prior = spread_of(events, root), infectiousness("twitter", anger=1.0, sharing=1.0)
    found = forecast(spread, at_end(events, after), counted, prior)
    assert found.shares <= most_expected(spread, counted, prior)
