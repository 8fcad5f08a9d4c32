"""The calibrated layer: its file fits its code, and it says nothing absurd at the edges."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring import kernel, layer
from scoring.layer import MOST_SEEN, TERMS, Layer


def test_the_coefficients_are_of_the_terms_that_the_code_computes() -> None:
    assert layer.fitted().terms == TERMS
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


def test_quantiles_that_cross_are_put_in_order() -> None:
    def row(value: float) -> tuple[float, ...]:
        return (value, *(0.0,) * (len(TERMS) - 1))

    crossed = Layer(terms=TERMS, low=row(3.0), middle=row(2.0), high=row(1.0))
    terms = (1.0, *(0.0,) * (len(TERMS) - 1))
    assert crossed.coming(terms) == pytest.approx([math.expm1(2.0)] * 3)


def test_the_kernel_follows_the_published_one() -> None:
    height, flat, power = 6.27e-4, 300.0, 0.2315
    whole = height * flat * (1 + 1 / power)
    for elapsed in (0.0, 150.0, 300.0, 3_600.0, 86_400.0, 30 * 86_400.0):
        tail = height * flat / power * (max(elapsed, flat) / flat) ** -power
        survival = (height * max(0.0, flat - elapsed) + tail) / whole
        assert kernel.remaining(kernel.decays(elapsed)) == pytest.approx(survival, abs=0.0125)
