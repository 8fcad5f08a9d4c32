"""Whether a request is what its sender signed, and fresh; and the way back that asks so."""

import hmac
import time
from collections.abc import Awaitable, Callable, Mapping
from hashlib import sha256

import msgspec

from scoring.command import Command
from streams.sinks.hook import BadSignatureError, NotNowError, StaleError
from streams.sinks.target import Later, Refused, secrets

FRESH_S = 300.0
"""How old a signed request may be, or how far ahead: what Slack asks for."""
Reader = Callable[[Mapping[str, str], bytes, str, float], Command | None]
Actor = Callable[[bytes], str]
Account = Callable[[], Awaitable[str]]


class Own(msgspec.Struct, frozen=True):
    """How a request that tells of our own doing is known.

    `actor` reads the account that acted out of a body, empty when it was nobody's: an automation.
    `account` asks the system which one is ours.
    """

    actor: Actor
    account: Account


class SignedHook:
    """One sink's way back; while a secret is being replaced, the new and the old one hold.

    Without `own` nothing of ours can come back: a bot presses no button.
    """

    def __init__(self, keys: list[str], command: Reader, own: Own | None = None) -> None:
        self._keys = keys
        self._command = command
        self._own = own
        self._account = ""

    async def read(self, headers: Mapping[str, str], content: bytes) -> Command | None:
        """What was decided, None for everything else.

        Raises BadSignatureError, HookError, and NotNowError while it is not known which account
        is ours: a crisis that Tocsin itself seemed to acknowledge would ring nobody.
        """
        found = self._verified(headers, content)
        if found is None or self._own is None:
            return found
        actor = self._own.actor(content)
        return found if actor and actor != await self._ours(self._own) else None

    async def _ours(self, own: Own) -> str:
        if not self._account:
            try:
                self._account = await own.account()
            except (Later, Refused) as error:
                raise NotNowError(f"which account is ours there: {error.reason}") from None
        return self._account

    def _verified(self, headers: Mapping[str, str], content: bytes) -> Command | None:
        lower = {name.lower(): value for name, value in headers.items()}
        now = time.time()
        for key in self._keys[:-1]:
            try:
                return self._command(lower, content, key, now)
            except StaleError:
                raise
            except BadSignatureError:
                continue
        return self._command(lower, content, self._keys[-1], now)


def hook_of(settings: msgspec.Struct, command: Reader, own: Own | None = None) -> SignedHook | None:
    """The hook of a sink, None where its settings name no `hook_secret`. Raises ConfigError."""
    keys = secrets(settings, "hook_secret")
    return SignedHook(keys, command, own) if keys else None


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
    """Raises StaleError for a request signed more than `within_s` seconds from `now`."""
    if not abs(now - at) <= within_s:
        raise StaleError(
            f"a request signed {abs(now - at):.0f} s {'ago' if at < now else 'ahead'}, where "
            f"{within_s:.0f} s are allowed: it was held up, is sent again, or the clocks differ"
        )
