"""`tocsin calibrate`: fits probabilities to what was seen, the weights left as they are."""

from pathlib import Path

import click

from streams.cli.common import counted, labelled_rows, note, settings
from streams.cli.group import Group


@click.group(cls=Group)
@click.version_option(package_name="tocsin")
def command() -> None:
    """Fit probabilities to what was seen."""


@command.command("model")
@click.argument("data", type=click.Path(exists=True, path_type=Path))
@click.argument("out", type=click.Path(file_okay=False, path_type=Path))
@click.option(
    "--model",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Folder of the artefact; else TOCSIN_MODEL, else the one that ships.",
)
@click.option(
    "--split",
    type=click.Choice(["calibration", "all"]),
    default="calibration",
    show_default=True,
    help="Which rows of DATA, chosen by the hash of the text; `all` if none trained the model.",
)
@click.option(
    "--own/--no-own",
    default=True,
    help="Count the texts and labels that come with Tocsin as DATA too.",
)
def model_command(data: Path, out: Path, model: Path | None, split: str, own: bool) -> None:
    """Write the model to OUT with its probabilities fitted on DATA.

    DATA is a labelled JSON Lines file, or a folder as for `train`.
    """
    from models import recalibration, splits

    rows = labelled_rows(data, own)
    if split != "all":
        number = len(rows)
        rows = splits.split(rows)[split]  # type: ignore[index]
        note(
            f"{len(rows):,} of {counted(number, 'row')} are of the split `{split}`; --split all "
            "takes every one, if none trained the model"
        )
    recalibration.check(rows)
    described = recalibration.recalibrate(model or settings().model, rows, out)
    note(
        f"{described.name} {described.digest} written to {out}, fitted on "
        f"{counted(len(rows), 'row')}; set TOCSIN_MODEL={out} to use it"
    )


@command.command("policy")
@click.argument("out", type=click.Path(dir_okay=False, path_type=Path))
@click.option(
    "--policy",
    type=click.Path(path_type=Path),
    help="Where the weights start; else TOCSIN_POLICY, else the one that ships.",
)
@click.option(
    "--model",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Folder of the artefact; else TOCSIN_MODEL, else the one that ships.",
)
@click.option(
    "--recorded",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Folder of your own histories: NAME.jsonl, and NAME.toml with what came of it.",
)
@click.option(
    "--seeds",
    type=click.IntRange(1, 50),
    metavar="N",
    default=1,
    show_default=True,
    help="How many times over the made-up histories are told.",
)
@click.option("--made-up/--no-made-up", default=True, help="Made-up histories of the train kinds.")
@click.option(
    "--scores",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("runs/decision"),
    show_default=True,
    help="Folder where the scores of texts are kept: each is read once by a model.",
)
def policy_command(
    out: Path,
    policy: Path | None,
    model: Path | None,
    recorded: Path | None,
    seeds: int,
    made_up: bool,
    scores: Path,
) -> None:
    """Fit the policy's weights and levels to histories whose outcome is known; write it to OUT.

    Without recordings of your own, made-up histories are told (docs/decision-histories.md), of the
    kinds for training alone: `python -m benchmarks decision` tests on others.
    """
    from scoring import policy as policies
    from streams.calibration import course, report
    from streams.calibration import recorded as recordings
    from streams.calibration.kept import Scores
    from streams.calibration.written import tables, written
    from streams.errors import UsageError
    from streams.histories.collection import collection, ordinary

    if not out.parent.is_dir():
        raise UsageError(f"{out.parent} is no folder: make it first")
    if not made_up and recorded is None:
        raise UsageError("nothing to learn from: give --recorded FOLDER, or leave --no-made-up out")
    histories = list(recordings.read(recorded)) if recorded else []
    for seed in range(1, seeds + 1) if made_up else ():
        histories += [*collection("train", seed), *ordinary("train", seed)]
    came = sum(history.crisis for history in histories)
    if not came or came == len(histories):
        raise UsageError("there must be histories that became a crisis, and others that did not")
    own = policy or settings().policy
    start = policies.load(own)
    held = Scores(scores, model or settings().model)
    held.read((mention for history in histories for mention in history.mentions), note)
    told = [(history, held.scored(history.mentions)) for history in histories]
    found = course.calibrate(told, start, note)
    heading = report.heading(found, held.label, len(told), came)
    out.write_text((tables if own else written)(found.policy, heading), "utf-8")
    click.echo(report.table(start, found))
    if own:
        note(f"weights and levels written to {out}: put its tables in place of those of {own}")
    else:
        note(f"written to {out}: read it, then set TOCSIN_POLICY={out} or `tocsin policy diff` it")
