"""What several commands share."""

import os
import sys

import click
import msgspec

from streams.config import Settings, load

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


def write_json(value: object) -> None:
    """One JSON line on standard output."""
    sys.stdout.buffer.write(msgspec.json.encode(value) + b"\n")
    sys.stdout.buffer.flush()


def counted(number: int, noun: str) -> str:
    """`1 mention`, `2 mentions`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
