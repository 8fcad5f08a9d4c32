"""`python -m benchmarks explanations DATA`: are the quoted words the telling ones, at what cost."""

import random
import time
from collections.abc import Sequence
from pathlib import Path

import click
import numpy as np

from benchmarks.explanations import measure
from benchmarks.explanations.measure import Falls
from benchmarks.explanations.methods import BEFORE, OURS, Texts, methods
from models import corpus, explanation, splits
from models.heads import HEADS
from models.predictor import Prediction, Predictor
from models.query import Query
from models.reading import Reading
from streams.cli import exits
from streams.cli.common import settings

_LEAST_WORDS = 6
_BATCH = 64


def main(arguments: Sequence[str]) -> int:
    """Runs with these arguments; the exit code."""
    return exits.run(
        lambda: command.main(
            list(arguments), "python -m benchmarks explanations", standalone_mode=False
        )
    )


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("data", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--model", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--rows", type=click.IntRange(10), default=300, show_default=True)
@click.option("--split", type=click.Choice(splits.SPLITS), default="test", show_default=True)
@click.option("--seed", type=int, default=13, show_default=True)
def command(data: Path, model: Path | None, rows: int, split: splits.Split, seed: int) -> None:
    """Leave quoted words out of held-out texts: how much lower does the score fall than without
    as many random words?

    Texts of six words and more that the model finds likely to hold a signal; DATA is laid out as
    for `tocsin train`.
    """
    predictor = Predictor(model or settings().model)
    texts = _texts(predictor, data, split, rows, seed)
    click.echo(
        f"{len(texts.readings)} texts of the {split} split, model {predictor.label}. Falls of "
        f"probability; in brackets 95 % bootstrap intervals over texts.\n"
    )
    found: dict[str, Falls] = {}
    costs: dict[str, tuple[float, float]] = {}
    for method in methods():
        started = time.process_time()
        choices = method.choose(texts)
        spent = (time.process_time() - started) / len(texts.readings) * 1e3
        costs[method.name] = method.passes(texts) / len(texts.readings), spent
        found[method.name] = measure.falls(texts, choices, seed)
    click.echo(_by_method(found, costs, seed))
    for name in OURS:
        click.echo(f"\n{name}:\n\n{_by_signal(found[name], seed)}")


def _texts(predictor: Predictor, data: Path, split: splits.Split, rows: int, seed: int) -> Texts:
    held = splits.split(corpus.read(data))[split]
    random.Random(seed).shuffle(held)
    queries: list[Query] = []
    predictions: list[Prediction] = []
    chosen: dict[int, Reading] = {}
    for start in range(0, len(held), _BATCH):
        part = held[start : start + _BATCH]
        queries += [Query(row.text, row.role, row.channel, row.lang) for row in part]
        found, readings = explanation.read(predictor, queries[start:])
        predictions += found
        for at, reading in readings.items():
            if len(reading.words) >= _LEAST_WORDS and len(chosen) < rows:
                chosen[start + at] = reading
        if len(chosen) == rows:
            break
    return Texts(predictor, queries, predictions, chosen)


def _by_method(found: dict[str, Falls], costs: dict[str, tuple[float, float]], seed: int) -> str:
    lines = [
        "| words chosen by | passes a text | ms a text | words | of the text | fall | at random "
        "| beyond random | beyond the 24 groups |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for name, falls in found.items():
        passes, spent = costs[name]
        against = "" if name == BEFORE else _mean(*measure.shared(falls, found[BEFORE]), seed)
        lines.append(
            f"| {name} | {passes:.1f} | {spent:.1f} | {falls.words.mean():.1f} "
            f"| {falls.shares.mean():.0%} | {falls.quoted.mean():.3f} "
            f"| {falls.at_random.mean():.3f} | {_mean(falls.texts, falls.gains, seed)} "
            f"| {against} |"
        )
    return "\n".join(lines)


def _by_signal(falls: Falls, seed: int) -> str:
    lines = [
        "| signal | quotes | words | fall | at random | beyond random | oftener than not |",
        "|---|---|---|---|---|---|---|",
    ]
    for signal in (*HEADS, "all"):
        own = falls if signal == "all" else falls.of(signal)
        if len(own.texts):
            better = np.mean(own.gains > 0) + np.mean(own.gains == 0) / 2
            lines.append(
                f"| {signal} | {len(own.texts)} | {own.words.mean():.1f} "
                f"| {own.quoted.mean():.3f} | {own.at_random.mean():.3f} "
                f"| {_mean(own.texts, own.gains, seed)} | {better:.0%} |"
            )
    return "\n".join(lines)


def _mean(texts: np.ndarray, values: np.ndarray, seed: int) -> str:
    low, high = measure.interval(texts, values, seed)
    return f"{values.mean():+.3f} [{low:+.3f}, {high:+.3f}]"
