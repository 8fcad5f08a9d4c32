"""The role `sources`: runs the configured sources that are ours, and takes what is sent to us."""

import asyncio
import logging
from collections.abc import Sequence
from functools import partial

import aiohttp
from aiohttp.web import RouteDef

from scoring.mention import Mention
from streams.config import Settings
from streams.errors import ConfigError
from streams.kafka.topics import Topics
from streams.metrics import Metrics
from streams.sinks.runner import http_session
from streams.sources.brands import Matcher
from streams.sources.collector import Collector
from streams.sources.hooks import SourceHooks
from streams.sources.ingest import Ingest
from streams.sources.intake import Intake
from streams.sources.keeper import Keeper, Shelf
from streams.sources.kinds import kind
from streams.sources.known import Memory
from streams.sources.records import mention_records
from streams.sources.settings import Configured, load
from streams.sources.source import Context, Cursor, Source
from streams.worker.boundary import guarded
from streams.worker.output import Output

log = logging.getLogger(__name__)


class SourcesRole:
    """The sources of one worker. Raises ConfigError where the file or a secret is not as wanted."""

    def __init__(
        self, settings: Settings, topics: Topics, output: Output, metrics: Metrics, partitions: int
    ) -> None:
        self._settings = settings
        self._topic = topics.mentions
        self._output = output
        self._meters = metrics.sources
        configured = load(settings.sources)
        self._matcher = Matcher(configured.brands)
        self._collected = {n: one for n, one in configured.sources.items() if not one.push}
        self._hooks = SourceHooks(
            configured.sources, self._matcher, topics.mentions, output, self._meters
        )
        self._ingest = Ingest(self._matcher, topics.mentions, output, self._meters)
        self._keeper: Keeper | None = None
        if self._collected:
            self._keeper = Keeper(
                settings, self._collected, partitions, output, self._gained, self._lost
            )
        self._session: aiohttp.ClientSession | None = None
        self._running: dict[str, tuple[Source, asyncio.Task[None]]] = {}
        self._keeping: asyncio.Task[None] | None = None
        self.started = False

    @property
    def routes(self) -> list[RouteDef]:
        """For the worker's web server."""
        return [*self._ingest.routes, *self._hooks.routes]

    @property
    def settled(self) -> bool:
        """Does every source that is ours run."""
        return self._keeper is None or self._keeper.settled

    @property
    def crashed(self) -> bool:
        """Has the sharing of sources ended without being told to."""
        return self._keeping is not None and self._keeping.done()

    async def start(self) -> None:
        """Builds every source once, so that what is wrong with one is said at the start."""
        self._session = http_session()
        for one in self._collected.values():
            await build(one, self._session, self._settings).close()
        if self._keeper is not None:
            self._keeping = asyncio.create_task(guarded(self._keeper.run))
        self.started = True

    async def close(self) -> None:
        """Ends every source."""
        if self._keeping is not None:
            self._keeping.cancel()
            await asyncio.gather(self._keeping, return_exceptions=True)
        if self._session is not None:
            await self._session.close()

    async def _gained(self, name: str, shelf: Shelf) -> None:
        assert self._session is not None
        one = self._collected[name]
        source = build(one, self._session, self._settings)
        memory = Memory()
        memory.restore(shelf.items)
        collector = Collector(
            name,
            source,
            Intake(self._matcher, one.common, memory),
            memory,
            partial(self._deliver, name),
            self._meters,
            cursor=shelf.cursor,
            every_s=one.common.every_s or kind(one.type).every_s,
            streams=kind(one.type).streams,
        )
        log.info("source %s begins", name)
        self._running[name] = (source, asyncio.create_task(collector.run()))

    async def _lost(self, name: str) -> None:
        source, task = self._running.pop(name)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await source.close()
        self._meters.end(name)
        log.info("source %s ends", name)

    async def _deliver(
        self,
        name: str,
        mentions: Sequence[Mention],
        changes: dict[bytes, bytes | None],
        cursor: Cursor | None,
    ) -> None:
        assert self._keeper is not None
        await self._output.send(mention_records(self._topic, mentions, name))
        await self._keeper.store(name, changes, cursor)


def build(one: Configured, session: aiohttp.ClientSession, settings: Settings) -> Source:
    """A configured source; reads its secrets. Raises ConfigError."""
    made = kind(one.type)
    assert made.build is not None
    context = Context(
        name=one.name,
        common=one.common,
        session=session,
        settings=settings,
        rate_per_s=one.common.rate_per_s or made.rate_per_s,
    )
    try:
        return made.build(one.options, context)
    except ConfigError as error:
        raise ConfigError(f"sources.{one.name}: {error}") from error
