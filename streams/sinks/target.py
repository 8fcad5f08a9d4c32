"""The seam between the runner and a ticket system: one notice in, one try, one outcome out.

Each system is a module with a `Settings` struct and `build(settings, session) -> Target`.
"""

import difflib
import os
import re
import typing
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, Protocol, TypeVar, get_args, get_type_hints

import msgspec
from msgspec import Meta

from scoring.escalation import Escalation
from scoring.mistakes import told
from streams import hidden
from streams.errors import ConfigError

Memory = Mapping[str, str]
"""What a target keeps about a case between calls: number of the ticket, time of the message."""

CREATED = "created"
UPDATED = "updated"
RESOLVED = "resolved"
ACKNOWLEDGED = "acknowledged"
RELEASED = "released"
UNCHANGED = "unchanged"


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """What every target renders from.

    `test` marks a test ticket. `again` says the newest escalation once more to a system that would
    take the case for over otherwise: nothing is new. `acknowledged_by` names who has taken the
    case in hand, `released_by` who has given it back, so that nobody has it: the escalation is then
    the newest one that was delivered, and `command` the key of what was decided, since one person
    may do the same twice. `console_url` is the
    address of the case's page, empty where the console has none that others can reach. `lang` is
    the primary language tag that the texts are rendered in.
    """

    escalation: Escalation
    test: bool = False
    again: bool = False
    acknowledged_by: str = ""
    released_by: str = ""
    command: str = ""
    console_url: str = ""
    lang: str = "en"

    @property
    def passes_on(self) -> bool:
        """Whether it passes on what a person decided, and is no news of the case itself."""
        return bool(self.acknowledged_by or self.released_by)

    @property
    def changed(self) -> str:
        """The outcome where a ticket was there already, and is not to be closed."""
        if self.released_by:
            return RELEASED
        return ACKNOWLEDGED if self.acknowledged_by else UPDATED


class Delivered(msgspec.Struct, frozen=True):
    """The target has it; `memory` replaces what was kept, `outcome` is one of the words above.

    `note` says in words for a log who does not have it, such as a recipient; empty when all do.
    """

    memory: Memory
    outcome: str
    note: str = ""


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
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_USUAL = re.compile(r"(?=.{1,15}$|[^_]+_)[A-Z][A-Z0-9]*(_[A-Z0-9]+)*")
"""What names of variables mostly look like, and no secret does."""
_PATH = re.compile(r"[/~.]")


def settings_of(struct: type[S], values: Mapping[str, Any], beside: Collection[str] = ()) -> S:
    """The typed settings of a target; `beside` are keys that its table may hold as well.

    Raises ConfigError that names the key, and never what was written where a secret's name belongs.
    """
    for key, value in values.items():
        if key.endswith("_env") and key in struct.__struct_fields__:
            _check_names(key, value)
    try:
        return msgspec.convert(dict(values), struct)
    except msgspec.ValidationError as error:
        raise ConfigError(_told(error, struct, beside)) from error


def _check_names(key: str, value: object) -> None:
    names = value if isinstance(value, list | tuple) else (value,)
    for name in names:
        if name and isinstance(name, str) and not _VARIABLE.fullmatch(name):
            raise ConfigError(
                f"{key}: the name of an environment variable is wanted, such as PAGER_KEY, "
                "and never the secret itself"
            )


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
        # Letters and digits alone may be a secret that was put where its name belongs.
        which = variable if _USUAL.fullmatch(variable) else "that it names"
        raise ConfigError(f"{name}_env: the environment variable {which} is not set")
    hidden.remember(found)
    return found


def _from_file(name: str, file: str) -> str:
    shown = file if name == "ca" or _PATH.match(file) else "the file that it names"
    try:
        found = Path(file).expanduser().read_text("utf-8").strip()
    except (OSError, ValueError, RuntimeError) as error:
        reason = getattr(error, "strerror", None) or "it is no text, or its path none"
        raise ConfigError(f"{name}_file: {shown} cannot be read: {reason}") from error
    if not found:
        raise ConfigError(f"{name}_file: {shown} is empty")
    hidden.remember(found)
    return found


def _told(
    error: msgspec.ValidationError, struct: type[msgspec.Struct], beside: Collection[str]
) -> str:
    message = str(error)
    if isinstance(error.__cause__, ValueError):  # a struct's own words
        return message
    if found := _UNKNOWN.search(message):
        names = [*(field.encode_name for field in msgspec.structs.fields(struct)), *beside]
        near = difflib.get_close_matches(found[1], names, n=1)
        meant = f"did you mean {near[0]}? " if near else ""
        return f"{found[1]}: there is no such key; {meant}there are {', '.join(names)}"
    what, _, path = message.partition(" - at `$.")
    if "matching regex" in what and (example := _example(struct, path.rstrip("`"))):
        return f"{path.rstrip('`')}: a value such as {example} is wanted"
    key = re.split(r"\W", path)[0]
    hints = get_type_hints(struct, include_extras=True)
    hint: object = hints.get(key)
    of_list = typing.get_origin(getattr(hint, "__origin__", hint)) is tuple and "[" not in path
    if not of_list and (wanted := _wanted(hint)):
        return f"{path.rstrip('`')}: {wanted}"
    return told(message, struct, "a table")


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
