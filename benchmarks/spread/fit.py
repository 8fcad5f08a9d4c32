"""Fits the calibrated layer; `python -m benchmarks.spread.fit CASCADES OUT` writes its file."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import click
import numpy as np

from benchmarks.spread.cascades import Cascade, read
from scoring import layer
from scoring.layer import KNOTS, QUANTILES, TERMS, Layer
from scoring.spread import Spread, View, expose
from streams.cli import exits

AGES = tuple(60.0 * m for m in (1, 2, 3, 5, 7, 10, 15, 20, 30, 45, 60, 90, 120, 180, 240, 360))
LATE_AGES = tuple(3600.0 * hours for hours in (12, 24, 72, 168))
THINNED = (1 / 4, 1 / 16, 1 / 64)
THINNED_WEIGHT = 0.05
"""Of a thinned cascade, beside 1 of a whole one: whole ones were chosen for being large, and a
fit on them alone expects a hundred shares of every post that was shared once."""

BEGUN = 1.4e9  # any time does: only differences count
_ROUNDS = 30
_EPSILON = (0.5, 0.75, 0.02)  # of the smoothed absolute value: first, factor, last


@dataclass(frozen=True)
class Samples:
    """States of cascades at ages: `terms` (samples, TERMS), the shares that were still `to_come`,
    and how much each weighs; of which cascade, by its number."""

    terms: np.ndarray
    to_come: np.ndarray
    weights: np.ndarray
    of: np.ndarray

    def only(self, mask: np.ndarray) -> "Samples":
        """Those that `mask` holds."""
        return Samples(self.terms[mask], self.to_come[mask], self.weights[mask], self.of[mask])


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
    rest: list[tuple[float, float, int]] = []
    for number, cascade in enumerate(cascades):
        seen = cascade if number % 2 else cascade.blind()
        for kept in (1.0, *THINNED):
            one = seen if kept == 1 else seen.thinned(kept, seed)
            weight = 1.0 if kept == 1 else THINNED_WEIGHT
            for age, spread in states(one, (AGES if kept == 1 else AGES[::2]) + LATE_AGES):
                if spread.shares:
                    rows.append(_terms(spread, BEGUN + age))
                    rest.append((one.size - spread.shares, weight, number))
    to_come, weights, of = (np.array(column) for column in zip(*rest, strict=True))
    return Samples(np.array(rows), to_come, weights, of)


def _terms(spread: Spread, at: float) -> tuple[float, ...]:
    view = View(spread, at)
    return layer.terms(view.shares, view.shared, view.age, view.mean_age, view.reactions)


def quantile(data: Samples, share: float) -> np.ndarray:
    """Coefficients of the quantile `share` of log(1 + shares to come), shape (TERMS,).

    The check loss is minimised by majorisation (Hunter and Lange 2000): least squares, reweighted.
    """
    scale = np.sqrt((data.terms**2).mean(0))
    terms, wanted, weights = data.terms / scale, np.log1p(data.to_come), data.weights
    ridge = 1e-6 * weights.sum() * np.eye(len(scale))
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
    """The layer of these samples."""
    rows = [tuple(round(float(x), 5) for x in quantile(data, share)) for share in QUANTILES]
    return Layer(terms=TERMS, low=rows[0], middle=rows[1], high=rows[2])


def written(fitted: Layer, heading: str) -> str:
    """The layer as TOML, `heading` as its comment."""
    lines = [f"# {line}".rstrip() for line in heading.splitlines()]
    for name in ("terms", "low", "middle", "high"):
        values = getattr(fitted, name)
        shown = "".join(f'    "{v}",\n' if isinstance(v, str) else f"    {v},\n" for v in values)
        lines.append(f"{name} = [\n{shown}]")
    return "\n".join(lines) + "\n"


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("cascades", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument("out", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--seed", type=int, default=13, show_default=True)
def command(cascades: Path, out: Path, seed: int) -> None:
    """Fit the layer on every cascade of CASCADES and write it to OUT (scoring/layer.toml)."""
    known = read(cascades, seed)
    data = samples(known, seed)
    heading = (
        f"Coefficients of the forecast, in the order of `terms`: quantiles {QUANTILES} of\n"
        f"log(1 + shares to come). Fitted by `python -m benchmarks.spread.fit` on {len(known):,}\n"
        f"public retweet cascades ({len(data.to_come):,} states at ages of a minute to a week,\n"
        f"thinned copies included; knots at {KNOTS} shares), seed {seed}; see docs/decision.md."
    )
    out.write_text(written(fit(data), heading), "utf-8")
    click.echo(f"{out} written: {len(data.to_come):,} states of {len(known):,} cascades")


if __name__ == "__main__":
    raise SystemExit(exits.run(lambda: command.main(standalone_mode=False)))
