"""`POST /v1/mentions`: mentions from whoever bears a token, one, a list, or one a line.

The answer comes when the broker has them. A request may be sent again: the ids are the sender's,
and a second arrival of an id changes nothing.
"""

import asyncio
import logging
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import NoReturn

import msgspec
from aiohttp import web
from aiokafka.errors import KafkaError

from scoring.errors import BadMentionError
from scoring.mention import Kind, Mention
from streams.sources import document
from streams.sources.brands import Matcher
from streams.sources.intake import INVALID, UNMATCHED, Intake, Taken
from streams.sources.meters import HTTP, SourceMeters
from streams.sources.records import mention_records
from streams.sources.source import Common, Item
from streams.web.refusal import refuse
from streams.web.rule import Access, ruled
from streams.worker.output import Output

log = logging.getLogger(__name__)

MAX_BYTES = 8 * 1024 * 1024
MOST = 5_000
"""Mentions in one request."""
PER_MINUTE = 1200
IN_FLIGHT_BYTES = 64 * 1024 * 1024
"""Bytes of requests that wait for the broker; more are put off."""
AFTER_S = 2
SEND_S, TIMEOUT_S = 30.0, 60.0
"""A broker that is away is not waited for with somebody on the line: the sender has patience."""
NDJSON = frozenset({"application/x-ndjson", "application/jsonl", "application/x-jsonlines"})
_list = msgspec.json.Decoder(list[msgspec.Raw])


class Fault(msgspec.Struct, frozen=True):
    """One mention of a request that is not taken; `index` counts from 0."""

    index: int
    reason: str
    detail: str


class Answer(msgspec.Struct, frozen=True):
    """What became of a request."""

    accepted: int
    rejected: int
    errors: Sequence[Fault]


class Ingest:
    """The endpoint of one worker."""

    def __init__(self, matcher: Matcher, topic: str, output: Output, meters: SourceMeters) -> None:
        self._intake = Intake(matcher, Common())
        self._topic = topic
        self._output = output
        self._meters = meters
        self._waiting = 0
        meters.begin(HTTP)

    @property
    def routes(self) -> list[web.RouteDef]:
        """For the worker's web server."""
        return [web.post("/v1/mentions", self._take)]

    @ruled(Access.SOURCE, max_bytes=MAX_BYTES, per_minute=PER_MINUTE, timeout_s=TIMEOUT_S)
    async def _take(self, request: web.Request) -> web.Response:
        size = request.content_length or MAX_BYTES
        if self._waiting + size > IN_FLIGHT_BYTES:
            self._put_off(web.HTTPTooManyRequests, "Kafka does not keep up; send it again later")
        self._waiting += size
        try:
            return await self._answer(parts(request.content_type, await request.read()))
        except (KafkaError, TimeoutError) as error:
            log.warning("mentions over HTTP: the broker does not take them: %r", error)
            self._put_off(web.HTTPServiceUnavailable, "Kafka is out of reach; send it again later")
        finally:
            self._waiting -= size

    def _put_off(self, kind: type[web.HTTPError], why: str) -> NoReturn:
        self._meters.pressure.labels(HTTP).inc()
        refuse(kind, why, {"Retry-After": str(AFTER_S)})

    async def _answer(self, given: Sequence[bytes]) -> web.Response:
        mentions: list[Mention] = []
        faults: list[Fault] = []
        outcomes = Taken()
        for index, raw in enumerate(given):
            fault = self._one(index, raw, mentions, outcomes)
            if fault is not None:
                faults.append(fault)
        async with asyncio.timeout(SEND_S):
            await self._output.send(mention_records(self._topic, mentions, HTTP))
        for outcome, number in outcomes.outcomes.items():
            self._meters.items.labels(HTTP, outcome).inc(number)
        answer = Answer(len(given) - len(faults), len(faults), faults)
        return web.Response(
            body=msgspec.json.encode(answer) + b"\n",
            content_type="application/json",
            status=202 if answer.accepted or not given else 400,
        )

    def _one(
        self, index: int, raw: bytes, mentions: list[Mention], outcomes: Taken
    ) -> Fault | None:
        try:
            item = document.read(raw)
            found = self._intake.one(item, datetime.now(UTC))
        except BadMentionError as error:
            outcomes.count(INVALID)
            return Fault(index, error.reason, error.detail)
        if not found:
            outcomes.count(UNMATCHED)
            return Fault(index, UNMATCHED, _unmatched(item))
        outcomes.count("sent")
        mentions += found
        return None


def _unmatched(item: Item) -> str:
    """Who sends says it all: nothing is remembered here of what was sent before."""
    if item.mention.text and not item.mention.parent_id:
        return "it names no `brand`, and no keyword of one is in its text"
    kind = item.mention.kind or Kind.POST
    return f"it names no `brand`: a {kind} is not looked up by what it answers or changes"


def parts(content_type: str, body: bytes) -> list[bytes]:
    """The mentions of a request, as they came. Raises 400, 413 or 415."""
    if content_type in NDJSON:
        found = [line for line in body.splitlines() if line.strip()]
    elif content_type in ("application/json", "application/octet-stream"):
        found = list(_json(body))
    else:
        refuse(
            web.HTTPUnsupportedMediaType,
            "send application/json (one mention, or a list) or application/x-ndjson (one a line)",
        )
    if len(found) > MOST:
        refuse(web.HTTPBadRequest, f"at most {MOST} mentions are taken at once: send them in parts")
    return found


def _json(body: bytes) -> Iterable[bytes]:
    if body.lstrip()[:1] != b"[":
        return [body]
    try:
        return [bytes(part) for part in _list.decode(body)]
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        refuse(web.HTTPBadRequest, f"the list is no JSON: {error}")
