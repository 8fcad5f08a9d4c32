"""Mastodon: a timeline of one instance as it is written, over server-sent events.

https://docs.joinmastodon.org/methods/streaming/. The stream says nothing of what came while nobody
listened: that is asked of the timeline (`min_id`), once the stream is open.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from datetime import UTC, datetime
from typing import Annotated, Literal, NamedTuple

import msgspec
from msgspec import Meta

from scoring.mention import Kind
from streams.sinks.target import secret
from streams.sources import mastodon_status as statuses
from streams.sources.fetch import Fetcher, decoded, each
from streams.sources.item import deletion, mapped
from streams.sources.mastodon_status import CHANNEL, Status, host_of, status_id
from streams.sources.source import Batch, Context, Cursor, Instance, Item
from streams.sources.streaming import lines, listened

EVERY_S = 1.0
STREAMS = True
_IDLE_S = 90.0
_PAGE, _PAGES = 40, 25
"""A thousand statuses of a gap at most: an instance wants no more than 300 calls in 5 minutes."""
_PATHS = {
    "public": ("streaming/public", "timelines/public"),
    "public:local": ("streaming/public/local", "timelines/public?local=true"),
    "hashtag": ("streaming/hashtag", "timelines/tag/"),
}


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`instance` such as `https://mastodon.example`, and a token of an account there.

    `stream`: everything that the instance hears of, what is written there, or a `hashtag`.
    `noindex`: take also what is written by who asks not to be indexed.
    """

    instance: Instance
    token_env: str = ""
    token_file: str = ""
    stream: Literal["public", "public:local"] = "public"
    hashtag: Annotated[str, Meta(pattern=r"^[^\s#/?]*$", examples=["acme, without the #"])] = ""
    noindex: bool = False


class _Event(NamedTuple):
    name: str
    data: bytes


_page = msgspec.json.Decoder(list[msgspec.Raw])


class Timeline:
    """One timeline of one instance."""

    def __init__(self, settings: Settings, context: Context) -> None:
        self._settings = settings
        self._session = context.session
        self._fetcher = Fetcher(context)
        self._api = settings.instance.rstrip("/") + "/api/v1/"
        self._host = host_of(settings.instance)
        self._headers = {"Authorization": f"Bearer {secret(settings, 'token')}"}
        self._paths = _PATHS["hashtag" if settings.hashtag else settings.stream]

    async def batches(self, cursor: Cursor | None) -> AsyncIterator[Batch]:
        newest = cursor or ""
        opened = asyncio.Event()
        missed = self._missed(newest) if newest else None
        told = listened(self._events(opened), opened, missed, self._read)
        async with aclosing(told) as batches:
            async for batch in batches:
                newest = batch.cursor or _newest(newest, batch, self._host)
                yield msgspec.structs.replace(batch, cursor=newest or None)

    async def _events(self, opened: asyncio.Event) -> AsyncGenerator[_Event, None]:
        params = {"tag": self._settings.hashtag} if self._settings.hashtag else None
        url = self._api + self._paths[0]
        name, data = "", b""
        async with aclosing(
            lines(
                self._session,
                url,
                headers=self._headers,
                params=params,
                idle_s=_IDLE_S,
                opened=opened,
            )
        ) as stream:
            async for (
                line
            ) in stream:  # https://html.spec.whatwg.org/multipage/server-sent-events.html
                field, _, value = line.partition(b":")
                value = value.removeprefix(b" ")
                if field == b"event":
                    name = value.decode("utf-8", "replace")
                elif field == b"data":
                    data += b"\n" + value if data else value
                elif not line:
                    if name:
                        yield _Event(name, data)
                    name, data = "", b""

    async def _missed(self, since: str) -> AsyncIterator[Batch]:
        """What the timeline has since the newest status that we have."""
        path, _, query = self._paths[1].partition("?")
        for _ in range(_PAGES):
            params = {"min_id": since, "limit": str(_PAGE)}
            if query:
                params |= dict([query.split("=")])
            url = self._api + path + self._settings.hashtag
            answer = await self._fetcher.get(url, params, self._headers)
            page = decoded(answer, _page)
            found, unreadable = each(page, statuses.decoder)
            items, odd = mapped(reversed(found), self._of)
            if found:
                since = max((status.id for status in found), key=_order)
            yield Batch(items=items, cursor=since, unreadable=unreadable + odd)
            if len(page) < _PAGE or not found:
                return

    def _read(self, events: list[_Event]) -> Batch:
        items, unreadable = mapped(events, self._event)
        return Batch(items=items, unreadable=unreadable)

    def _event(self, event: _Event) -> list[Item]:
        if event.name in ("update", "status.update"):
            return self._of(statuses.decoder.decode(event.data))
        if event.name == "delete":
            id = status_id(self._host, event.data.decode().strip())
            return [deletion(id, datetime.now(UTC), CHANNEL)]
        return []

    def _of(self, status: Status) -> list[Item]:
        return list(statuses.items(status, self._host, noindex=self._settings.noindex))

    async def close(self) -> None:
        """The connection ends with the batches."""


def _newest(newest: str, batch: Batch, host: str) -> str:
    own = status_id(host, "")
    ids = [one.mention.id for one in batch.items if one.mention.kind is not Kind.DELETION]
    return max([newest, *(id.removeprefix(own) for id in ids)], key=_order)


def _order(id: str) -> tuple[int, str]:
    """Ids are numbers as texts: a longer one is newer."""
    return len(id), id


def build(settings: Settings, context: Context) -> Timeline:
    """A source of one timeline. Raises ConfigError."""
    return Timeline(settings, context)
