"""`tocsin sinks`: which ticket systems there are, and a marked test ticket for one of them."""

import asyncio
import difflib
from datetime import UTC, datetime

import click

from scoring.levels import Level
from streams.cli.common import note, settings, write_json
from streams.cli.group import Group
from streams.errors import CheckFailed, ConfigError
from streams.sinks.settings import Route, Tickets, load, words


@click.group(cls=Group)
def command() -> None:
    """Show and try the ticket systems that the policy file names (TOCSIN_POLICY)."""


@command.command("list")
@click.option("--json", "as_json", is_flag=True, help="One JSON line each.")
def list_(as_json: bool) -> None:
    """List the sinks, and the routes in the order in which they are tried."""
    tickets = load(settings().policy)
    led = [name for one in tickets.routes for name in one.sinks]
    for name, sink in tickets.sinks.items():
        if as_json:
            routes = [_said(one) for one in tickets.routes if name in one.sinks]
            write_json({"sink": name, "type": sink.type, "routes": routes})
        else:
            idle = "" if name in led else "no route leads here"
            click.echo(f"{name:<20} {sink.type:<14} {idle}".rstrip())
    if tickets.routes and not as_json:
        click.echo("\nroutes: the first that matches is taken")
    for number, one in enumerate(tickets.routes):
        if as_json:
            row = {"route": number, "when": _said(one), "sinks": one.sinks, "continue": one.go_on}
            write_json(row)
        else:
            to = ", ".join(one.sinks) or "nobody"
            on = "; then the next routes too (continue)" if one.go_on else ""
            click.echo(f"{number:>3}  {_said(one)} -> {to}{on}")
    if not tickets.sinks:
        note("no sinks: add [sinks.NAME] and [[routes]] to the policy file (see docs/tickets.md)")


@command.command("test")
@click.argument("name")
@click.option(
    "--level",
    type=click.Choice([level.value for level in Level]),
    default=Level.WATCH.value,
    show_default=True,
    help="Level of the test.",
)
@click.option("--lang", default="en", show_default=True, help="Language of its words.")
@click.option("--keep", is_flag=True, help="Leave the ticket open.")
def test(name: str, level: str, lang: str, keep: bool) -> None:
    """Send a ticket marked as a test to sink NAME, and close it again.

    It is tried once, for no longer than the sink's `timeout_s` each time. Ends with 1 when the sink
    does not take it. What a running worker thinks of the sink does not change.
    """
    from streams.sinks import trial
    from streams.sinks.target import Disabled, Later, Refused

    chosen = settings()
    tickets = load(chosen.policy)
    if name not in tickets.sinks:
        raise ConfigError(_unknown(name, tickets))
    made = trial.run(
        tickets.sinks[name],
        datetime.now(UTC),
        Level(level),
        lang=lang,
        keep=keep,
        console_url=chosen.console_url,
    )
    try:
        outcomes = asyncio.run(made)
    except (Later, Refused) as error:
        again = "; it may take it later" if isinstance(error, Later) else ""
        if isinstance(error, Disabled):
            again = "; a worker that is told so asks it again after a restart"
        raise CheckFailed(f"sink {name} does not take the test: {error.reason}{again}") from error
    click.echo(f"{name}: {', then '.join(outcomes)}")


def _unknown(name: str, tickets: Tickets) -> str:
    near = difflib.get_close_matches(name, tickets.sinks, n=1)
    if near:
        return f"there is no sink {name!r}: did you mean {near[0]}?"
    known = ", ".join(tickets.sinks) or "none; set TOCSIN_POLICY to a file with [sinks.NAME]"
    return f"there is no sink {name!r}; there are {known}"


def _said(one: Route) -> str:
    """`from escalate, brand acme, lang fr`: what it asks for in the words of the file."""
    parts = [f"from {one.min_level}"]
    for key in ("brand", "lang", "label"):
        if values := words(getattr(one, key)):
            parts.append(f"{key} {' or '.join(values)}")
    if one.kind is not None:
        parts.append(f"kind {one.kind}")
    if one.hours is not None:
        parts.append(f"{one.hours} quiet hours")
    return ", ".join(parts)
