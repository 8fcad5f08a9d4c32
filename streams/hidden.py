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
MOST = 500
"""Forms that are remembered; a configuration has some dozens, and the oldest go first."""
_known: dict[str, None] = {}
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
    if not _known:
        return text
    if not _pattern:  # made when it is wanted: settings remember one after the other
        longest_first = sorted(_known, key=len, reverse=True)
        _pattern.append(re.compile("|".join(map(re.escape, longest_first))))
    return _pattern[0].sub(SHOWN, text)


def _add(*forms: str) -> None:
    new = [form for form in forms if form not in _known]
    if not new:
        return
    _known.update(dict.fromkeys(new))
    while len(_known) > MOST:
        del _known[next(iter(_known))]
    _pattern.clear()
