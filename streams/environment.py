"""From environment variables to typed values, and from bad ones to a line that helps."""

import difflib
import math
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, get_args, get_origin, get_type_hints

import msgspec

from streams.errors import ConfigError

PREFIX = "TOCSIN_"
TEST_PREFIX = "TOCSIN_TEST_"
"""Variables of the project's own tests; never settings."""
KUBERNETES = re.compile(r"_(SERVICE_(HOST|PORT\w*)|PORT|PORT_\d+_(TCP|UDP)\w*)$")
"""What Kubernetes sets in every pod for a Service whose name begins with `tocsin`.

https://kubernetes.io/docs/concepts/services-networking/service/#environment-variables
"""

_LOGIN = re.compile(r"://[^/?#]*@")
"""A password may stand in an address, and is not repeated."""


def variable(name: str) -> str:
    """Name of the environment variable of a setting."""
    return PREFIX + name.upper()


class Setting(msgspec.Struct, frozen=True):
    """A field of a settings struct, with what its annotation says about it."""

    name: str
    type: Any
    meta: msgspec.Meta

    @staticmethod
    def of(struct: type[msgspec.Struct], ignore: Sequence[str] = ()) -> "list[Setting]":
        """The settings of a struct, in the order of their definition.

        Each is `Annotated[type, Meta(description=...)]`; `Meta.extra` may hold `secret` and
        `allowed`, the words for what the type cannot say.
        """
        hints = get_type_hints(struct, include_extras=True)
        names = [name for name in struct.__struct_fields__ if name not in ignore]
        return [Setting(name, *get_args(hints[name])[:2]) for name in names]

    @property
    def description(self) -> str:
        """One line on what the setting does."""
        return self.meta.description or ""

    @property
    def secret(self) -> bool:
        """May the value never be shown."""
        return bool((self.meta.extra or {}).get("secret"))

    @property
    def allowed(self) -> str:
        """What a value may be, in words."""
        if words := (self.meta.extra or {}).get("allowed"):
            return str(words)
        if get_origin(self.type) is Literal:
            return "one of " + ", ".join(get_args(self.type))
        if self.type is bool:
            return "true or false"
        if self.type in (int, float):
            kind = "a whole number" if self.type is int else "a number"
            low = f"over {self.meta.gt:g}" if self.meta.gt is not None else f"from {self.meta.ge:g}"
            return f"{kind} {low} to {self.meta.le:g}".replace("1e+04", "10000")
        return "a text"

    def show(self, value: object) -> str:
        """A value as a user may see it."""
        if value is None or value in ("", ()):
            return ""
        if self.secret:
            return "***"
        if isinstance(value, tuple):
            return ",".join(value)
        return str(value).lower() if isinstance(value, bool) else str(value)

    def parse(self, raw: str) -> object:
        """The typed value of a variable's text. Raises ConfigError."""
        raw = raw if self.secret else raw.strip()
        if self.type is Path or Path in get_args(self.type):
            return Path(raw).expanduser()
        value: object = raw
        if get_origin(self.type) is tuple:
            value = [part.strip() for part in raw.split(",") if part.strip()]
        elif get_origin(self.type) is Literal:
            value = next((v for v in get_args(self.type) if v.casefold() == raw.casefold()), raw)
        try:
            parsed = msgspec.convert(value, Annotated[self.type, self.meta], strict=False)
        except msgspec.ValidationError:
            raise self._bad(raw) from None
        if isinstance(parsed, float) and not math.isfinite(parsed):
            raise self._bad(raw)
        return parsed

    def _bad(self, raw: str) -> ConfigError:
        told = not self.secret and not _LOGIN.search(raw)
        value = f"is {raw!r}" if told else "is not valid"
        return ConfigError(f"{variable(self.name)} {value}: expected {self.allowed}")


def read(
    struct: type[msgspec.Struct], environ: Mapping[str, str], ignore: Sequence[str] = ()
) -> dict[str, object]:
    """The typed values of the variables that are set and not empty, by setting.

    Raises ConfigError for a bad value, and for a variable with the prefix that is no setting: a
    misspelt setting would otherwise silently do nothing.
    """
    settings = {variable(setting.name): setting for setting in Setting.of(struct, ignore)}
    values: dict[str, object] = {}
    for name in sorted(environ):
        if not name.startswith(PREFIX) or name.startswith(TEST_PREFIX):
            continue
        if KUBERNETES.search(name) and (name not in settings or "://" in environ[name]):
            continue
        if name not in settings:
            raise _unknown(name, list(settings))
        if environ[name].strip():
            values[settings[name].name] = settings[name].parse(environ[name])
    return values


def _unknown(name: str, known: list[str]) -> ConfigError:
    names = [variable.removeprefix(PREFIX) for variable in known]
    near = difflib.get_close_matches(name.removeprefix(PREFIX), names, n=1)
    hint = f"did you mean {PREFIX}{near[0]}?" if near else "`tocsin doctor` lists what there is"
    return ConfigError(f"{name} is not a setting: {hint}")
