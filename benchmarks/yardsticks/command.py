"""`python -m benchmarks yardsticks`: every reader on every task, in one run."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from streams.cli import exits
from streams.cli.common import note, settings
from streams.cli.train import BASE_CACHE
from streams.errors import UsageError

if TYPE_CHECKING:
    from benchmarks.yardsticks.ours import Start
    from benchmarks.yardsticks.tasks import Reader, Task, Verdict

TASKS = ("emotion", "sentiment", "complaint", "signals")
_VOCABULARY = 40_000
_LANGUAGES = ("fr", "en")


def main(arguments: Sequence[str]) -> int:
    """Runs with these arguments; the exit code."""
    return exits.run(
        lambda: command.main(
            list(arguments), "python -m benchmarks yardsticks", standalone_mode=False
        )
    )


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("data", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option(
    "--run",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="A finished `tocsin train` whose encoder the fine-tunes start from; else the base.",
)
@click.option("--base", default="pypi", show_default=True, help="The base, as `tocsin train` has.")
@click.option("--layers", type=click.IntRange(1, 12), default=12, show_default=True)
@click.option(
    "--model",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Folder of the exported model; else TOCSIN_MODEL, else the one that ships.",
)
@click.option(
    "--task",
    "tasks",
    multiple=True,
    type=click.Choice(TASKS),
    help="One yardstick; may be given several times. Without it, all.",
)
@click.option("--rivals", is_flag=True, help="Leave out the fine-tunes, which take long.")
@click.option("--seed", type=int, default=13, show_default=True)
@click.option("--epochs", type=click.IntRange(1, 100), default=3, show_default=True)
@click.option("--threads", type=click.IntRange(0, 256), default=0, help="0: one per core.")
@click.option(
    "--json",
    "file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Where the figures go as JSON too, after every task.",
)
@click.option("--limit", type=click.IntRange(50), hidden=True, help="Rows of each part, at most.")
def command(
    data: Path,
    run: Path | None,
    base: str,
    layers: int,
    model: Path | None,
    tasks: tuple[str, ...],
    rivals: bool,
    seed: int,
    epochs: int,
    threads: int,
    file: Path | None,
    limit: int | None,
) -> None:
    """Measure Tocsin on public sets and on its own heads, beside what else one could install.

    DATA is laid out as for `tocsin train`, with eval/tweeteval_emotion, eval/xlmt_sentiment,
    train/xlmt_sentiment and train/xci. Tables go to standard output.
    """
    import os

    import torch

    from benchmarks.yardsticks import ours, report, signals
    from models.training import TrainingConfig

    threads = threads or os.cpu_count() or 1
    torch.set_num_threads(threads)
    others = _rivals()
    chosen = [task for task in TASKS if not tasks or task in tasks]
    tuned = not rivals and chosen != ["signals"]
    start = _start(data, run, base, layers) if tuned else None
    config = TrainingConfig(seed=seed, epochs=epochs, threads=threads)
    told: dict[str, Any] = {"seed": seed, "epochs": epochs, "tasks": {}}
    for name in chosen:
        task = _task(name, data)
        task = task.thinned(limit) if limit else task
        readers: list[Reader] = list(others)
        about = ""
        if name == "signals":
            shipped = signals.Shipped(model or settings().model, threads)
            readers.insert(0, shipped)
            told["model"] = shipped.label
            about = f"Model {shipped.label}."
        elif start:
            begun = start
            if start.run and task.met_in_training:
                about = "The encoder of the run saw rows of this set in training: not used here. "
                begun = start.alone()
            about += f"Fine-tunes start from {begun.name}."
            readers.insert(0, ours.Ours(begun, config, note))
        verdicts = {reader.name: _read(reader, task) for reader in readers}
        found = report.measure(task, verdicts, seed)
        click.echo(report.markdown(found) + (f"\n{about}\n" if about else ""))
        told["tasks"][name] = {"about": about, **report.plain(found)}
        if file:
            file.write_text(json.dumps(told, indent=2, ensure_ascii=False) + "\n", "utf-8")


def _rivals() -> list["Reader"]:
    """Everyone but us. Raises UsageError where a package is missing."""
    try:
        from benchmarks.yardsticks.lexicon import Lexicon
        from benchmarks.yardsticks.linear import Embeddings, Linear, tf_idf

        return [
            Lexicon(),
            Linear("TF-IDF, logistic regression", tf_idf),
            Linear("MiniLM, logistic regression", Embeddings()),
        ]
    except ImportError as error:
        raise UsageError(f"{error.name} is missing: pip install 'tocsin[bench]'") from error


def _task(name: str, data: Path) -> "Task":
    from benchmarks.yardsticks.public import PUBLIC
    from benchmarks.yardsticks.signals import signals

    made: Callable[[Path], Task] = signals if name == "signals" else PUBLIC[name]
    return made(data)


def _start(data: Path, run: Path | None, base: str, layers: int) -> "Start":
    from benchmarks.yardsticks.ours import Start
    from models import corpus, runs, splits
    from models.base.obtain import obtain

    if run:
        finished = runs.load(run)
        return Start(finished.base, finished.config.layers, run)
    # the texts decide what stays of the vocabulary, and `tocsin train` finds the same base after us
    texts = [row.text for row in splits.split(corpus.read(data))["train"]]
    return Start(obtain(base, BASE_CACHE.expanduser(), texts, _VOCABULARY, _LANGUAGES), layers)


def _read(reader: "Reader", task: "Task") -> list["Verdict"]:
    verdicts = []
    for number, fold in enumerate(task.folds, 1):
        note(f"{task.name}, {reader.name}, fold {number} of {len(task.folds)}")
        verdicts.append(reader.read(fold, task.questions))
    return verdicts
