"""The port of the demo's console."""

import socket

from streams.config import Settings
from streams.errors import ConfigError

HOST = "127.0.0.1"


def choose(asked: int | None, settings: Settings) -> int:
    """The port asked for by option or setting, else the usual one, or a free one if that is taken.

    Raises ConfigError when a port that was asked for is taken.
    """
    if asked is None and "web_port" not in settings.given:
        return settings.web_port if _free(settings.web_port) else _any()
    port = settings.web_port if asked is None else asked
    if port == 0:
        return _any()
    if not _free(port):
        raise ConfigError(f"port {port} of {HOST} is taken: give a free one with --port, or 0")
    return port


def _free(port: int) -> bool:
    with socket.socket() as probe:
        # As a server does, so that a console which ended a moment ago is not in the way.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def _any() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port
