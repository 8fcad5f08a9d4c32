"""What a worker serves: the console, its data, metrics and health."""

import errno
import logging
from collections.abc import Callable, Sequence

import msgspec
from aiohttp import web
from prometheus_client.exposition import choose_encoder

from streams.config import Settings
from streams.errors import ConfigError
from streams.metrics import Metrics
from streams.web import files
from streams.web.protection import protect
from streams.web.rule import READ, Access, ruled
from streams.worker.board import Board

log = logging.getLogger(__name__)
ASKED = READ.per_minute


class Health(msgspec.Struct, frozen=True, kw_only=True):
    """Whether something is well; `problems` says what is not."""

    ok: bool
    problems: tuple[str, ...] = ()


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """What the console shows beside the cases."""

    roles: tuple[str, ...]
    model: str
    policy: str
    processed: dict[str, int]
    lag: dict[str, int]


class Web:
    """An HTTP server on the worker's own event loop."""

    def __init__(
        self,
        settings: Settings,
        metrics: Metrics,
        board: Board,
        *,
        alive: Callable[[], Health],
        ready: Callable[[], Health],
        facts: Callable[[], Facts],
        refresh: Callable[[], None],
        weigh: Callable[[], None],
        routes: Sequence[web.RouteDef] = (),
    ) -> None:
        self._settings = settings
        self._metrics = metrics
        self._board = board
        self._alive = alive
        self._ready = ready
        self._facts = facts
        self._refresh = refresh
        self._weigh = weigh
        self._routes = routes
        self._runner: web.AppRunner | None = None
        self.port = settings.web_port

    async def start(self) -> None:
        """Listens. Raises ConfigError when the port is taken."""
        app = web.Application()
        protect(app, self._settings)
        app.add_routes(
            [
                web.get("/", self._console),
                web.get("/static/{name:.+}", self._static),
                web.get("/metrics", self._scrape),
                web.get("/healthz", self._healthz),
                web.get("/readyz", self._readyz),
                web.get("/api/board", self._cases),
                *self._routes,
            ]
        )
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        host, port = self._settings.web_host, self._settings.web_port
        site = web.TCPSite(self._runner, host, port)
        try:
            await site.start()
        except OSError as error:
            reason = "is taken" if error.errno == errno.EADDRINUSE else f"cannot be used: {error}"
            mend = "set TOCSIN_WEB_PORT to a free port (0 finds one)"
            if error.errno == errno.EADDRNOTAVAIL:
                reason, mend = "is no address of this machine", "set TOCSIN_WEB_HOST"
            raise ConfigError(f"{host}:{port} {reason}; {mend}") from error
        self.port = self._runner.addresses[0][1]
        log.info("console at http://%s:%s/", host, self.port)

    async def stop(self) -> None:
        """Stops listening."""
        if self._runner is not None:
            await self._runner.cleanup()

    @ruled(Access.OPEN, per_minute=None)
    async def _healthz(self, request: web.Request) -> web.Response:
        return _health(self._alive())

    @ruled(Access.OPEN, per_minute=None)
    async def _readyz(self, request: web.Request) -> web.Response:
        return _health(self._ready())

    @ruled(Access.OPEN, per_minute=ASKED)
    async def _console(self, request: web.Request) -> web.Response:
        return files.file(request, "index.html")

    @ruled(Access.OPEN, per_minute=ASKED)
    async def _static(self, request: web.Request) -> web.Response:
        return files.file(request, request.match_info["name"])

    @ruled(Access.OPEN, per_minute=ASKED)
    async def _scrape(self, request: web.Request) -> web.Response:
        self._refresh()
        self._weigh()
        # Exemplars need OpenMetrics, which Prometheus asks for; others get the older text format.
        encode, content_type = choose_encoder(request.headers.get("Accept", ""))
        body = encode(self._metrics.registry)
        return web.Response(body=body, headers={"Content-Type": content_type})

    async def _cases(self, request: web.Request) -> web.Response:
        self._refresh()
        return _json(
            {
                "cases": self._board.open_cases,
                "newest": list(self._board.newest),
                "facts": self._facts(),
            }
        )


def _health(health: Health) -> web.Response:
    return _json(health, status=200 if health.ok else 503)


def _json(value: object, status: int = 200) -> web.Response:
    return web.Response(
        body=msgspec.json.encode(value), content_type="application/json", status=status
    )
