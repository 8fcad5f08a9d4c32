"""`tocsin calibrate`: fits probabilities to what was seen, the weights left as they are."""

from pathlib import Path

import click

from streams.cli.common import counted, note, settings
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
    from models import corpus, recalibration, splits
    from models.data import read_file

    rows = list(read_file(data)) if data.is_file() else corpus.read(data, own)
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
