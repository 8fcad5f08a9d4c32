"""What several commands share."""

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from streams.config import Settings, load
from streams.errors import UsageError

if TYPE_CHECKING:
    from models.data import Row

_LABELLED = ("labelled/*.jsonl", "written/*.jsonl", "train/*/")

no_cascade = click.option(
    "--no-cascade",
    is_flag=True,
    help="Let the encoder read every text, also what the gate would answer (TOCSIN_CASCADE=false).",
)


def settings() -> Settings:
    """The settings of this process. Raises ConfigError."""
    return load(os.environ)


def note(text: str) -> None:
    """One line for the person at the terminal: on standard error, results go to standard output."""
    click.echo(f"tocsin: {text}", err=True)


def labelled_rows(data: Path, own: bool) -> "list[Row]":
    """The rows of a file, or of a folder as for `train`; tells where only our own ones are left.

    Raises DataError as `models.corpus.read` does.
    """
    from models import corpus
    from models.data import read_file

    if data.is_file():
        return list(read_file(data))
    rows = corpus.read(data, own)
    if not any(any(data.glob(kind)) for kind in _LABELLED):
        note(
            f"{data} holds neither labelled/*.jsonl nor written/*.jsonl nor train/<set>: the "
            "messages that come with Tocsin are all there is"
        )
    return rows


def write_json(value: object) -> None:
    """One JSON line on standard output."""
    sys.stdout.buffer.write(msgspec.json.encode(value) + b"\n")
    sys.stdout.buffer.flush()


def writable(option: str, path: Path) -> None:
    """Raises UsageError when there is no folder for the file that an option names."""
    if not path.absolute().parent.is_dir():
        raise UsageError(f"{option} {path}: there is no folder {path.parent}")


def write(option: str, path: Path, text: str) -> None:
    """Writes the file that an option names. Raises UsageError."""
    try:
        path.write_text(text, "utf-8")
    except OSError as error:
        raise UsageError(f"{option} {path} cannot be written: {error.strerror}") from error


def counted(number: int, noun: str) -> str:
    """`1 mention`, `2 mentions`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
