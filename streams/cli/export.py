"""`tocsin export`: from a training run to the artefact that the stream loads."""

from pathlib import Path

import click

from streams.cli.common import note


@click.command()
@click.argument("run", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.argument("data", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.argument("out", type=click.Path(file_okay=False, path_type=Path))
@click.version_option(package_name="tocsin")
def command(run: Path, data: Path, out: Path) -> None:
    """Quantise the model of RUN into the folder OUT, with tokenizer and card.

    The card's figures are measured here, on the tenth of DATA that training never saw.
    """
    from models import data as labelled
    from models import export

    described = export.export(run, out, labelled.read_folder(data))
    note(f"{described.name} {described.digest} written to {out}; set TOCSIN_MODEL={out} to use it")
