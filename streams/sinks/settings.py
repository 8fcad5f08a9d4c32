"""The tables `[sinks.NAME]` and `[[routes]]` of the policy file, typed and checked."""

import difflib
import re
import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from scoring.escalation import CaseKind
from scoring.levels import Level
from scoring.policy import IncidentWeights, Weights
from streams.errors import ConfigError
from streams.sinks import kinds
from streams.sinks.target import settings_of

NAME = re.compile(r"[a-z0-9]+([._-][a-z0-9]+)*")
"""Of a sink: it is a metric label and part of an address."""
LABELS = tuple(
    dict.fromkeys(
        name
        for struct in (Weights, IncidentWeights)
        for name in struct.__struct_fields__
        if name != "baseline"
    )
)
"""What a case can be about: the names of the evidence in `why`."""
Words = Annotated[
    str | tuple[str, ...], Meta(description="a word in quotes, or a list of such, is wanted")
]
Seconds = Annotated[float, Meta(gt=0, le=604_800)]


class Delivery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a sink is delivered to; times in seconds.

    `rate_per_s` calls at most, `parallel` at once, each try ended after `timeout_s`; `queue`
    escalations may wait, and of more the oldest are dead-lettered. `give_up_after_s`, from when the
    worker took it, ends the tries of one escalation.
    """

    rate_per_s: Annotated[float, Meta(gt=0, le=1000)] | None = None
    parallel: Annotated[int, Meta(ge=1, le=100)] = 4
    queue: Annotated[int, Meta(ge=1, le=100_000)] = 5000
    timeout_s: Annotated[float, Meta(gt=0, le=300)] = 15.0
    give_up_after_s: Seconds | None = None


class Sink(msgspec.Struct, frozen=True, kw_only=True):
    """One configured ticket system; `options` are its own settings."""

    name: str
    type: str
    delivery: Delivery
    options: dict[str, Any]


class Route(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which escalations go to which sinks; what is not said matches everything.

    `hours` are the policy's quiet hours and maintenance windows, `label` any of LABELS.
    """

    sinks: Annotated[tuple[str, ...], Meta(max_length=100)]
    brand: Words | None = None
    min_level: Level = Level.WATCH
    kind: CaseKind | None = None
    lang: Words | None = None
    hours: Literal["inside", "outside"] | None = None
    label: Words | None = None
    go_on: bool = msgspec.field(default=False, name="continue")


class Tickets(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that the policy file says about tickets."""

    sinks: dict[str, Sink] = {}
    routes: tuple[Route, ...] = ()


def load(path: Path | None) -> Tickets:
    """The sinks and routes of a policy file; none without a file. Raises ConfigError.

    No secret is read here: see `streams.sinks.target.secret`.
    """
    if path is None:
        return Tickets()
    try:
        values = tomllib.loads(path.read_text("utf-8-sig"))
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or error
        raise ConfigError(f"policy {path} cannot be read: {reason}") from error
    except (ValueError, RecursionError) as error:  # TOMLDecodeError among them
        raise ConfigError(f"policy {path} is no valid TOML: {error}") from error
    try:
        return parse(values)
    except ConfigError as error:
        raise ConfigError(f"policy {path}: {error}") from error


def parse(values: dict[str, Any]) -> Tickets:
    """The two tables of a decoded policy file. Raises ConfigError that names the key."""
    tables, rows = values.get("sinks", {}), values.get("routes", [])
    if not isinstance(tables, dict) or not all(isinstance(t, dict) for t in tables.values()):
        raise ConfigError("sinks: a table [sinks.NAME] for each is wanted")
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise ConfigError("routes: a list of tables [[routes]] is wanted")
    sinks = {name: _sink(name, table) for name, table in tables.items()}
    routes = tuple(_route(number, row, sinks) for number, row in enumerate(rows))
    if sinks and not routes:
        raise ConfigError(f'no route leads to a sink: add [[routes]] with sinks = ["{min(sinks)}"]')
    return Tickets(sinks=sinks, routes=routes)


def _sink(name: str, table: dict[str, Any]) -> Sink:
    if not NAME.fullmatch(name) or len(name) > 50:
        raise ConfigError(f"sinks.{name}: a sink is named by a slug such as pager-fr")
    options = dict(table)
    common = {key: options.pop(key) for key in Delivery.__struct_fields__ if key in options}
    try:
        delivery = settings_of(Delivery, common)
        type_ = options.pop("type", None)
        if not isinstance(type_, str):
            what = "missing" if type_ is None else f"{type_!r}"
            raise ConfigError(f"type is {what}: one of {', '.join(kinds.names())} is wanted")
        kinds.kind(type_).check(options, ("type", *Delivery.__struct_fields__))
    except ConfigError as error:
        raise ConfigError(f"sinks.{name}: {error}") from error
    return Sink(name=name, type=type_, delivery=delivery, options=options)


def _route(number: int, row: dict[str, Any], sinks: dict[str, Sink]) -> Route:
    try:
        route = settings_of(Route, row)
        for name in route.sinks:
            _known("sinks", name, list(sinks))
        for label in words(route.label):
            _known("label", label, list(LABELS))
    except ConfigError as error:
        raise ConfigError(f"routes[{number}]: {error}") from error
    return route


def words(value: Words | None) -> tuple[str, ...]:
    """One word or several; none where nothing is said."""
    return (value,) if isinstance(value, str) else value or ()


def _known(key: str, name: str, known: list[str]) -> None:
    if name not in known:
        near = difflib.get_close_matches(name, known, n=1)
        hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(known) or 'none'}"
        raise ConfigError(f"{key}: {name!r} is none; {hint}")
