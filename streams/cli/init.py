"""`tocsin init`: writes a commented configuration from five answers."""

import shlex
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import click

from streams.errors import TocsinError, UsageError
from streams.first import answers as asked
from streams.first.answers import LANGUAGES, NONE, Answers

T = TypeVar("T")
_MEANING = {
    "policy.toml": "what counts as urgent, and who is told",
    "sources.toml": "which texts are about which brand",
    ".env.example": "settings and secrets: copy it to .env and fill it in",
    "compose.override.yaml": "the same for docker compose",
}


@click.command("init")
@click.option("--brand", metavar="NAME[,NAME...]", help="The brands that you track.")
@click.option(
    "--language", type=click.Choice(LANGUAGES), help="Of the comments; your customers' main one."
)
@click.option(
    "--sink",
    type=click.Choice(asked.sinks()),
    help="Where tickets go; none leaves escalations in Kafka and in the console.",
)
@click.option("--broker", metavar="HOST:PORT", help="Your Kafka.")
@click.option(
    "--output", type=click.Path(path_type=Path, file_okay=False), help="Folder for the files."
)
@click.option("--force", is_flag=True, help="Overwrite files that are there.")
def command(
    brand: str | None,
    language: str | None,
    sink: str | None,
    broker: str | None,
    output: Path | None,
    force: bool,
) -> None:
    """Write a first configuration, commented: policy, brands, settings, compose.

    What is not given is asked for on a terminal; elsewhere only --brand is needed, and the rest is
    en, none, localhost:9092 and a folder named after the brand.
    """
    from streams.first.files import secrets, written

    brands = _answer(brand, asked.brands, "Which brands do you track? (commas between)", None)
    answers = Answers(
        brands=brands,
        language=_choice(language, LANGUAGES, "Language of the comments", "en"),
        sink=_choice(sink, asked.sinks(), "Where should tickets go?", NONE),
        broker=_answer(broker, asked.broker, "Where is your Kafka?", "localhost:9092"),
        folder=_answer(output, Path, "Folder to write to", brands[0].slug),
    )
    files = written(answers)
    there = [path.name for path in files if path.exists()]
    if there and not force:
        raise UsageError(
            f"{answers.folder} has {', '.join(there)} already: give another --output, or --force "
            "to overwrite"
        )
    try:
        answers.folder.mkdir(parents=True, exist_ok=True)
        for path, text in files.items():
            path.write_text(text, "utf-8")
    except OSError as error:
        raise UsageError(f"{answers.folder} cannot be written: {error.strerror}") from error
    width = max(len(str(path)) for path in files)
    for path in files:
        click.echo(f"{path!s:<{width}}  {_MEANING[path.name]}")
    _next(answers.folder, secrets(answers.sink))


def _next(folder: Path, secrets: list[str]) -> None:
    fill = f"   # and fill in {', '.join(secrets)}" if secrets else ""
    click.echo("\nNext:")
    click.echo(f"  cd {shlex.quote(str(folder))} && cp .env.example .env{fill}")
    click.echo("  set -a; . ./.env; set +a")
    click.echo("  tocsin topics --create && tocsin doctor && tocsin worker")


def _answer(given: object, read: Callable[[str], T], question: str, default: str | None) -> T:
    """What was given, else what is asked for on a terminal, else the default. Raises UsageError."""
    if given is not None:
        return read(str(given))
    if sys.stdin.isatty():
        answer: T = click.prompt(question, default=default, value_proc=_patient(read), err=True)
        return answer
    if default is None:
        raise UsageError('--brand is missing: such as --brand "Acme Air"')
    return read(default)


def _choice(given: str | None, choices: tuple[str, ...], question: str, default: str) -> str:
    if given is not None or not sys.stdin.isatty():
        return given or default
    answer: str = click.prompt(question, type=click.Choice(choices), default=default, err=True)
    return answer


def _patient(read: Callable[[str], T]) -> Callable[[str], T]:
    """Asks again after an answer that cannot be."""

    def one(text: str) -> T:
        try:
            return read(text)
        except TocsinError as error:
            raise click.UsageError(str(error)) from error

    return one
