"""`python -m benchmarks spread CASCADES`: forecasts at each age, beside other ways."""

import time
from collections.abc import Callable, Sequence
from pathlib import Path

import click
import msgspec
import numpy as np

from benchmarks.spread import figures, fit
from benchmarks.spread.cascades import Cascade, folds, read, sizes
from benchmarks.spread.figures import Figure
from benchmarks.spread.rivals import RIVALS
from scoring import layer
from scoring.layer import Layer
from scoring.spread import Spread, View, forecast
from streams.cli import exits
from streams.cli.common import writable

AGES = tuple(60.0 * minutes for minutes in (5, 10, 20, 30, 60, 120, 180, 360))
OURS, BLIND = "Tocsin", "Tocsin, followers unknown"
ALIKE = "Tocsin, fitted as the others are"
"""On whole cascades alone, the population that all are tested on: not what ships."""
FOLDS = 5
MARGIN = 1.0
"""Shares by which an interval may miss a whole number and still hold it."""


def main(arguments: Sequence[str]) -> int:
    """Runs with these arguments; the exit code."""
    return exits.run(
        lambda: command.main(list(arguments), "python -m benchmarks spread", standalone_mode=False)
    )


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("cascades", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--seed", type=int, default=13, show_default=True)
@click.option("--draws", type=click.IntRange(10), default=1000, show_default=True)
@click.option("--first", type=click.IntRange(20), help="Only so many cascades.")
@click.option(
    "--fit",
    "out",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Measure nothing: fit the layer on every cascade and write it (scoring/layer.json).",
)
def command(cascades: Path, seed: int, draws: int, first: int | None, out: Path | None) -> None:
    """How well is the final number of shares foreseen at each age?

    Five folds by cascade: everything fitted is fitted on the other four. Follower counts are not
    in CASCADES and are simulated.
    """
    if out:
        writable("--fit", out)
    known = read(cascades, seed)[:first]
    known = [one for one in known if one.size]
    if out:
        fit.write(known, seed, out)
        click.echo(f"{out} written, fitted on {len(known):,} cascades")
        return
    found = _forecasts(known, seed)
    final = sizes(known)
    click.echo(
        f"{len(known):,} cascades, {int(np.median(final))} shares in the median; simulated "
        f"followers. In brackets 95 % bootstrap intervals over cascades.\n"
    )
    for title, table in _tables(found, final, seed, draws).items():
        click.echo(f"{title}\n\n{table}\n")
    click.echo(_costs(known))


def _forecasts(known: Sequence[Cascade], seed: int) -> dict[str, dict[float, np.ndarray]]:
    """By method and age: low, expected and high of every cascade, from the folds it is not in."""
    fold = folds(known, FOLDS)
    data = fit.samples(known, seed)
    found: dict[str, dict[float, np.ndarray]] = {
        name: {age: np.full((len(known), 3), np.nan) for age in AGES}
        for name in (OURS, BLIND, ALIKE, *RIVALS)
    }
    for number in range(FOLDS):
        rows = np.flatnonzero(fold == number).tolist()
        train = [one for one, own in zip(known, fold, strict=True) if own != number]
        test = [known[row] for row in rows]
        others = data.only(fold[data.of] != number)
        fitted, alike = fit.fit(others, seed), fit.fit(others.whole(), seed)
        blind = [one.blind() for one in test]
        for name, own, seen in ((OURS, fitted, test), (BLIND, fitted, blind), (ALIKE, alike, test)):
            for row, one in zip(rows, seen, strict=True):
                for age, spread in fit.states(one, AGES):
                    found[name][age][row] = ours(own, spread, fit.BEGUN + age)
        for name, method in RIVALS.items():
            for age in AGES:
                found[name][age][rows] = method(train, test, age)
    return found


def ours(fitted: Layer, spread: Spread, at: float) -> tuple[float, float, float]:
    """Low, expected and high of the product's own forecast of no text, with this layer."""
    view = View(spread, at)
    if not view.shares:
        return (0.0, 0.0, 0.0)
    terms = layer.terms(view.shares, view.shared, view.age, view.mean_age, view.reactions)
    low, middle, high = fitted.coming(terms)
    return view.shares + low, view.shares + middle, view.shares + high


def _tables(
    found: dict[str, dict[float, np.ndarray]], final: np.ndarray, seed: int, draws: int
) -> dict[str, str]:
    number = len(final)

    def measured(figure: Callable[[np.ndarray], float]) -> Figure:
        return figures.measured(figure, number, seed, draws)

    def error(name: str, age: float) -> Figure:
        wrong = figures.errors(found[name][age][:, 1], final)
        return measured(lambda rows: float(np.median(wrong[rows])))

    def correlation(name: str, age: float) -> Figure:
        expected = found[name][age][:, 1]
        return measured(lambda rows: figures.rank_correlation(expected[rows], final[rows]))

    def top(name: str, age: float) -> Figure:
        expected = found[name][age][:, 1]
        return measured(lambda rows: figures.top_found(expected[rows], final[rows]))

    def held(name: str, age: float) -> Figure | None:
        low, _, high = found[name][age].T
        if np.isnan(low).any():
            return None
        return measured(
            lambda rows: figures.coverage(
                low[rows] - MARGIN / 2, high[rows] + MARGIN / 2, final[rows]
            ),
        )

    def ahead(name: str, age: float) -> Figure | None:
        if name == OURS:
            return None
        own = figures.errors(found[OURS][age][:, 1], final)
        other = figures.errors(found[name][age][:, 1], final)
        return measured(lambda rows: float(np.median(own[rows]) - np.median(other[rows])))

    columns = {
        "Median relative error": error,
        "Tocsin's median relative error less the other's (below 0: Tocsin is better)": ahead,
        "Rank correlation with the final number": correlation,
        "Share of the top fifth found": top,
        "Coverage of the 80 % interval": held,
    }
    return {title: _table(list(found), figure) for title, figure in columns.items()}


def _table(names: Sequence[str], figure: Callable[[str, float], Figure | None]) -> str:
    lines = [
        "| | " + " | ".join(f"{age / 60:.0f} min" for age in AGES) + " |",
        "|---" * (len(AGES) + 1) + "|",
    ]
    for name in names:
        shown = [figure(name, age) for age in AGES]
        if any(one is not None for one in shown):
            lines.append(f"| {name} | " + " | ".join(str(one or "") for one in shown) + " |")
    return "\n".join(lines)


def _costs(known: Sequence[Cascade]) -> str:
    """Microseconds of each function, and bytes of the largest state."""
    spreads = []
    started = time.process_time()
    for one in known:
        for _, spread in fit.states(one, [AGES[-1]]):
            spreads.append(spread)
    folded = time.process_time() - started
    events = sum(spread.shares + 1 for spread in spreads)
    started = time.process_time()
    for spread in spreads:
        forecast(spread, fit.BEGUN + AGES[-1])
    told = time.process_time() - started
    largest = max(len(msgspec.msgpack.encode(spread)) for spread in spreads)
    return (
        f"{folded / events * 1e6:.1f} us per event folded, {told / len(spreads) * 1e6:.1f} us per "
        f"forecast; state {largest} bytes at most"
    )
