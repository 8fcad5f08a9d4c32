"""What a route asks of a request: who may call it, how often, how much it takes and how long."""

import enum
from collections.abc import Awaitable, Callable
from typing import TypeVar

import msgspec
from aiohttp import hdrs, web

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
H = TypeVar("H", bound=Callable[..., Awaitable[web.StreamResponse]])

SAFE = frozenset({hdrs.METH_GET, hdrs.METH_HEAD, hdrs.METH_OPTIONS})
"""Methods that change nothing (RFC 9110, section 9.2.1)."""
_ATTRIBUTE = "tocsin_rule"


class Access(enum.StrEnum):
    """Who may call a route."""

    OPEN = "open"
    """Everyone who reaches the port: health, metrics, the console's own files."""
    READ = "read"
    """Everyone, or with `TOCSIN_WEB_READS=token` whoever bears a token of the console."""
    CONSOLE = "console"
    """Whoever bears a token of the console (`TOCSIN_WEB_TOKEN` or its file)."""
    SOURCE = "source"
    """Whoever bears a token of a source (`TOCSIN_SOURCE_TOKEN` or its file)."""
    SIGNED = "signed"
    """The handler itself checks a signature over the body, as the hooks do."""


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """What one route allows.

    `max_bytes` bounds the body, whether its length is told or it comes in chunks. `per_minute`
    bounds the requests of one client address, all routes with the same `access` together; None
    for no bound. `timeout_s` bounds the whole handler, reading the body included; None for a
    response that streams.
    """

    access: Access
    max_bytes: int = 64 * 1024
    per_minute: float | None = 120
    timeout_s: float | None = 30.0


READ = Rule(access=Access.READ, max_bytes=0, per_minute=1200)
CHANGE = Rule(access=Access.CONSOLE)
NOWHERE = Rule(access=Access.OPEN, per_minute=1200)
"""Of what no route takes: 404 or 405."""


def ruled(
    access: Access,
    *,
    max_bytes: int = CHANGE.max_bytes,
    per_minute: float | None = CHANGE.per_minute,
    timeout_s: float | None = CHANGE.timeout_s,
) -> Callable[[H], H]:
    """Decorates a handler (function or method) with its rule."""
    made = Rule(access=access, max_bytes=max_bytes, per_minute=per_minute, timeout_s=timeout_s)

    def mark(handler: H) -> H:
        setattr(handler, _ATTRIBUTE, made)
        return handler

    return mark


def rule_of(request: web.Request) -> Rule:
    """The rule of a request's route: READ or CHANGE, by the method, where the handler has none.

    What nobody thought of is thereby closed: a forgotten decorator asks for the console's token.
    """
    if request.match_info.http_exception is not None:
        return NOWHERE
    found = getattr(request.match_info.handler, _ATTRIBUTE, None)
    if isinstance(found, Rule):
        return found
    return READ if request.method in SAFE else CHANGE
