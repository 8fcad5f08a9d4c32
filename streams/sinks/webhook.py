"""Any receiver that speaks Standard Webhooks: signed, with the schedule of tries published there.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Literal
from urllib.parse import parse_qsl

import aiohttp
import msgspec
from standardwebhooks.webhooks import Webhook

from scoring.escalation import Escalation, Status
from streams import hidden
from streams.errors import ConfigError
from streams.sinks import http
from streams.sinks.identity import notice_id
from streams.sinks.standard import standard
from streams.sinks.target import (
    CREATED,
    RESOLVED,
    UPDATED,
    Delivered,
    Memory,
    Notice,
    named,
    secret,
    secrets,
    settings_of,
)
from streams.sinks.web import Address

SCHEDULE = (5.0, 300.0, 1800.0, 7200.0, 18_000.0, 36_000.0, 50_400.0, 72_000.0, 86_400.0)
"""Seconds after each failed try: ten tries over 75 h 35 min, as the specification has them."""
EVENTS = True
"""Every message goes out, in order per case: what a receiver makes of it is its own affair."""
_SECRET_URL = re.compile(r"https?://[^\s/?#@]+(/[^\s?#]*)?(\?[^\s#]*)?")
"""Of an address that is kept as a secret: a query may be what is secret in it."""
_MOST_BYTES = 20_000
"""The specification wants payloads below 20 kB."""
_OUTCOMES = {Status.OPEN: CREATED, Status.UPDATE: UPDATED, Status.RESOLVED: RESOLVED}


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`url`, or a variable or file that holds it; keys for signing, the newest first.

    While keys are being rotated name both: each message is signed with all of them.
    """

    url: Address | Literal[""] = ""
    url_env: str = ""
    url_file: str = ""
    secret_env: str | tuple[str, ...] = ()
    secret_file: str | tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.url:
            named(self, "url")
        elif self.url_env or self.url_file:
            raise ValueError("name the url once: url, url_env or url_file")
        if not (self.secret_env or self.secret_file):
            raise ValueError("name a key for signing by secret_env or secret_file")


class _Webhook:
    def __init__(self, url: str, keys: list[Webhook], session: aiohttp.ClientSession) -> None:
        self._url = url
        self._keys = keys
        self._session = session

    async def deliver(self, notice: Notice, memory: Memory) -> Delivered:
        said = notice.escalation
        content = body(notice)
        sent = datetime.now(UTC)
        id_ = notice_id(notice)
        signatures = [key.sign(id_, sent, content) for key in self._keys]
        await http.call(
            self._session,
            "POST",
            self._url,
            data=content.encode(),
            headers={
                "Content-Type": "application/json",
                "webhook-id": id_,
                "webhook-timestamp": str(int(sent.timestamp())),
                "webhook-signature": " ".join(signatures),
            },
        )
        return Delivered({}, notice.changed if notice.passes_on else _OUTCOMES[said.status])

    async def close(self) -> None:
        pass


def build(settings: Mapping[str, Any], session: aiohttp.ClientSession) -> _Webhook:
    """A webhook. Raises ConfigError."""
    values = settings_of(Settings, settings)
    url = values.url or _secret_url(values)
    keys = [standard(key) for key in secrets(values, "secret")]
    return _Webhook(url, keys, session)


def _secret_url(values: Settings) -> str:
    url = secret(values, "url")
    if not _SECRET_URL.fullmatch(url):
        raise ConfigError("url: what it names is no address such as https://host, without a login")
    path, _, query = url.partition("://")[2].partition("/")[2].partition("?")
    for part in (query, path, *(value for _, value in parse_qsl(query))):
        hidden.remember(part)
    return url


def body(notice: Notice) -> str:
    """`type`, `timestamp` and `data`; the oldest mention ids are left out of what is too long."""
    said = notice.escalation
    happened = f"case.{notice.changed}" if notice.passes_on else f"escalation.{said.status}"
    while True:
        found = _encoded(notice, said, happened)
        if len(found) < _MOST_BYTES or not said.mention_ids:
            return found.decode()
        kept = said.mention_ids[len(said.mention_ids) // 2 + 1 :]
        said = msgspec.structs.replace(said, mention_ids=kept)


def _encoded(notice: Notice, said: Escalation, happened: str) -> bytes:
    extras: dict[str, object] = {}
    if notice.test:
        extras["test"] = True
    if notice.acknowledged_by:
        extras["acknowledged_by"] = notice.acknowledged_by
    if notice.released_by:
        extras["released_by"] = notice.released_by
    if notice.console_url:
        extras["console_url"] = notice.console_url
    return msgspec.json.encode({"type": happened, "timestamp": said.at, "data": said} | extras)
