"""The file that TOCSIN_SOURCES names: tables `[brands.NAME]` and `[sources.NAME]`, typed."""

import difflib
import re
import tomllib
from pathlib import Path
from typing import Any

import msgspec

from scoring.mention import Role
from streams.errors import ConfigError
from streams.sinks.target import settings_of
from streams.sources import brands
from streams.sources.brands import Brand
from streams.sources.kinds import common_of, kind, names
from streams.sources.meters import HTTP
from streams.sources.source import Common

NAME = re.compile(r"[a-z0-9]+([._-][a-z0-9]+)*")
"""Of a source: it is a metric label and part of an address."""


class Configured(msgspec.Struct, frozen=True, kw_only=True):
    """One source; `options` are its own settings, typed."""

    name: str
    type: str
    common: Common
    options: Any
    push: bool


class Sources(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that the file says."""

    brands: dict[str, Brand] = {}
    sources: dict[str, Configured] = {}


def load(path: Path | None) -> Sources:
    """The brands and sources of a file; none without one. Raises ConfigError.

    No secret is read here: see `streams.sinks.target.secret`.
    """
    if path is None:
        return Sources()
    try:
        values = tomllib.loads(path.read_text("utf-8-sig"))
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or error
        raise ConfigError(f"sources file {path} cannot be read: {reason}") from error
    except RecursionError as error:
        raise ConfigError(f"sources file {path} is nested too deeply") from error
    except ValueError as error:
        raise ConfigError(f"sources file {path} is no valid TOML: {error}") from error
    try:
        return parse(values)
    except ConfigError as error:
        raise ConfigError(f"{path}: {error}") from error


def parse(values: dict[str, Any]) -> Sources:
    """A decoded file. Raises ConfigError that names the key."""
    for key in values:
        if key not in ("brands", "sources"):
            raise ConfigError(
                f"{key}: there is no such table; there are [brands.NAME] and [sources.NAME]"
            )
        if not isinstance(values[key], dict):
            raise ConfigError(f"{key}: a table [{key}.NAME] for each is wanted")
    known = brands.read(values.get("brands", {}))
    found = {name: _source(name, table) for name, table in values.get("sources", {}).items()}
    for source in found.values():
        if not known and source.common.brand is None and source.type not in ("file", "kafka"):
            raise ConfigError(
                f"sources.{source.name}: nothing says which brand it is about: "
                "add a table [brands.NAME] with keywords, or `brand`"
            )
    return Sources(brands=known, sources=found)


def _source(name: str, table: Any) -> Configured:
    if not NAME.fullmatch(name) or len(name) > 50 or name == HTTP:
        raise ConfigError(
            f"sources.{name}: a source is named by a slug such as news-fr, other than {HTTP}"
        )
    if not isinstance(table, dict):
        raise ConfigError(f"sources: a table [sources.{name}] is wanted")
    options = dict(table)
    given = {key: options.pop(key) for key in Common.__struct_fields__ if key in options}
    try:
        type_ = options.pop("type", None)
        if not isinstance(type_, str):
            raise ConfigError(f"type is missing: one of {', '.join(names())} is wanted")
        made = kind(type_)
        _check_role(given.get("role"))
        common = common_of(made, settings_of(Common, given))
        return Configured(
            name=name,
            type=type_,
            common=common,
            options=made.options(options),
            push=made.push is not None,
        )
    except ConfigError as error:
        raise ConfigError(f"sources.{name}: {error}") from error
    except RecursionError as error:
        raise ConfigError(f"sources.{name}: it is nested too deeply") from error


def _check_role(role: object) -> None:
    """In mentions a role that nobody knows is `unknown`; here it is a mistake."""
    roles = [one.value for one in Role if one is not Role.UNKNOWN]
    if role is None or role in roles:
        return
    near = difflib.get_close_matches(str(role).lower(), roles, n=1)
    hint = f"did you mean {near[0]}?" if near else f"one of {', '.join(roles)} is wanted"
    raise ConfigError(f"role is {role!r}: {hint}")
