"""Fits the calibrated layer: quantile regression on states of recorded cascades at many ages."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from benchmarks.spread.cascades import Cascade
from scoring import layer
from scoring.layer import QUANTILES, TERMS, Layer
from scoring.spread import Spread, View, expose

AGES = tuple(60.0 * m for m in (1, 2, 3, 5, 7, 10, 15, 20, 30, 45, 60, 90, 120, 180, 240, 360))
LATE_AGES = tuple(3600.0 * hours for hours in (12, 24, 72, 168))
THINNED = (1 / 4, 1 / 16, 1 / 64, 1 / 256)
"""Parts of a cascade that are kept in its smaller copies."""
COPIES_WEIGH, COPIES_WEIGH_FEW, FEW = 0.05, 0.4, 3.0
"""Weight of a smaller copy beside 1 of a whole cascade: where many shares were seen, and how much
more where few were. The cascades were chosen for being large: a fit on them alone expects two
hundred shares of every post that was shared once a moment ago."""

BEGUN = 1.4e9  # any time does: only differences count
_ROUNDS = 30
_RIDGE = 1e-4  # of the mean square of a term: terms say nearly the same of each other
_EPSILON = (0.5, 0.75, 0.02)  # of the smoothed absolute value: first, factor, last


@dataclass(frozen=True)
class Samples:
    """States of cascades at ages: `terms` (samples, TERMS), the shares that were still `to_come`,
    how much each weighs, the part of the final size that was seen, and the cascade's number.
    """

    terms: np.ndarray
    to_come: np.ndarray
    weights: np.ndarray
    seen: np.ndarray
    of: np.ndarray

    def only(self, mask: np.ndarray) -> "Samples":
        """Those that `mask` holds."""
        columns = (self.terms, self.to_come, self.weights, self.seen, self.of)
        return Samples(*(column[mask] for column in columns))


def states(cascade: Cascade, ages: Iterable[float]) -> Iterator[tuple[float, Spread]]:
    """The state of the online estimator at each age (seconds, rising)."""
    spread = expose(Spread(), BEGUN, int(cascade.followers[0]), share=False)
    done = 0
    for age in ages:
        until = int(np.searchsorted(cascade.times, age, side="right"))
        for at, audience in zip(
            cascade.times[done:until].tolist(),
            cascade.followers[1 + done : 1 + until].tolist(),
            strict=True,
        ):
            spread = expose(spread, BEGUN + at, audience, share=True)
        done = until
        yield age, spread


def samples(cascades: Sequence[Cascade], seed: int) -> Samples:
    """Every cascade whole and thinned, every second one without follower counts."""
    rows: list[tuple[float, ...]] = []
    rest: list[tuple[float, float, float, int]] = []
    for number, cascade in enumerate(cascades):
        seen = cascade if number % 2 else cascade.blind()
        for kept in (1.0, *THINNED):
            one = seen if kept == 1 else seen.thinned(kept, seed)
            for age, spread in states(one, (AGES if kept == 1 else AGES[::2]) + LATE_AGES):
                if spread.shares:
                    rows.append(_terms(spread, BEGUN + age))
                    weight = 1.0 if kept == 1 else _weight_of_copy(spread.shares)
                    seen_part = (1 + spread.shares) / (1 + one.size)
                    rest.append((one.size - spread.shares, weight, seen_part, number))
    return Samples(np.array(rows), *(np.array(column) for column in zip(*rest, strict=True)))


def _weight_of_copy(shares: int) -> float:
    return COPIES_WEIGH + COPIES_WEIGH_FEW / (1 + (shares / FEW) ** 3)


def _terms(spread: Spread, at: float) -> tuple[float, ...]:
    view = View(spread, at)
    return layer.terms(view.shares, view.shared, view.age, view.mean_age, view.reactions)


def quantile(data: Samples, share: float) -> np.ndarray:
    """Coefficients of the quantile `share` of log(1 + shares to come), shape (TERMS,).

    The check loss is minimised by majorisation (Hunter and Lange 2000): least squares, reweighted.
    """
    scale = np.sqrt((data.terms**2).mean(0))
    terms, wanted, weights = data.terms / scale, np.log1p(data.to_come), data.weights
    ridge = _RIDGE * weights.sum() * np.eye(len(scale))
    found = np.linalg.solve(
        (terms * weights[:, None]).T @ terms + ridge, terms.T @ (weights * wanted)
    )
    for turn in range(_ROUNDS):
        epsilon = max(_EPSILON[0] * _EPSILON[1] ** turn, _EPSILON[2])
        pull = weights / (np.abs(wanted - terms @ found) + epsilon)
        left = (terms * pull[:, None]).T @ terms + ridge
        right = terms.T @ (pull * wanted) + (2 * share - 1) * (terms.T @ weights)
        found = np.linalg.solve(left, right)
    return found / scale


def fit(data: Samples) -> Layer:
    """The layer of these samples.

    For the middle an error weighs by the root of the part that was seen: between the median of
    the logarithm (no such weight) and the least mean relative error (the whole part).
    """
    relative = replace(data, weights=data.weights * np.sqrt(data.seen))
    low, middle, high = (
        tuple(round(float(x), 5) for x in quantile(relative if share == 0.5 else data, share))
        for share in QUANTILES
    )
    return Layer(terms=TERMS, low=low, middle=middle, high=high)


def written(fitted: Layer, heading: str) -> str:
    """The layer as TOML, `heading` as its comment."""
    lines = [f"# {line}".rstrip() for line in heading.splitlines()]
    for name in ("terms", "low", "middle", "high"):
        values = getattr(fitted, name)
        shown = "".join(f'    "{v}",\n' if isinstance(v, str) else f"    {v},\n" for v in values)
        lines.append(f"{name} = [\n{shown}]")
    return "\n".join(lines) + "\n"


def write(cascades: Sequence[Cascade], seed: int, out: Path) -> None:
    """Fits the layer on every cascade and writes it."""
    data = samples(cascades, seed)
    heading = (
        "Coefficients of the forecast: quantiles 0.1, 0.5 and 0.9 of log(1 + shares to come), in\n"
        "the order of `terms` (scoring/layer.py). Written by\n"
        "`python -m benchmarks spread CASCADES --fit scoring/layer.toml`:\n"
        f"{len(cascades):,} public retweet cascades and smaller copies of them, {len(data.of):,}"
        f" states\nat ages of a minute to a week, seed {seed}. How, and how well: docs/decision.md."
    )
    out.write_text(written(fit(data), heading), "utf-8")
