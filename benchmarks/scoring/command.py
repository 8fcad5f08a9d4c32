"""`python -m benchmarks scoring DATA`: every variant, interleaved, several rounds, medians."""

import json
import statistics
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
import numpy as np

from models import corpus, metrics, splits
from models.query import Query
from models.text import encode
from streams.cli import exits
from streams.cli.common import settings

PIPELINE = "transformers pipeline, batch 32"
ENCODER = "encoder alone"


def main(arguments: Sequence[str]) -> int:
    """Runs with these arguments; the exit code."""
    return exits.run(
        lambda: command.main(list(arguments), "python -m benchmarks scoring", standalone_mode=False)
    )


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("data", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--model", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--rounds", type=click.IntRange(1, 50), default=5, show_default=True)
@click.option("--mentions", type=click.IntRange(100), default=3_000, show_default=True)
@click.option("--json", "file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--plot", type=click.Path(dir_okay=False, path_type=Path), help="Quality by speed.")
def command(
    data: Path, model: Path | None, rounds: int, mentions: int, file: Path | None, plot: Path | None
) -> None:
    """Compare ways of reading texts: speed, memory, and how well they read.

    Speed is CPU time on one thread: on held-out texts, each once, and on a stream of which one in
    ten complains and one in three repeats. DATA is laid out as for `tocsin train`.
    """
    import torch

    from benchmarks.scoring import memory, texts, variants
    from models import artefact

    torch.set_num_threads(1)
    folder = model or settings().model
    loaded = artefact.load(folder)
    parts = splits.split(corpus.read(data))
    test = parts["test"]
    held_out = [row.query for row in test]
    flow = texts.stream(data, test, mentions, seed=11)
    compared = [
        variants.Variant("gate, encoder, cache", variants.cached(folder, True), 600),
        variants.Variant("gate, encoder", variants.engine(folder, True), 600),
        variants.Variant("encoder, cache", variants.cached(folder, False), 600),
        variants.Variant(ENCODER, variants.engine(folder, False), 600),
        variants.Variant("transformers pipeline, batch 1", variants.pipeline(loaded, 1), 64),
        variants.Variant(PIPELINE, variants.pipeline(loaded, 32), 96),
        variants.Variant("transformers fp32, sorted", variants.sorted_fp32(loaded), 160),
        variants.Variant("ONNX Runtime fp32, sorted", variants.onnx(loaded), 160),
        *(
            [variants.Variant("gate alone", variants.gate(loaded), 600)]
            if loaded.config.gate
            else []
        ),
        variants.Variant("TF-IDF, regression", variants.tf_idf(parts["train"]), 600),
    ]
    tokens = np.array(
        [len(row) for row in encode(loaded.tokenizer, [q.text for q in held_out], 160)]
    )
    figures: dict[str, dict[str, Any]] = {v.name: {} for v in compared}
    for label, queries in (("held out", held_out), ("stream", flow)):
        for variant, rates in zip(compared, _race(compared, queries, rounds), strict=True):
            figures[variant.name][label] = rates
    for variant in compared:
        found = variant.read(held_out)
        if found is not None:
            measured = metrics.measure(metrics.truth(test), found)
            figures[variant.name]["macro_f1"] = measured.macro_f1
        figures[variant.name]["memory_mb"] = memory.resident(variant.name, folder, data)
    figures["transformers pipeline, batch 1"]["macro_f1"] = None
    figures[PIPELINE]["macro_f1"] = None
    alone = next(variant for variant in compared if variant.name == ENCODER)
    best, reached = _reached(alone, held_out, tokens * _operations(loaded), rounds)
    _tell(figures, float(tokens.mean()))
    click.echo(
        f"\nint8 matrix peak {best:,.0f} GOP/s on one thread; the encoder's linear layers reach "
        f"{reached:.0%} of it (medians of both, measured in turns). Messages per CPU second, one "
        f"thread, {tokens.mean():.0f} tokens on average."
    )
    loading = _loading(folder)
    click.echo(f"The model loads in {loading:.2f} s of CPU time, libraries already imported.")
    if file:
        told: dict[str, object] = {
            "int8_peak_gops": best,
            "int8_peak_reached": reached,
            "loading_s": loading,
            "variants": figures,
        }
        file.write_text(json.dumps(told, indent=2) + "\n")
    if plot:
        _plot(figures, plot)


def _race(compared: Sequence[Any], queries: Sequence[Query], rounds: int) -> list[float]:
    """Median messages per CPU second of each, one after the other in every round.

    A slow variant reads a part of the texts, another part in every round.
    """
    rates: list[list[float]] = [[] for _ in compared]
    for number in range(rounds):
        for variant, found in zip(compared, rates, strict=True):
            whole = "cache" in variant.name  # what a cache gives depends on the whole stream
            part = queries[slice(None) if whole else _turn(variant, queries, number)]
            began = time.process_time()
            variant.read(part)
            found.append(len(part) / (time.process_time() - began))
    return [statistics.median(found) for found in rates]


def _turn(variant: Any, queries: Sequence[Query], number: int) -> slice:
    """What a variant reads in the round `number`: as many texts as it samples, others each time."""
    size = min(variant.sample, len(queries))
    start = number * size % max(1, len(queries) - size + 1)
    return slice(start, start + size)


def _reached(
    encoder: Any, queries: Sequence[Query], operations: np.ndarray, rounds: int
) -> tuple[float, float]:
    """The peak, 10^9 operations per CPU second, and the part of it that the encoder reaches.

    A machine that others use is not as fast a minute later: both are measured in every round.
    `operations` of the linear layers by query.
    """
    from benchmarks.scoring import peak

    best, part = [], []
    for number in range(rounds):
        turn = _turn(encoder, queries, number)
        began = time.process_time()
        encoder.read(queries[turn])
        spent = time.process_time() - began
        best.append(peak.int8_peak())
        part.append(float(operations[turn].sum()) / spent / 1e9 / best[-1])
    return statistics.median(best), statistics.median(part)


def _loading(folder: Path | None) -> float:
    """CPU seconds that the model takes to load, the median of five."""
    from models.predictor import Predictor

    spent = []
    for _ in range(5):
        began = time.process_time()
        Predictor(folder, threads=1)
        spent.append(time.process_time() - began)
    return statistics.median(spent)


def _operations(loaded: Any) -> float:
    """Multiplications and additions of the linear layers per token."""
    hidden, layers = loaded.config.hidden, loaded.config.layers
    return float(2 * layers * (4 * hidden * hidden + 8 * hidden * hidden))


def _tell(figures: dict[str, dict[str, Any]], tokens: float) -> None:
    base = figures[PIPELINE]
    click.echo(
        "| variant | held out, messages/s | x pipeline | stream, messages/s | x pipeline "
        "| s per 1,000 tokens | memory, MB | macro-F1 |"
    )
    click.echo("|---" * 8 + "|")
    for name, found in figures.items():
        score = found.get("macro_f1")
        click.echo(
            f"| {name} | {found['held out']:,.0f} | {found['held out'] / base['held out']:.1f} "
            f"| {found['stream']:,.0f} | {found['stream'] / base['stream']:.1f} "
            f"| {1000 / tokens / found['held out']:.3f} | {found['memory_mb']:,.0f} "
            f"| {'as fp32' if score is None else f'{score:.3f}'} |"
        )


def _plot(figures: dict[str, dict[str, Any]], file: Path) -> None:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 4), layout="constrained")
    axes = figure.subplots()
    for name, found in figures.items():
        if found.get("macro_f1"):
            axes.scatter(found["stream"], found["macro_f1"], label=name)
    axes.legend(fontsize="small")
    axes.set(xscale="log", xlabel="messages per CPU second (stream)", ylabel="macro-F1, held out")
    axes.grid(alpha=0.3)
    figure.savefig(file, dpi=120)
