"""`tocsin export`: from a training run to the artefact that the stream loads."""

from pathlib import Path

import click

from streams.cli.common import labelled_rows, note
from streams.errors import UsageError


@click.command()
@click.argument("run", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.argument("data", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.argument("out", type=click.Path(file_okay=False, path_type=Path))
@click.option(
    "--own/--no-own",
    default=True,
    help="Count the texts and labels that come with Tocsin as DATA too.",
)
@click.option(
    "--gate/--no-gate",
    default=True,
    help="Fit the gate that spares the encoder what certainly holds nothing.",
)
@click.option(
    "--gate-of",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Take the gate of another exported model of the same vocabulary instead: seconds.",
)
@click.option(
    "--average",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    multiple=True,
    help="Another run, or exported model, to average the weights with; may be given several times.",
)
@click.version_option(package_name="tocsin")
def command(
    run: Path,
    data: Path,
    out: Path,
    own: bool,
    gate: bool,
    gate_of: Path | None,
    average: tuple[Path, ...],
) -> None:
    """Quantise the model of RUN into the folder OUT, with tokenizer and card.

    The card's figures are measured here, on the tenth of DATA that training never saw.
    """
    from models import artefact, export, runs

    if gate_of and not gate:
        raise UsageError("--no-gate leaves the gate out and --gate-of takes one: give one of them")
    for needed in (run, *average):  # before the minutes that the rows take
        runs.check_finished(needed)
    if gate_of:
        artefact.describe(gate_of)
    rows = labelled_rows(data, own)
    described = export.export(run, out, rows, data, gate, note, gate_of, average)
    note(f"{described.name} {described.digest} written to {out}; set TOCSIN_MODEL={out} to use it")
