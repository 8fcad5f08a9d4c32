"""`tocsin brands`: which brand a text is about, and whether the words for them are right."""

from pathlib import Path

import click

from streams.cli.common import counted, note, write_json
from streams.cli.group import Group
from streams.cli.sources import FILE, PATH, chosen
from streams.errors import ConfigError
from streams.sources.brands import Brand, Matcher


@click.group(cls=Group)
def command() -> None:
    """Try the words by which brands are recognised: the tables [brands.NAME] of TOCSIN_SOURCES."""


@command.command("test")
@click.argument("text")
@FILE
@click.option("--channel", default="forum", show_default=True, help="Where it stands.")
@click.option("--author", default="", help="Handle or id of who wrote it.")
@click.option("--json", "as_json", is_flag=True, help="One JSON line each.")
def test(text: str, file: Path | None, channel: str, author: str, as_json: bool) -> None:
    """Say which brands TEXT is about, and by which word.

    Ends with 1 when it is about none.
    """
    matcher = Matcher(_brands(file))
    hits = matcher.hits(text, channel, [author] if author else [])
    for hit in hits:
        own = hit.by == "handle" and bool(author) and matcher.owns(hit.brand, channel, [author])
        if as_json:
            write_json({"brand": hit.brand, "by": hit.by, "word": hit.word})
        else:
            click.echo(f"{hit.brand:<20} {hit.by} {hit.word}{' (the brand itself)' if own else ''}")
    if not hits:
        note("it is about no brand")
        raise click.exceptions.Exit(1)


@command.command("check")
@click.argument("file", required=False, type=PATH)
def check(file: Path | None) -> None:
    """Check the words of every brand in FILE, or in the one of TOCSIN_SOURCES."""
    from streams.sources import trial

    found = chosen(file)
    brands = _brands(file)
    for doubt in trial.doubts(found):
        if doubt.startswith("brands."):
            click.echo(f"{click.style('warn', fg='yellow')}  {doubt}")
    words = sum(
        len(getattr(brand, key)) for brand in brands.values() for key in brand.__struct_fields__
    )
    click.echo(
        f"{click.style('ok', fg='green')}    {counted(len(brands), 'brand')}, "
        f"{counted(words, 'word')}"
    )


def _brands(file: Path | None) -> dict[str, Brand]:
    found = chosen(file).brands
    if not found:
        raise ConfigError("the file has no table [brands.NAME] (see docs/sources.md)")
    return found
