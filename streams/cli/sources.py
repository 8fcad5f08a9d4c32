"""`tocsin sources`: where mentions come from, whether the file is right, and one look at one."""

import asyncio
import difflib
from pathlib import Path

import click
import msgspec

from streams.cli.common import counted, note, settings, write_json
from streams.cli.group import Group
from streams.errors import BrokerError, CheckFailed, ConfigError, TocsinError
from streams.sources.settings import Configured, Sources, load

PATH = click.Path(dir_okay=False, path_type=Path)
FILE = click.option(
    "--file", "file", type=PATH, help="Instead of the file that TOCSIN_SOURCES names."
)


@click.group(cls=Group)
def command() -> None:
    """Show and try where mentions come from: the file that TOCSIN_SOURCES names."""


@command.command("list")
@FILE
@click.option("--json", "as_json", is_flag=True, help="One JSON line each.")
def list_(file: Path | None, as_json: bool) -> None:
    """List the sources, and the brands that they are searched for."""
    found = chosen(file)
    for name, source in found.sources.items():
        brand = source.common.brand or ", ".join(found.brands) or "as each says"
        way = f"is called at /sources/{name}" if source.push else _pace(source)
        if as_json:
            write_json({"source": name, "type": source.type, "brand": source.common.brand})
        else:
            click.echo(f"{name:<20} {source.type:<16} {way:<28} {brand}")
    if not found.sources:
        note("no sources: add [sources.NAME] to the file (see docs/sources.md)")


def _pace(source: Configured) -> str:
    from streams.sources.kinds import kind

    if kind(source.type).streams:
        return "is listened to"
    return f"is asked every {source.common.every_s:g} s"


@command.command("check")
@click.argument("file", required=False, type=PATH)
def check(file: Path | None) -> None:
    """Check FILE, or the one of TOCSIN_SOURCES, and that every secret is there.

    Asks nobody. Ends with 2 when something is wrong, and says what.
    """
    from streams.sources import trial

    config = settings()
    found = chosen(file)
    asyncio.run(trial.check(found, config))
    for doubt in trial.doubts(found):
        click.echo(f"{click.style('warn', fg='yellow')}  {doubt}")
    brands, sources = counted(len(found.brands), "brand"), counted(len(found.sources), "source")
    click.echo(f"{click.style('ok', fg='green')}    {brands}, {sources}")


def _names(ctx: click.Context, _: click.Parameter, incomplete: str) -> list[str]:
    """For a shell: the sources of the file, none where it cannot be read."""
    try:
        found = chosen(ctx.params.get("file"))
    except TocsinError:
        return []
    return [name for name in found.sources if name.startswith(incomplete)]


@command.command("test")
@click.argument("name", shell_complete=_names)
@FILE
@click.option("--limit", type=click.IntRange(1), default=10, show_default=True, help="Mentions.")
@click.option(
    "--seconds",
    type=click.FloatRange(0, min_open=True),
    default=20.0,
    show_default=True,
    help="How long to wait for what comes.",
)
def test(name: str, file: Path | None, limit: int, seconds: float) -> None:
    """Ask source NAME once and print the mentions that would be sent; sends nothing.

    Ends with 1 when the source does not answer.
    """
    from aiokafka.errors import KafkaError

    from streams.sinks.target import Later, Refused
    from streams.sources import trial

    config = settings()
    found = chosen(file)
    if name not in found.sources:
        raise ConfigError(_unknown(name, found))
    try:
        got = asyncio.run(trial.run(found, name, config, most=limit, within_s=seconds))
    except (Later, Refused) as error:
        again = "; it may answer later" if isinstance(error, Later) else ""
        raise CheckFailed(f"source {name} does not answer: {error.reason}{again}") from error
    except KafkaError as error:
        raise BrokerError(f"broker {config.broker} does not answer: {error}") from error
    for mention in got.mentions[:limit]:
        write_json(msgspec.to_builtins(mention))
    for why in dict.fromkeys(got.notes[:limit]):
        note(f"{name}: {why}")
    said = ", ".join(f"{number} {outcome}" for outcome, number in got.outcomes.items())
    reasons = ", ".join(f"{reason} ({number})" for reason, number in got.reasons.items())
    note(f"{name}: {said or 'nothing came'}{f'; {reasons}' if reasons else ''}; nothing was sent")
    if got.outcomes and not got.mentions and "unmatched" in got.outcomes:
        note("nothing of it names a brand: try `tocsin brands test TEXT`")


def chosen(file: Path | None) -> Sources:
    """The file of the argument, else of TOCSIN_SOURCES. Raises ConfigError."""
    configured = settings().sources  # a misspelt variable is said, whatever is asked
    path = file or configured
    if path is None:
        raise ConfigError("no sources file: name one, or set TOCSIN_SOURCES (see docs/sources.md)")
    return load(path)


def _unknown(name: str, found: Sources) -> str:
    near = difflib.get_close_matches(name, found.sources, n=1)
    if near:
        return f"there is no source {name!r}: did you mean {near[0]}?"
    return f"there is no source {name!r}; there are {', '.join(found.sources) or 'none'}"
