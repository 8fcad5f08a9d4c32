"""The calibrated layer: its file fits its code, and it says nothing absurd at the edges."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring import kernel, layer
from scoring.layer import MOST_SEEN, TERMS, Layer, Step


def test_the_weights_are_of_the_terms_that_the_code_computes() -> None:
    assert layer.shipped().terms == TERMS
    sums = kernel.even(3600.0)
    assert len(layer.terms(5, sums, 3600.0, 1800.0, 2.0)) == len(TERMS)


@given(
    st.integers(1, 10**12),
    st.floats(0, 1e9),
    st.floats(0, 1),
    st.floats(0, 1e12),
)
def test_finite_and_in_order_whatever_the_course(
    shares: int, age: float, part: float, reactions: float
) -> None:
    sums = tuple(shares * one for one in kernel.even(age))
    low, middle, high = layer.coming(shares, sums, age, age * part, reactions)
    assert 0 <= low <= middle <= high < math.inf


def test_the_largest_cascades_count_as_many_of_the_largest_known() -> None:
    sums = tuple(MOST_SEEN * one for one in kernel.even(3600.0))
    once = layer.coming(int(MOST_SEEN), sums, 3600.0, 1800.0, 200.0)
    tenfold = layer.coming(
        int(MOST_SEEN) * 10, tuple(10 * one for one in sums), 3600.0, 1800.0, 2000.0
    )
    assert tenfold == pytest.approx([10 * one for one in once])


def constant(*values: float, most: float = 100.0) -> Layer:
    """A layer of one hidden number a step: `values` plus SiLU(SiLU(first term))."""
    count = len(TERMS)
    passing = Step(((1.0, *(0.0,) * (count - 1)),), (0.0,))
    again = Step(((1.0,),), (0.0,))
    out = Step(((1.0,),) * 3, values)
    return Layer(
        made="here",
        terms=TERMS,
        least=(-100.0,) * count,
        most=(most,) * count,
        steps=(passing, again, out),
    )


def silu(value: float) -> float:
    return value / (1 + math.exp(-value))


def test_quantiles_that_cross_are_put_in_order() -> None:
    nothing = (0.0,) * len(TERMS)
    assert constant(3.0, 2.0, 1.0).coming(nothing) == pytest.approx([math.expm1(2.0)] * 3)


def test_the_network_by_hand_and_terms_kept_within_their_range() -> None:
    layer, narrow = constant(0.0, 0.5, 1.0), constant(0.0, 0.5, 1.0, most=1.0)
    terms = (2.0, *(0.0,) * (len(TERMS) - 1))
    hidden = silu(silu(2.0))
    assert layer.coming(terms) == pytest.approx([math.expm1(hidden + x) for x in (0.0, 0.5, 1.0)])
    hidden = silu(silu(1.0))
    assert narrow.coming(terms) == pytest.approx([math.expm1(hidden + x) for x in (0.0, 0.5, 1.0)])


def test_the_kernel_follows_the_published_one() -> None:
    height, flat, power = 6.27e-4, 300.0, 0.2315
    whole = height * flat * (1 + 1 / power)
    for elapsed in (0.0, 150.0, 300.0, 3_600.0, 86_400.0, 30 * 86_400.0):
        tail = height * flat / power * (max(elapsed, flat) / flat) ** -power
        survival = (height * max(0.0, flat - elapsed) + tail) / whole
        assert kernel.remaining(kernel.decays(elapsed)) == pytest.approx(survival, abs=0.0125)
