"""Whether a request is what its sender signed, and fresh."""

import hmac
from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import sha256

FRESH_S = 300.0
"""How old a signed request may be, or how far ahead: what Slack asks for."""


class Unverified(Exception):  # noqa: N818 - named by outcome
    """The request is not signed with our secret, or is too old: it says nothing."""


def header(headers: Mapping[str, str], name: str) -> str:
    """A header's value whatever its case; Unverified when it is absent."""
    for found, value in headers.items():
        if found.lower() == name.lower():
            return value
    raise Unverified(f"the header {name} is absent")


def hmac_sha256(secret: str, *parts: bytes) -> bytes:
    """HMAC-SHA256 of the parts one after the other."""
    return hmac.new(secret.encode(), b"".join(parts), sha256).digest()


def check(expected: str, given: str) -> None:
    """Compares two signatures in constant time. Raises Unverified."""
    if not hmac.compare_digest(expected.encode(), given.encode()):
        raise Unverified("the signature is not ours")


def fresh(at: datetime | float, now: float, within_s: float = FRESH_S) -> None:
    """Raises Unverified for a request signed more than `within_s` seconds from `now`."""
    seconds = at if isinstance(at, float) else at.timestamp()
    if not abs(now - seconds) <= within_s:
        raise Unverified("the request is too old, or the clocks differ")


def moment(text: str) -> datetime:
    """A time in RFC 3339 with an offset. Raises Unverified."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise Unverified("the time of the signature is none") from None
    if at.tzinfo is None:
        raise Unverified("the time of the signature has no offset")
    return at.astimezone(UTC)
