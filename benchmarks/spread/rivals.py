"""Other ways of foreseeing the final number of shares, each fitted per age on training cascades.

A method is a function (training cascades, test cascades, age in seconds) to final numbers of
shares with an 80 % interval: shape (test, 3), columns low, expected, high; NaN without interval.
"""

from collections.abc import Callable, Sequence

import numpy as np

from benchmarks.spread import features, seismic
from benchmarks.spread.cascades import Cascade, sizes
from benchmarks.spread.fit import BEGUN, states
from scoring.spread import View

Method = Callable[[Sequence[Cascade], Sequence[Cascade], float], np.ndarray]
_ENDS = (10, 50, 90)


def seen(cascades: Sequence[Cascade], age: float) -> np.ndarray:
    """Shares by `age` (seconds); shape (cascades,)."""
    return np.array([np.searchsorted(one.times, age, side="right") for one in cascades])


def size_alone(train: Sequence[Cascade], test: Sequence[Cascade], age: float) -> np.ndarray:
    """Szabo and Huberman 2010 (CACM, arXiv:0811.0405): final size is so many times the present."""
    growth = np.log1p(sizes(train)) - np.log1p(seen(train, age))
    return _around(np.log1p(seen(test, age)), growth, seen(test, age))


def size_with_slope(train: Sequence[Cascade], test: Sequence[Cascade], age: float) -> np.ndarray:
    """The same with a slope fitted as well: least squares on logarithms."""
    known, final = np.log1p(seen(train, age)), np.log1p(sizes(train))
    slope, start = np.polyfit(known, final, 1)
    middle = start + slope * np.log1p(seen(test, age))
    return _around(middle, final - start - slope * known, seen(test, age))


def batch_seismic(train: Sequence[Cascade], test: Sequence[Cascade], age: float) -> np.ndarray:
    """Zhao et al. 2015, its two corrections of the final size fitted for the age."""
    correction = seismic.tuned([seismic.estimate(one, age) for one in train], sizes(train))
    expected = [seismic.final(seismic.estimate(one, age), *correction) for one in test]
    nothing = np.full(len(test), np.nan)
    return np.stack([nothing, expected, nothing], 1)


def cheng_linear(train: Sequence[Cascade], test: Sequence[Cascade], age: float) -> np.ndarray:
    """Features in the manner of Cheng et al. 2014 (WWW, arXiv:1403.4608), ridge regression."""
    from sklearn.linear_model import RidgeCV
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    model = make_pipeline(StandardScaler(), RidgeCV(alphas=(1.0, 10.0, 100.0)))
    return _learnt(model, train, test, age)


def cheng_trees(train: Sequence[Cascade], test: Sequence[Cascade], age: float) -> np.ndarray:
    """The same features, gradient boosted trees for the median."""
    from sklearn.ensemble import HistGradientBoostingRegressor
    from threadpoolctl import threadpool_limits

    model = HistGradientBoostingRegressor(
        loss="absolute_error", max_iter=120, learning_rate=0.06, max_leaf_nodes=15, random_state=1
    )
    with threadpool_limits(1):  # trees this small are slower with more
        return _learnt(model, train, test, age)


def uncalibrated(train: Sequence[Cascade], test: Sequence[Cascade], age: float) -> np.ndarray:
    """Our online estimator without its layer; fitted to nothing."""
    found = []
    for one in test:
        ((_, spread),) = states(one, [age])
        view = View(spread, BEGUN + age)
        coming = view.reactions / (1 - min(view.reproduction, 0.95)) if view.shares else 0.0
        found.append((np.nan, view.shares + coming, np.nan))
    return np.array(found)


def _learnt(
    model: object, train: Sequence[Cascade], test: Sequence[Cascade], age: float
) -> np.ndarray:
    given = np.array([features.of(one, age) for one in train])
    growth = np.log1p(sizes(train)) - np.log1p(seen(train, age))
    model.fit(given, growth)  # type: ignore[attr-defined]
    known = np.array([features.of(one, age) for one in test])
    middle = np.log1p(seen(test, age)) + model.predict(known)  # type: ignore[attr-defined]
    residuals = growth - model.predict(given)  # type: ignore[attr-defined]
    return _around(middle, residuals, seen(test, age))


def _around(middle: np.ndarray, residuals: np.ndarray, least: np.ndarray) -> np.ndarray:
    """Sizes from logarithms, with the ends and the middle that the residuals have."""
    ends = np.percentile(residuals, _ENDS)
    return np.maximum(np.expm1(middle[:, None] + ends), least[:, None])


RIVALS: dict[str, Method] = {
    "size alone": size_alone,
    "size alone, slope free": size_with_slope,
    "batch SEISMIC": batch_seismic,
    "features, ridge": cheng_linear,
    "features, trees": cheng_trees,
    "Tocsin without layer": uncalibrated,
}
