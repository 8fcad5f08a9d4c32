"""`POST /hooks/<type>/<sink>`: what people decide in a ticket system becomes a command.

The signature is checked before anything is read; the answer comes after the broker has it, so that
a system whose request failed sends it again. A second arrival has the same id and changes nothing.
Whatever is taken is answered by 200: Slack shows people an error for anything else.
"""

import logging

import aiohttp
from aiohttp import web
from aiokafka.errors import KafkaError

from scoring.command import encode_command
from streams.sinks.hook import BadSignatureError, Hook, HookError, NotNowError, StaleError
from streams.sinks.runner import hook_of
from streams.sinks.settings import Tickets
from streams.web.rule import Access, ruled
from streams.worker.output import Output, Record

log = logging.getLogger(__name__)
MAX_BYTES = 1024 * 1024
"""Zendesk and PagerDuty send kilobytes, Jira whole issues."""


class Hooks:
    """The ways back of the configured sinks. Raises ConfigError when a secret is not there."""

    def __init__(
        self, tickets: Tickets, topic: str, output: Output, session: aiohttp.ClientSession
    ) -> None:
        self._topic = topic
        self._output = output
        self._hooks: dict[tuple[str, str], Hook] = {}
        for name, sink in tickets.sinks.items():
            if (hook := hook_of(sink, session)) is not None:
                self._hooks[sink.type, name] = hook

    @property
    def routes(self) -> list[web.RouteDef]:
        """For the worker's web server; none where no sink has a way back."""
        return [web.post("/hooks/{type}/{name}", self._take)] if self._hooks else []

    @ruled(Access.SIGNED, max_bytes=MAX_BYTES, per_minute=1200)
    async def _take(self, request: web.Request) -> web.Response:
        name = request.match_info["name"]
        hook = self._hooks.get((request.match_info["type"], name))
        if hook is None:
            raise web.HTTPNotFound
        try:
            command = await hook.read(request.headers, await request.read())
        except StaleError as error:
            log.warning("hook of sink %s: %s", name, error)
            raise web.HTTPUnauthorized from None
        except BadSignatureError:
            log.warning("hook of sink %s: a request with a wrong signature", name)
            raise web.HTTPUnauthorized from None
        except NotNowError as error:
            log.warning("hook of sink %s: %s", name, error)
            raise web.HTTPServiceUnavailable from None
        except HookError as error:
            log.warning("hook of sink %s: %s", name, error)
            raise web.HTTPBadRequest from None
        if command is None:
            return web.Response()
        record = Record(
            topic=self._topic, key=command.case_id.encode(), value=encode_command(command)
        )
        try:
            await self._output.send([record])
        except KafkaError:
            log.exception("hook of sink %s: the broker does not take a command", name)
            raise web.HTTPServiceUnavailable from None
        log.info("hook of sink %s: %s of a case", name, command.action)
        return web.Response()
