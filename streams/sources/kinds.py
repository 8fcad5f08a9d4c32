"""The kinds of source that there are: the word in the file, and the module behind it."""

import difflib
import importlib
from collections.abc import Callable, Mapping
from typing import Any, cast

import msgspec

from streams.errors import ConfigError
from streams.sinks.target import named, settings_of
from streams.sources.source import Common, Context, Push, Source

_MODULES = {
    "file": "files",
    "kafka": "topic",
    "feed": "feed",
    "bluesky": "bluesky",
    "mastodon": "mastodon",
    "mastodon-search": "mastodon_search",
    "reddit": "reddit",
    "youtube": "youtube",
    "x": "x",
    "meta": "meta",
    "zendesk": "zendesk",
    "webhook": "webhook",
}


class Kind(msgspec.Struct, frozen=True, kw_only=True):
    """What there is to know of a kind; a module's constants of the same names.

    `every_s`: seconds between two looks; `rate_per_s`: calls that its maker allows; `max_age_s`:
    what is older than this is left out. `streams`: it is listened to, and does not end by itself.
    One of `build` and `push` is there.
    """

    name: str
    settings: type[msgspec.Struct]
    build: Callable[[Any, Context], Source] | None = None
    push: Callable[[Any], Push] | None = None
    every_s: float = 60.0
    rate_per_s: float = 1.0
    max_age_s: float | None = None
    streams: bool = False

    def options(self, table: Mapping[str, Any]) -> Any:
        """Its own settings, typed, every secret named. Raises ConfigError that names the key."""
        values = settings_of(self.settings, table)
        if check := getattr(values, "check", None):
            check()
        for field in self.settings.__struct_fields__:
            name = field.removesuffix("_env")
            if name != field and f"{name}_file" in self.settings.__struct_fields__:
                try:
                    named(values, name)
                except ValueError as error:
                    raise ConfigError(str(error)) from error
        return values


def names() -> list[str]:
    """Every kind."""
    return list(_MODULES)


def kind(name: str) -> Kind:
    """The kind of a `type` in the file. Raises ConfigError."""
    if name not in _MODULES:
        near = difflib.get_close_matches(name, _MODULES, n=1)
        hint = f"did you mean {near[0]}?" if near else f"one of {', '.join(_MODULES)} is wanted"
        raise ConfigError(f"type is {name!r}: {hint}")
    module = cast("Any", importlib.import_module(f"streams.sources.{_MODULES[name]}"))
    constants = {
        field: getattr(module, field.upper())
        for field in ("every_s", "rate_per_s", "max_age_s", "streams")
        if hasattr(module, field.upper())
    }
    return Kind(
        name=name,
        settings=module.Settings,
        build=getattr(module, "build", None),
        push=getattr(module, "push", None),
        **constants,
    )


def common_of(made: Kind, given: Common) -> Common:
    """The common settings with the kind's own where the file says nothing."""
    return msgspec.structs.replace(
        given,
        every_s=made.every_s if given.every_s is None else given.every_s,
        max_age_s=made.max_age_s if given.max_age_s is None else given.max_age_s,
    )
