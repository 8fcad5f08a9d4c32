"""What a policy file may say of sinks and routes, and hardly means: told, never refused."""

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from scoring.levels import Level
from scoring.mention import SLUG
from scoring.policy import Policy
from streams.sinks.kinds import kind
from streams.sinks.reach import addresses
from streams.sinks.settings import Route, Sink, Tickets, words
from streams.sinks.target import settings_of
from streams.web.origin import is_loopback

_LANG = re.compile(r"[a-z]{2,3}")
"""Primary language tags (RFC 5646, 2.2.1), in the case in which cases are told."""
_LISTS = ("brand", "lang", "label")


def doubts(tickets: Tickets, policy: Policy) -> Iterator[str]:
    """One line each, with the key that it is about."""
    quiet = any(map(_quiet, [policy, *map(policy.for_brand, policy.brands)]))
    last: int | None = None
    for number, route in enumerate(tickets.routes):
        if last is not None:
            yield f"routes[{number}]: never reached: routes[{last}] takes everything before"
        else:
            found = [*_never(route), *_idle(route, quiet=quiet)]
            yield from (f"routes[{number}]: {what}" for what in found)
        if last is None and not route.go_on and not _conditions(route, quiet=quiet):
            last = number
    led = {name for route in tickets.routes for name in route.sinks}
    for name, sink in tickets.sinks.items():
        if name not in led:
            yield f"sinks.{name}: no route leads here: it is told nothing"
        yield from (f"sinks.{name}: {what}" for what in _of_sink(sink))


def _quiet(policy: Policy) -> bool:
    return bool(policy.quiet_hours or policy.maintenance)


def _conditions(route: Route, *, quiet: bool) -> bool:
    """Whether something does not match: any condition that says something."""
    said = (route.kind, *(words(getattr(route, key)) for key in _LISTS))
    hours = route.hours is not None and (quiet or route.hours == "inside")
    return hours or route.min_level is not Level.WATCH or any(said)


def _never(route: Route) -> Iterator[str]:
    for lang in words(route.lang):
        if not _LANG.fullmatch(lang):
            yield f"lang {lang!r} never matches: a language tag such as fr is wanted"
    for brand in words(route.brand):
        if not re.match(SLUG, brand):
            yield f"brand {brand!r} never matches: a slug such as acme-air is wanted"


def _idle(route: Route, *, quiet: bool) -> Iterator[str]:
    for key in _LISTS:
        if getattr(route, key) is not None and not words(getattr(route, key)):
            yield f"{key} is empty and says nothing: every {key} matches"
    if route.hours is not None and not quiet:
        match = "never matches" if route.hours == "inside" else "always matches"
        yield f"hours = {route.hours!r} {match}: the policy has no quiet hours and no maintenance"
    if not route.sinks and route.go_on:
        yield "it has no sinks and goes on: it does nothing"


def _of_sink(sink: Sink) -> Iterator[str]:
    values = settings_of(kind(sink.type).settings, sink.options)
    cloud = sink.type == "jira" and sink.options.get("edition", "cloud") == "cloud"
    if cloud and not getattr(values, "user", ""):
        yield 'Jira Cloud takes an API token with its user: name it, or edition = "data-center"'
    for url in addresses(sink):
        parts = urlsplit(url)
        if parts.scheme == "http" and _tells(sink) and not is_loopback(parts.hostname or ""):
            yield f"{parts.hostname} is reached over http: the secret can be read on its way"


def _tells(sink: Sink) -> bool:
    """Whether what logs in goes along: a webhook is signed instead."""
    secret = [key for key in sink.options if re.fullmatch(r".*_(env|file)", key)]
    return sink.type != "webhook" and any(not key.startswith(("hook_", "ca_")) for key in secret)
