"""`tocsin feedback`: what people judged in the console, for those who fit the policy."""

from pathlib import Path

import click

from streams.cli.common import counted, note, settings, write_json
from streams.cli.group import Group


@click.group("feedback", cls=Group)
def command() -> None:
    """List or export what people judged: a crisis, or not.

    A verdict is kept for as long as the topic `case-commands` keeps it, a week by default.
    """


@command.command("list")
@click.option("--json", "as_json", is_flag=True, help="One JSON line each.")
def list_(as_json: bool) -> None:
    """List the verdicts."""
    from streams import feedback

    cases = feedback.judged(settings())
    for one in cases:
        judged = one.command
        if as_json:
            write_json(judged)
        else:
            verdict = "crisis" if one.crisis else "no crisis"
            case_id = judged.case_id.encode("unicode_escape").decode()
            click.echo(f"{judged.at:%Y-%m-%d %H:%M}  {verdict:<9}  {judged.by:<16} {case_id}")
    if not cases and not as_json:
        note("nothing has been judged")


@command.command("export")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
def export(folder: Path) -> None:
    """Write each judged case to FOLDER, as `tocsin calibrate policy --recorded` reads it.

    NAME.jsonl holds the mentions as they were published, NAME.toml what came of it: read both
    before they teach anything.
    """
    from streams import feedback
    from streams.errors import UsageError

    try:
        written = feedback.export(settings(), folder, note)
    except OSError as error:
        raise UsageError(f"{folder} cannot be written: {error.strerror}") from error
    if not written:
        note("nothing to write: no case that was judged still has its mentions")
    else:
        note(
            f"{counted(written, 'case')} written to {folder}; "
            f"tocsin calibrate policy OUT --recorded {folder}"
        )


@command.command("texts")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.argument("out", type=click.Path(dir_okay=False, path_type=Path))
@click.option(
    "--most", type=click.IntRange(1), default=200, show_default=True, help="Rows at most."
)
@click.option(
    "--model",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Folder of the artefact; else TOCSIN_MODEL, else the one that ships.",
)
def texts(folder: Path, out: Path, most: int, model: Path | None) -> None:
    """Write the texts of exported cases to OUT, to be labelled for `tocsin train`.

    FOLDER is what `export` wrote. Each line holds one text with its labels open (null) and what the
    model read; the most doubtful come first. Fill the labels in by docs/labelling.md, put the file
    into DATA/labelled, and train: a row with an open label is refused.
    """
    from streams import to_label
    from streams.errors import UsageError
    from streams.scorer.reader import Reader

    try:
        written = to_label.write(folder, out, Reader(model or settings().model), most)
    except OSError as error:
        raise UsageError(f"{out} cannot be written: {error.strerror}") from error
    note(f"{counted(written, 'text')} written to {out}: fill in the labels, then `tocsin train`")
