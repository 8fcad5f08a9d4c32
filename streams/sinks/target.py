"""The seam between the runner and a ticket system: one notice in, one try, one outcome out.

Each system is a module with a `Settings` struct and `build(settings, session) -> Target`.
"""

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol, TypeVar, get_args, get_type_hints

import msgspec
from msgspec import Meta

from scoring.escalation import Escalation
from streams import hidden
from streams.errors import ConfigError

Memory = Mapping[str, str]
"""What a target keeps about a case between calls: number of the ticket, time of the message."""

CREATED = "created"
UPDATED = "updated"
RESOLVED = "resolved"
ACKNOWLEDGED = "acknowledged"
UNCHANGED = "unchanged"


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """What every target renders from.

    `test` marks a test ticket. `again` says the newest escalation once more to a system that would
    take the case for over otherwise: nothing is new. `acknowledged_by` names who has taken the
    case in hand: the escalation is then the newest one that was delivered. `console_url` is the
    address of the case's page, empty where the console has none that others can reach. `lang` is
    the primary language tag that the texts are rendered in.
    """

    escalation: Escalation
    test: bool = False
    again: bool = False
    acknowledged_by: str = ""
    console_url: str = ""
    lang: str = "en"


class Delivered(msgspec.Struct, frozen=True):
    """The target has it; `memory` replaces what was kept, `outcome` is one of the words above."""

    memory: Memory
    outcome: str


class Later(Exception):  # noqa: N818 - named by outcome
    """Not now; after `after_s` seconds at the earliest where the target says so."""

    def __init__(self, reason: str, after_s: float | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.after_s = after_s


class Refused(Exception):  # noqa: N818 - named by outcome
    """Never as it is: somebody has to mend the settings or the message."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Disabled(Refused):
    """The endpoint wants nothing more (HTTP 410)."""


class Partly(Later):
    """Some have it, others not yet; the next try knows `memory`.

    Where something newer of the case waits, that is told instead, since it says all there is to
    say, and `delivered` is what came of this one.
    """

    def __init__(self, reason: str, memory: Memory, delivered: Delivered) -> None:
        super().__init__(reason)
        self.memory = memory
        self.delivered = delivered


class Target(Protocol):
    """One configured ticket system. It keeps nothing itself, and never sleeps or tries again."""

    async def deliver(self, notice: Notice, memory: Memory) -> Delivered:
        """Makes the calls of one try. Raises Later, Refused or Disabled.

        The same notice may come again after a crash: with the memory from before it.
        """
        ...

    async def close(self) -> None:
        """Gives back what it opened itself; the HTTP session belongs to the runner."""
        ...


S = TypeVar("S", bound=msgspec.Struct)
_UNKNOWN = re.compile(r"Object contains unknown field `(.*?)`")
_MISSING = re.compile(r"Object missing required field `(.*?)`")


def settings_of(struct: type[S], values: Mapping[str, Any]) -> S:
    """The typed settings of a target. Raises ConfigError that names the key."""
    try:
        return msgspec.convert(dict(values), struct)
    except msgspec.ValidationError as error:
        raise ConfigError(_told(str(error), struct)) from error


def named(values: msgspec.Struct, name: str) -> None:
    """For `__post_init__`: raises ValueError unless `<name>_env` or `<name>_file` is set."""
    if bool(getattr(values, f"{name}_env")) == bool(getattr(values, f"{name}_file")):
        raise ValueError(f"name the {name} by one of {name}_env and {name}_file")


def secret(values: msgspec.Struct, name: str) -> str:
    """A secret by its settings `<name>_env` and `<name>_file`: never a value in the policy file.

    Raises ConfigError when it is not there; that it is named, the settings have seen to (`named`).
    """
    (found,) = secrets(values, name)
    return found


def absent(values: msgspec.Struct) -> list[str]:
    """Why each variable and file that the settings name is not there; empty when all are."""
    found = []
    for field in values.__struct_fields__:
        name, _, kind = field.rpartition("_")
        for where in _list(getattr(values, field)) if kind in ("env", "file") else ():
            try:
                (_from_env if kind == "env" else _from_file)(name, where)
            except ConfigError as error:
                found.append(str(error))
    return found


def secrets(values: msgspec.Struct, name: str) -> list[str]:
    """Several secrets at once, for rotation, each setting a name or a list; empty when not named.

    Raises ConfigError when one of them is not there.
    """
    variables = _list(getattr(values, f"{name}_env", ()))
    files = _list(getattr(values, f"{name}_file", ()))
    return [
        *(_from_env(name, variable) for variable in variables),
        *(_from_file(name, file) for file in files),
    ]


def _list(value: str | tuple[str, ...]) -> tuple[str, ...]:
    return ((value,) if value else ()) if isinstance(value, str) else value


def _from_env(name: str, variable: str) -> str:
    found = os.environ.get(variable, "").strip()
    if not found:
        raise ConfigError(f"{name}_env: the environment variable {variable} is not set")
    hidden.remember(found)
    return found


def _from_file(name: str, file: str) -> str:
    try:
        found = Path(file).expanduser().read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or error
        raise ConfigError(f"{name}_file: {file} cannot be read: {reason}") from error
    if not found:
        raise ConfigError(f"{name}_file: {file} is empty")
    hidden.remember(found)
    return found


def _told(message: str, struct: type[msgspec.Struct]) -> str:
    if found := _UNKNOWN.search(message):
        names = [field.encode_name for field in msgspec.structs.fields(struct)]
        return f"{found[1]}: there is no such key; there are {', '.join(names)}"
    if found := _MISSING.search(message):
        return f"{found[1]} is missing"
    what, _, path = message.partition(" - at `$.")
    if "matching regex" in what and (example := _example(struct, path.rstrip("`"))):
        return f"{path.rstrip('`')}: a value such as {example} is wanted"
    if not path:
        return message
    path = path.rstrip("`")
    if "matching regex" in what:
        what = (
            _wanted(get_type_hints(struct, include_extras=True)[re.split(r"\W", path)[0]]) or what
        )
    return f"{path}: {what[0].lower() + what[1:]}"


def _wanted(hint: object) -> str:
    """What the type says in words, itself or what it is made of; empty when it says nothing."""
    metas = [each for each in getattr(hint, "__metadata__", ()) if isinstance(each, msgspec.Meta)]
    found = next((meta.description for meta in metas if meta.description), "")
    parts = get_args(hint)
    return found or next(filter(None, map(_wanted, parts)), "")


def _example(struct: type[msgspec.Struct], path: str) -> str:
    """The first of a field's `Meta(examples=...)`; people read no patterns."""
    hint = get_type_hints(struct, include_extras=True).get(path.partition("[")[0])
    found = _examples(hint)
    return str(found[0]) if found else ""


def _examples(hint: Any) -> list[Any]:
    for part in (*getattr(hint, "__metadata__", ()), *get_args(hint)):
        if isinstance(part, Meta):
            if part.examples:
                return list(part.examples)
        elif deeper := _examples(part):
            return deeper
    return []
