"""Whether a request is what its sender signed, and fresh; and the way back that asks so."""

import hmac
import time
from collections.abc import Callable, Mapping
from hashlib import sha256

import msgspec

from scoring.command import Command
from streams.sinks.hook import BadSignatureError
from streams.sinks.target import secrets

FRESH_S = 300.0
"""How old a signed request may be, or how far ahead: what Slack asks for."""
Reader = Callable[[Mapping[str, str], bytes, str, float], Command | None]


class SignedHook:
    """One sink's way back; while a secret is being replaced, the new and the old one hold."""

    def __init__(self, keys: list[str], command: Reader) -> None:
        self._keys = keys
        self._command = command

    def read(self, headers: Mapping[str, str], content: bytes) -> Command | None:
        """What was decided, None for everything else. Raises BadSignatureError or HookError."""
        lower = {name.lower(): value for name, value in headers.items()}
        now = time.time()
        for key in self._keys[:-1]:
            try:
                return self._command(lower, content, key, now)
            except BadSignatureError:
                continue
        return self._command(lower, content, self._keys[-1], now)


def hook_of(settings: msgspec.Struct, command: Reader) -> SignedHook | None:
    """The hook of a sink, None where its settings name no `hook_secret`. Raises ConfigError."""
    keys = secrets(settings, "hook_secret")
    return SignedHook(keys, command) if keys else None


def header(headers: Mapping[str, str], name: str) -> str:
    """A header by its name in lower case. Raises BadSignatureError when it is absent."""
    if name not in headers:
        raise BadSignatureError(f"the header {name} is absent")
    return headers[name]


def hmac_sha256(secret: str, *parts: bytes) -> bytes:
    """HMAC-SHA256 of the parts one after the other."""
    return hmac.new(secret.encode(), b"".join(parts), sha256).digest()


def check(expected: str, given: str) -> None:
    """Compares two signatures in constant time. Raises BadSignatureError."""
    if not hmac.compare_digest(expected.encode(), given.encode("utf-8", "surrogateescape")):
        raise BadSignatureError("the signature is not ours")


def fresh(at: float, now: float, within_s: float = FRESH_S) -> None:
    """Raises BadSignatureError for a request signed more than `within_s` seconds from `now`."""
    if not abs(now - at) <= within_s:
        raise BadSignatureError("the request is too old, or the clocks differ")
