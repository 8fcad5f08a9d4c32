"""Secrets that this process knows are never shown, whoever repeats them.

A ticket system that refuses a request may quote it, a library may put an address with a token in
it into an error. What is read as a secret is remembered here, and whatever is printed, logged or
kept as a reason goes through `hide`.
"""

import base64
import re
from urllib.parse import quote

SHOWN = "***"
MIN_LENGTH = 6
"""Shorter ones would blacken ordinary words, and are no secrets."""
_known: set[str] = set()
_pattern: list[re.Pattern[str]] = []


def remember(secret: str | None) -> None:
    """Takes note of a secret, and of how it looks in an address."""
    if secret and len(secret) >= MIN_LENGTH:
        _add(secret, quote(secret, safe=""))


def remember_login(user: str, secret: str) -> None:
    """A secret, and how HTTP Basic authentication (RFC 7617) shows it beside its user."""
    remember(secret)
    _add(base64.b64encode(f"{user}:{secret}".encode()).decode())


def hide(text: str) -> str:
    """`text` with every known secret in it replaced."""
    return _pattern[0].sub(SHOWN, text) if _pattern else text


def _add(*forms: str) -> None:
    _known.update(forms)
    longest_first = sorted(_known, key=len, reverse=True)
    _pattern[:] = [re.compile("|".join(map(re.escape, longest_first)))]
