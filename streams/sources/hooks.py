"""`/sources/NAME`: platforms that call us. Who they are is proved by a signature over the body.

The answer comes when the broker has the mentions; a platform whose call failed calls again, and
what it sends again has the same ids.
"""

import asyncio
import logging
from collections.abc import Mapping

from aiohttp import web
from aiokafka.errors import KafkaError

from streams.errors import ConfigError
from streams.sinks.hook import BadSignatureError, HookError
from streams.sources.brands import Matcher
from streams.sources.collector import count, warnings
from streams.sources.intake import Intake, Taken
from streams.sources.kinds import kind
from streams.sources.meters import SourceMeters
from streams.sources.records import mention_records
from streams.sources.settings import Configured
from streams.sources.source import NothingReadError, Push
from streams.web.refusal import refuse
from streams.web.rule import Access, ruled
from streams.worker.output import Output

log = logging.getLogger(__name__)

SEND_S = 15.0
"""Platforms hang up after 20 s or so, and call again."""
MAX_BYTES = 4 * 1024 * 1024
"""Facebook batches up to 1,000 changes in one call."""


class SourceHooks:
    """The configured sources that call us. Raises ConfigError when a secret is not there."""

    def __init__(
        self,
        sources: Mapping[str, Configured],
        matcher: Matcher,
        topic: str,
        output: Output,
        meters: SourceMeters,
    ) -> None:
        self._topic = topic
        self._output = output
        self._meters = meters
        self._pushes: dict[str, tuple[Push, Intake]] = {}
        for name, source in sources.items():
            if source.push:
                self._pushes[name] = (push_of(source), Intake(matcher, source.common))
                meters.begin(name)

    @property
    def routes(self) -> list[web.RouteDef]:
        """For the worker's web server; none where no source calls."""
        if not self._pushes:
            return []
        return [
            web.get("/sources/{name}", self._greet, allow_head=False),
            web.post("/sources/{name}", self._take),
        ]

    @ruled(Access.SIGNED, max_bytes=0, per_minute=120)
    async def _greet(self, request: web.Request) -> web.Response:
        name, (push, _) = self._known(request)
        try:
            return web.Response(text=push.greet(request.query))
        except BadSignatureError:
            log.warning("source %s: somebody asks with a wrong token", name)
            refuse(web.HTTPForbidden, "the token is not the one that was agreed on")

    @ruled(Access.SIGNED, max_bytes=MAX_BYTES, per_minute=1200)
    async def _take(self, request: web.Request) -> web.Response:
        name, (push, intake) = self._known(request)
        try:
            batch = push.read(request.headers, await request.read())
        except BadSignatureError:
            log.warning("source %s: a request with a wrong signature", name)
            refuse(web.HTTPUnauthorized, "the signature is not that of this body and secret")
        except NothingReadError as error:
            log.warning(
                "source %s: nothing of a call could be read, which the sender is told: %s",
                name,
                error,
            )
            count(self._meters, name, Taken(), error.batch)
            refuse(web.HTTPUnprocessableEntity, f"nothing in it could be read: {error}")
        except HookError as error:
            log.warning("source %s: %s", name, error)
            refuse(web.HTTPBadRequest, "the body is not of the documented form")
        taken = intake.take(batch.items)
        try:
            async with asyncio.timeout(SEND_S):
                await self._output.send(mention_records(self._topic, taken.mentions, name))
        except (KafkaError, TimeoutError) as error:
            log.warning("source %s: the broker does not take its mentions: %r", name, error)
            self._meters.pressure.labels(name).inc()
            self._meters.failures.labels(name, "broker").inc()
            said = "Kafka is out of reach; send it again later"
            refuse(web.HTTPServiceUnavailable, said, {"Retry-After": "2"})
        count(self._meters, name, taken, batch)
        for line in warnings(taken, batch):
            log.warning("source %s: %s", name, line)
        self._meters.up.labels(name).set(1)
        self._meters.last_success.labels(name).set_to_current_time()
        for item in batch.items:
            self._meters.last_item.labels(name).set(item.mention.at)
        return web.Response()

    def _known(self, request: web.Request) -> tuple[str, tuple[Push, Intake]]:
        name = request.match_info["name"]
        if name not in self._pushes:
            refuse(web.HTTPNotFound, f"there is no source {name!r} that is called")
        return name, self._pushes[name]


def push_of(source: Configured) -> Push:
    """Reads its secrets. Raises ConfigError."""
    made = kind(source.type).push
    assert made is not None
    try:
        return made(source.options)
    except ConfigError as error:
        raise ConfigError(f"sources.{source.name}: {error}") from error
