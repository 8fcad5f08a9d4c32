"""What a worker's web server offers beside its own pages: the console's API, and the sources."""

import hmac
import json
import os
import time
from base64 import b64encode
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from hashlib import sha256
from typing import Any
from urllib.parse import quote

import msgspec
from aiohttp.web import RouteDef

from benchmarks.fuzz import seeds, sourced
from scoring.command import Command
from streams.config import Settings
from streams.console.api import Api
from streams.console.gathered import Gathered
from streams.console.live import Live
from streams.metrics import Metrics
from streams.sources import brands, settings
from streams.sources.brands import Matcher
from streams.sources.hooks import SourceHooks
from streams.sources.ingest import Ingest
from streams.worker.output import Output, Record

KEY = "fuzz"
TOPIC = "mentions"
_VARIABLE = "TOCSIN_FUZZ_KEY"
_SOURCES: dict[str, Any] = {
    "brands": {"acme": {"keywords": ["acme"]}},
    "sources": {
        "page": {
            "type": "meta",
            "app_secret_env": _VARIABLE,
            "verify_token_env": _VARIABLE,
        },
        "desk": {"type": "zendesk", "signing_secret_env": _VARIABLE},
        "shop": {
            "type": "webhook",
            "signature": "hmac-hex",
            "secret_env": _VARIABLE,
            "mapping": {"items": "p[]", "text": "t", "created_at": "c", "id": "i"},
        },
    },
}
_QUERIES = (
    "cases",
    "cases?state=closed&level=crisis,watch&brand=acme&owner=ana&q=b%C3%A4g&sort=urgency",
    "cases?offset=1&limit=2",
    "brands?window=24h",
    "about",
    "events?since=1-1",
)


class _Nowhere(Output):
    """Takes everything and keeps nothing, in the broker's place."""

    async def send(self, records: Iterable[Record]) -> None:
        """As if all were acknowledged."""
        for record in records:
            assert record.topic == TOPIC


class _Quiet(Gathered):
    """Knows some cases, and follows nobody."""

    def start(self) -> None:
        """Nothing."""


async def _order(command: Command) -> None:
    assert command.id


def known(own: Settings) -> Gathered:
    """What the console knows: the cases of a made-up crisis."""
    gathered = _Quiet(own)
    for said in seeds.said_of_a_crisis():
        gathered.book.say(said)
    return gathered


def made(own: Settings, metrics: Metrics, gathered: Gathered) -> list[RouteDef]:
    """Routes of the console's API and of the sources, without a broker behind them."""
    api = Api(gathered, Live(gathered), _order, lambda: {"problems": ()})
    with _secret():
        configured = settings.parse(_SOURCES)
        matcher, output = Matcher(brands.read(_SOURCES["brands"])), _Nowhere(own)
        hooks = SourceHooks(configured.sources, matcher, TOPIC, output, metrics.sources)
    ingest = Ingest(matcher, TOPIC, output, metrics.sources)
    return [*api.routes, *hooks.routes, *ingest.routes]


@contextmanager
def _secret() -> Iterator[None]:
    """Secrets of sources come from variables alone."""
    os.environ[_VARIABLE] = KEY
    try:
        yield
    finally:
        del os.environ[_VARIABLE]


def console(token: str) -> list[bytes]:
    """Requests of the console."""
    decision = msgspec.json.encode(
        {"id": "a", "action": "snooze", "case_id": "acme:root", "by": "ana", "for_s": 600}
    )
    case_id = quote(seeds.said_of_a_crisis()[0].case_id, safe="")
    gets = [_request("GET", f"/api/v1/{query}") for query in (*_QUERIES, f"case?id={case_id}")]
    return [*gets, _request("POST", "/api/v1/commands", decision, token)]


def sources(token: str) -> list[bytes]:
    """Requests of those who send: mentions with a token, calls of platforms with a signature."""
    one = seeds.mentions()[0]
    lines = [("application/json", one), ("application/json", b"[" + one + b"]")]
    lines.append(("application/x-ndjson", one + b"\n" + one))
    sent = [_request("POST", "/v1/mentions", body, token, kind) for kind, body in lines]
    entry = {"id": "9", "time": 1772442300, "changes": [{"field": "feed", "value": sourced.CHANGE}]}
    shaped = {"p": [{"t": "acme", "c": 1772442300, "i": 5}]}
    called = {"page": {"object": "page", "entry": [entry]}, "desk": sourced.TICKET, "shop": shaped}
    calls = [
        _request("POST", f"/sources/{name}", json.dumps(body).encode())
        for name, body in called.items()
    ]
    ask = f"/sources/page?hub.mode=subscribe&hub.verify_token={KEY}&hub.challenge=1"
    return [*sent, *calls, _request("GET", ask)]


def _request(
    method: str, path: str, body: bytes = b"", token: str = "", kind: str = "application/json"
) -> bytes:
    head = f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
    if token:
        head += f"Authorization: Bearer {token}\r\n"
    if body:
        head += f"Content-Type: {kind}\r\n"
    return head.encode() + b"\r\n" + body


def whole(raw: bytes) -> bytes:
    """A request whose head says how long its body is, signed as each of the platforms does."""
    head, _, body = raw.partition(b"\r\n\r\n")
    if len(body) % 8 == 1:  # one in eight is signed for another body
        return _with(head, body, body[1:])
    return _with(head, body, body)


def _with(head: bytes, body: bytes, signed: bytes) -> bytes:
    stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    more: Mapping[str, str] = {
        "Content-Length": str(len(body)),
        "X-Hub-Signature-256": "sha256=" + _mac(signed).hex(),
        "X-Signature": _mac(signed).hex(),
        "X-Zendesk-Webhook-Signature": b64encode(_mac(stamp.encode() + signed)).decode(),
        "X-Zendesk-Webhook-Signature-Timestamp": stamp,
    }
    added = "".join(f"\r\n{name}: {value}" for name, value in more.items())
    return head + added.encode() + b"\r\n\r\n" + body


def _mac(body: bytes) -> bytes:
    return hmac.new(KEY.encode(), body, sha256).digest()
