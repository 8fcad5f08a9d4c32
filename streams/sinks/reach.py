"""Whether a sink could be delivered to: settings, secrets, and somebody at its address."""

import asyncio
import os
import socket
from collections.abc import Iterator
from urllib.parse import urlsplit

from streams.config import Settings
from streams.sinks import settings as sinks
from streams.sinks.kinds import kind
from streams.sinks.runner import build, hook_of, http_session
from streams.sinks.settings import Sink, Tickets
from streams.sinks.target import settings_of

_TIMEOUT_S = 3.0


def load(settings: Settings) -> Tickets:
    """The sinks and routes of the policy file. Raises ConfigError."""
    return sinks.load(settings.policy)


def silent(sink: Sink) -> list[str]:
    """Hosts of the sink's addresses that do not answer; sends nothing.

    Raises ConfigError when the sink cannot be built. Behind a proxy nothing is asked.
    """
    built(sink)
    if any(name.lower() == "https_proxy" for name in os.environ):
        return []
    return [found for url in addresses(sink) if (found := _unheard(url))]


def built(sink: Sink) -> None:
    """Makes the sink and its way back as the worker does. Raises ConfigError when it cannot."""
    asyncio.run(_build(sink))


async def _build(sink: Sink) -> None:
    async with http_session() as session:
        await build(sink, session).close()
        hook_of(sink, session)


def addresses(sink: Sink) -> Iterator[str]:
    """Where it is, as far as the policy file says so."""
    values = settings_of(kind(sink.type).settings, sink.options)
    yield from filter(None, [getattr(values, "url", "")])
    yield from getattr(values, "urls", ())


def _unheard(url: str) -> str:
    parts = urlsplit(url)
    port = parts.port or (80 if parts.scheme == "http" else 443)
    try:
        socket.create_connection((parts.hostname or "", port), _TIMEOUT_S).close()
    except OSError as error:
        return f"{parts.hostname}:{port} does not answer: {error.strerror or error}"
    return ""
