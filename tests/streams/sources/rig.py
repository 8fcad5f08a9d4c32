"""One source against a real server on this machine, with everything but Kafka around it."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

import msgspec
from aiohttp import web
from aiohttp.test_utils import TestServer
from prometheus_client import CollectorRegistry

from scoring.mention import Mention
from streams.config import Settings
from streams.sinks.runner import http_session
from streams.sources.brands import Matcher
from streams.sources.collector import Collector
from streams.sources.intake import Intake
from streams.sources.kinds import kind
from streams.sources.known import Memory
from streams.sources.meters import SourceMeters
from streams.sources.settings import Configured, parse
from streams.sources.source import Cursor, Source
from streams.worker.sources import build

BRANDS = {"skylark-air": {"keywords": ["skylark"], "handles": ["@skylark"]}}
NAME = "it"


class Rig:
    """A source that is collected from; `sent` are its mentions as the broker would have them."""

    def __init__(self, configured: Configured, matcher: Matcher, settings: Settings) -> None:
        self.sent: list[Mention] = []
        self.cursor: Cursor | None = None
        self.refuse = False
        self._stored: dict[bytes, bytes] = {}
        self._configured = configured
        self._matcher = matcher
        self._settings = settings
        self._registry = CollectorRegistry()
        self._meters = SourceMeters(self._registry)
        self._task: asyncio.Task[None] | None = None
        self._source: Source | None = None
        self._session = http_session()

    async def start(self) -> None:
        """Collects from what is stored on."""
        self._source = build(self._configured, self._session, self._settings)
        memory = Memory()
        memory.restore(self._stored)
        common = self._configured.common
        collector = Collector(
            NAME,
            self._source,
            Intake(self._matcher, common, memory),
            memory,
            self._deliver,
            self._meters,
            cursor=self.cursor,
            every_s=0.0,
            streams=kind(self._configured.type).streams,
            chance=lambda: 0.0,
        )
        self._task = asyncio.create_task(collector.run())

    async def stop(self) -> None:
        """As a worker that is told to stop, or is killed between two batches."""
        assert self._task is not None
        assert self._source is not None
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        await self._source.close()

    async def close(self) -> None:
        await self.stop()
        await self._session.close()

    async def _deliver(
        self,
        mentions: Sequence[Mention],
        changes: Mapping[bytes, bytes | None],
        cursor: Cursor | None,
    ) -> None:
        if self.refuse:
            from aiokafka.errors import KafkaConnectionError

            raise KafkaConnectionError
        self.sent += mentions
        for key, value in changes.items():
            self._stored.pop(key, None)
            if value is not None:
                self._stored[key] = value
        self.cursor = cursor if cursor is not None else self.cursor

    async def until(self, condition: Callable[[], object], timeout_s: float = 20.0) -> None:
        """Waits for it while the source is collected from."""
        deadline = time.monotonic() + timeout_s
        while not condition():
            assert time.monotonic() < deadline, (self.counts(), [m.id for m in self.sent])
            assert self._task is not None
            if self._task.done():
                self._task.result()
            await asyncio.sleep(0.005)

    def count(self, metric: str, **labels: str) -> float:
        """A metric of the source."""
        value = self._registry.get_sample_value(
            f"tocsin_source_{metric}", {"source": NAME} | labels
        )
        return value or 0.0

    def counts(self) -> dict[str, float]:
        """What became of the items."""
        return {
            sample.labels["outcome"]: sample.value
            for family in self._registry.collect()
            for sample in family.samples
            if sample.name == "tocsin_source_items_total" and sample.value
        }

    def ids(self) -> list[str]:
        return [mention.id for mention in self.sent]

    def of(self, id: str) -> dict[str, Any]:
        """The one mention with an id."""
        (found,) = [mention for mention in self.sent if mention.id == id]
        value: dict[str, Any] = msgspec.to_builtins(found)
        return value


@asynccontextmanager
async def rig(
    table: Mapping[str, Any],
    *,
    brands: Mapping[str, Any] = BRANDS,
    settings: Settings | None = None,
) -> AsyncIterator[Rig]:
    """A source by its table in the file."""
    found = parse({"brands": dict(brands), "sources": {NAME: dict(table)}})
    made = Rig(found.sources[NAME], Matcher(found.brands), settings or Settings())
    await made.start()
    try:
        yield made
    finally:
        await made.close()


@asynccontextmanager
async def serving(*routes: web.RouteDef) -> AsyncIterator[str]:
    """The address of a server that has these routes."""
    app = web.Application()
    app.add_routes(routes)
    server = TestServer(app, shutdown_timeout=0.1)
    await server.start_server()
    try:
        yield str(server.make_url("")).rstrip("/")
    finally:
        await server.close()
