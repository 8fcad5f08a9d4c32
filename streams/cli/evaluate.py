"""`tocsin evaluate`: measures a model on labelled rows."""

from pathlib import Path

import click
import msgspec

from streams.cli.common import counted, labelled_rows, no_cascade, note, settings, write_json
from streams.errors import CheckFailed


@click.command()
@click.argument("data", type=click.Path(exists=True, path_type=Path))
@click.option(
    "--split",
    type=click.Choice(["test", "calibration", "valid", "train", "all"]),
    default="test",
    show_default=True,
    help="Which rows of DATA, chosen by the hash of the text.",
)
@click.option(
    "--model",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Folder of the artefact; else TOCSIN_MODEL, else the one that ships.",
)
@click.option(
    "--floor", type=click.FloatRange(0, 1), metavar="F1", help="Exit 1 when macro-F1 is below."
)
@click.option("--json", "as_json", is_flag=True, help="One JSON line instead of tables.")
@click.option(
    "--own/--no-own",
    default=True,
    help="Count the texts and labels that come with Tocsin as DATA too.",
)
@no_cascade
@click.version_option(package_name="tocsin")
def command(
    data: Path,
    split: str,
    model: Path | None,
    floor: float | None,
    as_json: bool,
    own: bool,
    no_cascade: bool,
) -> None:
    """Measure the model on DATA: a labelled JSON Lines file, or a folder as for `train`."""
    from models import card, evaluation, metrics, splits

    rows = labelled_rows(data, own)
    if split != "all":
        rows = splits.split(rows)[split]  # type: ignore[index]
    if not rows:
        hint = "" if split == "all" else f" in the split `{split}`; try --split all"
        raise CheckFailed(f"{data} has no rows{hint}")
    chosen = settings()
    cascade = chosen.cascade and not no_cascade
    found = evaluation.evaluate(model or chosen.model, rows, cascade)
    if as_json:
        write_json({group: msgspec.to_builtins(one) for group, one in found.groups.items()})
    else:
        click.echo(card.table(found), nl=False)
    whole = found.groups["all"]
    reached = metrics.shown(whole.macro_f1)
    left_out = f"; no positives of {', '.join(whole.left_out)}" if whole.left_out else ""
    if floor is not None and (whole.macro_f1 is None or whole.macro_f1 < floor):
        raise CheckFailed(f"macro-F1 {reached} is below the floor of {floor:.3f}{left_out}")
    part = "" if split == "all" else f" of the split `{split}`"
    note(f"macro-F1 {reached} on {counted(len(rows), 'row')}{part}{left_out}")
