"""Raw bytes to a worker's web server over loopback: routes, headers, tokens, lengths, bodies."""

import asyncio
import contextlib
import logging
import socket
import threading
from collections.abc import Iterator, Mapping

import msgspec

from benchmarks.fuzz import routes
from benchmarks.fuzz.targets import Target
from streams.config import Settings
from streams.kafka.topics import Topics
from streams.logs import heeded
from streams.metrics import Metrics
from streams.worker.board import Board
from streams.worker.web import Facts, Health, Web

TOKEN = "0123456789abcdef"
PATIENCE_S = 0.2
HEALTH_S = 10.0
_HEALTH = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
_ROUTES = (
    b"/",
    b"/metrics",
    b"/readyz",
    b"/api/board",
    b"/static/app.js",
    b"/static/..%2fconfig.py",
)


class BrokenError(Exception):
    """The server failed inside, or does not answer any more."""


class Server:
    """A worker's web server in a thread of its own; what it logs as an error is remembered."""

    def __init__(self) -> None:
        settings = Settings(web_port=0, web_token=TOKEN, source_token=TOKEN + "1")
        metrics = Metrics((), Topics.of(settings))
        facts = Facts(roles=(), model="", policy="", processed={}, lag={})
        self._gathered = routes.known(settings)
        self._web = Web(
            settings,
            metrics,
            Board(metrics),
            alive=lambda: Health(ok=True),
            ready=lambda: Health(ok=True),
            facts=lambda: facts,
            refresh=lambda: None,
            weigh=lambda: None,
            routes=routes.made(settings, metrics, self._gathered),
        )
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self.errors: list[str] = []
        self._asked = 0

    def start(self) -> None:
        """Listens."""
        handler = logging.Handler(logging.ERROR)
        handler.addFilter(heeded)
        handler.emit = lambda record: self.errors.append(str(record.exc_info))  # type: ignore[method-assign]
        logging.getLogger("aiohttp.server").addHandler(handler)
        logging.getLogger("aiohttp.server").propagate = False
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._web.start(), self._loop).result(10)

    def stop(self) -> None:
        """Gives the port back."""
        asyncio.run_coroutine_threadsafe(self._gathered.stop(), self._loop).result(10)
        asyncio.run_coroutine_threadsafe(self._web.stop(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)

    def ask(self, raw: bytes, patience_s: float = PATIENCE_S) -> bytes:
        """What it answers until it closes, or waits for the rest. Raises OSError.

        Each request comes from another address, so that no limit of the rate hides the handlers.
        """
        self._asked += 1
        here = (
            f"127.{1 + self._asked // 65_025 % 250}.{self._asked // 255 % 255}.{self._asked % 255}"
        )
        to = ("127.0.0.1", self._web.port)
        with socket.create_connection(to, patience_s, source_address=(here, 0)) as connection:
            answer = b""
            with contextlib.suppress(ConnectionError, TimeoutError):
                connection.sendall(raw)
                while len(answer) < 65_536 and (part := connection.recv(16_384)):
                    answer += part
        return answer

    def read(self, raw: bytes) -> None:
        """One request. Raises BrokenError for a failure inside or a server that is gone."""
        self.errors.clear()
        answer = self.ask(raw)
        if self.errors or answer.startswith((b"HTTP/1.1 500", b"HTTP/1.0 500")):
            raise BrokenError(self.errors[0] if self.errors else "500")
        if not answer and b" 200 " not in self.ask(_HEALTH, HEALTH_S)[:20]:
            raise BrokenError("it is not well any more")


def _requests() -> list[bytes]:
    body = msgspec.json.encode({"id": "a", "action": "acknowledge", "case_id": "a:b"})
    head = b" HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
    gets = [b"GET " + route + head + b"\r\n" for route in _ROUTES]
    sent = b"Authorization: Bearer " + TOKEN.encode() + b"\r\nContent-Type: application/json\r\n"
    length = b"Content-Length: %d\r\n\r\n" % len(body)
    chunked = b"Transfer-Encoding: chunked\r\n\r\n%x\r\n" % len(body) + body + b"\r\n0\r\n\r\n"
    posts = [
        b"POST " + route + head + sent + rest
        for route in (b"/api/cases/a%3Ab/commands", b"/api/mentions", b"/hooks/slack/x")
        for rest in (length + body, chunked)
    ]
    return [*gets, *posts, b"OPTIONS *" + head + b"Origin: null\r\n\r\n"]


@contextlib.contextmanager
def serving() -> Iterator[Server]:
    """A server that listens within."""
    server = Server()
    server.start()
    try:
        yield server
    finally:
        server.stop()


def every(server: Server) -> Mapping[str, Target]:
    """The targets by name."""

    def whole(raw: bytes) -> None:
        server.read(routes.whole(raw))

    made = [
        Target("http", 0.05, _requests, server.read),
        Target("http-console", 0.05, lambda: routes.console(TOKEN), whole),
        Target("http-sources", 0.05, lambda: routes.sources(TOKEN + "1"), whole),
    ]
    return {target.name: target for target in made}
