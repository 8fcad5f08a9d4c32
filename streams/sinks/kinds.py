"""The ticket systems that there are: the word in the policy file, and the module behind it."""

import difflib
import importlib
import importlib.util
from collections.abc import Callable, Collection, Mapping
from typing import Any, cast

import aiohttp
import msgspec

from streams.errors import ConfigError
from streams.sinks.hook import Hook
from streams.sinks.target import Target, absent, settings_of

_MODULES = {
    "pagerduty": "pagerduty",
    "alertmanager": "alertmanager",
    "webhook": "webhook",
    "zendesk": "zendesk",
    "jira": "jira",
    "servicenow": "servicenow",
    "slack": "slack",
    "email": "mail",
}


class Kind(msgspec.Struct, frozen=True, kw_only=True):
    """What the runner has to know of a system; a module's constants of the same names.

    `rate_per_s`: calls that its maker allows. `schedule`: seconds between tries, where the field
    has agreed on them. `keyed`: it finds a case by a key of ours, so that an end whose beginning
    it never heard does nothing. `events`: it wants every message, also one that a newer one has
    overtaken. `refresh_s`: seconds after which it wants to hear again of an open case.
    """

    name: str
    settings: type[msgspec.Struct]
    build: Callable[[Mapping[str, Any], aiohttp.ClientSession], Target]
    rate_per_s: float = 10.0
    schedule: tuple[float, ...] = ()
    keyed: bool = False
    events: bool = False
    refresh_s: float = 0.0
    hook: Callable[[str, Mapping[str, Any], aiohttp.ClientSession], Hook | None] | None = None

    def check(self, options: Mapping[str, Any], beside: Collection[str] = ()) -> None:
        """Raises ConfigError when these are not its settings; reads no secret.

        `beside` are the keys that every sink may have.
        """
        settings_of(self.settings, options, beside)

    def absent(self, options: Mapping[str, Any]) -> list[str]:
        """The secrets and files that they name and that are not there, each as one line."""
        return absent(settings_of(self.settings, options))


def names() -> list[str]:
    """Every kind that is installed."""
    return [name for name, module in _MODULES.items() if importlib.util.find_spec(_at(module))]


def kind(name: str) -> Kind:
    """The kind of a `type` in the policy file. Raises ConfigError."""
    known = names()
    if name not in known:
        near = difflib.get_close_matches(name, known, n=1)
        hint = f"did you mean {near[0]}?" if near else f"one of {', '.join(known)} is wanted"
        raise ConfigError(f"type is {name!r}: {hint}")
    module = cast("Any", importlib.import_module(_at(_MODULES[name])))
    constants = {
        field: getattr(module, field.upper())
        for field in ("rate_per_s", "schedule", "keyed", "events", "refresh_s")
        if hasattr(module, field.upper())
    }
    hook = getattr(module, "hook", None)
    return Kind(name=name, settings=module.Settings, build=module.build, hook=hook, **constants)


def _at(module: str) -> str:
    return f"streams.sinks.{module}"
