"""Secrets that this process knows are never shown, whoever repeats them.

A ticket system that refuses a request may quote it, a library may put an address with a token in
it into an error. What is read as a secret is remembered here, and whatever is printed, logged or
kept as a reason goes through `hide`.
"""

import base64
import html
import json
import re
from collections.abc import Iterator
from urllib.parse import quote, quote_plus

SHOWN = "***"
MIN_LENGTH = 6
"""Shorter ones would blacken ordinary words, and are no secrets."""
MOST = 2000
"""Forms that are remembered, some for each of a few dozen secrets; the oldest go first."""
_LEAST_BASE64 = 8
"""Characters of base64 in the middle of something longer that are no chance."""
_CREDENTIALS = re.compile(r"\b(Basic|Bearer)(\s+)(?=[\w.~-]*[\d+/=])[\w+/=.~-]{6,}", re.IGNORECASE)
"""A header Authorization (RFC 9110, 11.6.2), whosever it is; `Basic authentication` is none."""
_known: dict[str, None] = {}
_pattern: list[re.Pattern[str]] = []


def remember(secret: str | None) -> None:
    """Takes note of a secret, and of how it looks in an address, in JSON, in HTML and in base64."""
    if secret and len(secret) >= MIN_LENGTH:
        _add(
            secret,
            quote(secret, safe=""),
            quote_plus(secret),
            json.dumps(secret)[1:-1],
            json.dumps(secret, ensure_ascii=False)[1:-1],
            html.escape(secret),
            *_base64(secret.encode("utf-8", "surrogateescape")),
        )


def remember_login(user: str, secret: str) -> None:
    """A secret, and how HTTP (Basic, RFC 7617) and SMTP (PLAIN, RFC 4616) show it with its user."""
    remember(secret)
    for shown in (f"{user}:{secret}", f"\0{user}\0{secret}", secret):
        if len(shown) >= MIN_LENGTH:
            _add(base64.b64encode(shown.encode("utf-8", "surrogateescape")).decode())


def hide_quoted(text: str) -> str:
    """`hide` for what others say: what stands where credentials stand is none of it either."""
    return _CREDENTIALS.sub(rf"\1\2{SHOWN}", hide(text))


def hide(text: str) -> str:
    """`text` with every known secret in it replaced."""
    if not _known:
        return text
    if not _pattern:  # made when it is wanted: settings remember one after the other
        longest_first = sorted(_known, key=len, reverse=True)
        # Without regard to case: %2f is %2F, and some systems write what they quote in capitals.
        _pattern.append(re.compile("|".join(map(re.escape, longest_first)), re.IGNORECASE))
    return _pattern[0].sub(SHOWN, text)


def _base64(secret: bytes) -> Iterator[str]:
    """What base64 makes of it wherever it stands in something longer, less a few bytes each end."""
    for before in range(3):
        encoded = base64.b64encode(bytes(before) + secret).decode()
        inner = encoded[4 if before else 0 : -4 if (before + len(secret)) % 3 else None]
        if len(inner) >= _LEAST_BASE64:
            yield inner
            yield inner.replace("+", "-").replace("/", "_")


def _add(*forms: str) -> None:
    new = [form for form in forms if form not in _known]
    if not new:
        return
    _known.update(dict.fromkeys(new))
    while len(_known) > MOST:
        del _known[next(iter(_known))]
    _pattern.clear()
