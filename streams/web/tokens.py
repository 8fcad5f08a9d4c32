"""Bearer tokens (RFC 6750): read from a variable or a file, compared in constant time."""

import hashlib
import hmac
import re
from collections.abc import Mapping
from pathlib import Path

from streams import hidden
from streams.environment import variable
from streams.errors import ConfigError

MIN_LENGTH, MAX_LENGTH = 16, 4096
_TOKEN = re.compile(r"[A-Za-z0-9._~+/-]+=*")
"""What a bearer token may consist of (RFC 6750, section 2.1)."""
_MAKE = "make one with `python -c 'import secrets; print(secrets.token_urlsafe())'`"


class Tokens:
    """The tokens of one kind of caller, by the name of whoever bears them.

    Only digests are kept, so that nothing that prints this object shows a token, and so that the
    comparison takes as long for a token of another length.
    """

    def __init__(self, setting: str, names: Mapping[str, str]) -> None:
        self.setting = setting
        self._names = {_digest(token): name for token, name in names.items()}

    def __bool__(self) -> bool:
        return bool(self._names)

    def bearer(self, header: str) -> str | None:
        """Name of whoever bears the token of an `Authorization` header, None for nobody's."""
        scheme, _, token = header.partition(" ")
        given = _digest(token.strip())
        found = None
        for digest, name in self._names.items():  # every one, so that the time tells nothing
            if hmac.compare_digest(digest, given):
                found = name
        return found if scheme.lower() == "bearer" else None


def load(setting: str, value: str | None, file: Path | None) -> Tokens:
    """The tokens of `TOCSIN_<SETTING>`, or of its file; none where neither is given.

    A file holds one token a line, if need be a name before it (`ana 3fQ...`): what a person does
    is then known by the name. Several lines let one token be replaced by the next. Empty lines
    and lines that begin with # count for nothing. Raises ConfigError, which shows no token.
    """
    if value and file:
        raise ConfigError(f"set one of {variable(setting)} and {variable(setting)}_FILE")
    if value:
        return Tokens(setting, dict([_entry(value, variable(setting))]))
    if file is None:
        return Tokens(setting, {})
    where = f"{variable(setting)}_FILE is {str(file)!r}"
    try:
        lines = file.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is no text"
        raise ConfigError(f"{where}, which cannot be read: {reason}") from None
    kept = [(at, line) for at, line in enumerate(lines, 1) if line.strip() and line[0] != "#"]
    if not kept:
        raise ConfigError(f"{where}, which holds no token; {_MAKE}")
    return Tokens(setting, dict(_entry(line, f"{where}, line {at}") for at, line in kept))


def needed(setting: str, token: str) -> ConfigError:
    """The error of a setting that makes no sense without tokens."""
    name = variable(token)
    return ConfigError(f"{variable(setting)} asks for tokens: set {name} or {name}_FILE; {_MAKE}")


def _entry(line: str, where: str) -> tuple[str, str]:
    *name, token = line.split()
    if not MIN_LENGTH <= len(token) <= MAX_LENGTH or not _TOKEN.fullmatch(token):
        raise ConfigError(
            f"{where}: a token has {MIN_LENGTH} to {MAX_LENGTH} letters, digits and -._~+/; {_MAKE}"
        )
    hidden.remember(token)
    return token, " ".join(name)


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogateescape")).digest()
