"""X: posts that rules of yours match, as they are written, over the filtered stream of API v2.

https://docs.x.com/x-api/posts/filtered-stream/introduction. Rules are kept as the file says them,
those with our tag alone. The stream tells nothing of what came while nobody listened: that is
asked of the recent search (seven days), once the stream is open.
"""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import aclosing
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Annotated

import msgspec
from msgspec import Meta

from streams.sinks.http import call
from streams.sinks.target import Later, Refused, secret
from streams.sources.fetch import Fetcher, decoded
from streams.sources.item import mapped
from streams.sources.source import Api, Batch, Context, Cursor, Item
from streams.sources.streaming import lines, listened
from streams.sources.x_posts import FIELDS, Includes, Post, to_item

log = logging.getLogger(__name__)

EVERY_S = 1.0
STREAMS = True
_IDLE_S = 40.0
"""X sends an empty line every 20 s."""
_PAGES = 10
_SEARCHED = timedelta(days=7, minutes=-2)
_EPOCH_MS, _CLOCK_BIT = 1_288_834_974_657, 22
"""An id is a snowflake: its upper bits are milliseconds since X's own epoch."""


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`rules` in X's own language, such as `"acme" lang:fr -is:retweet`, and an app's bearer token.

    `fill_gaps`: ask the recent search for what a break has cost; each post of it counts.
    """

    rules: Annotated[
        tuple[Annotated[str, Meta(min_length=1, max_length=1024)], ...],
        Meta(min_length=1, max_length=1000),
    ]
    bearer_token_env: str = ""
    bearer_token_file: str = ""
    fill_gaps: bool = True
    url: Api = "https://api.x.com/2"


class _Line(msgspec.Struct):
    data: Post | None = None
    includes: Includes | None = None
    errors: list[msgspec.Raw] = []


class _Meta(msgspec.Struct):
    next_token: str = ""


class _Page(msgspec.Struct):
    data: list[Post] = []
    includes: Includes | None = None
    meta: _Meta = msgspec.field(default_factory=_Meta)


class _Rule(msgspec.Struct):
    id: str
    value: str
    tag: str = ""


class _Rules(msgspec.Struct):
    data: list[_Rule] = []


_lines = msgspec.json.Decoder(_Line)
_pages = msgspec.json.Decoder(_Page)
_rules = msgspec.json.Decoder(_Rules)


class FilteredStream:
    """One stream; an app has one."""

    def __init__(self, settings: Settings, context: Context) -> None:
        self._settings = settings
        self._session = context.session
        self._fetcher = Fetcher(context)
        self._name = context.name
        self._tag = f"tocsin:{context.name}"
        self._base = settings.url.rstrip("/") + "/tweets/search"
        self._headers = {"Authorization": f"Bearer {secret(settings, 'bearer_token')}"}

    async def batches(self, cursor: Cursor | None) -> AsyncIterator[Batch]:
        await self._set_rules()
        newest = cursor or ""
        opened = asyncio.Event()
        stream = lines(
            self._session,
            self._base + "/stream",
            headers=self._headers,
            params=FIELDS,
            idle_s=_IDLE_S,
            opened=opened,
        )
        missed = self._missed(newest) if newest and self._settings.fill_gaps else None
        async with aclosing(listened(stream, opened, missed, _read)) as batches:
            async for batch in batches:
                newest = batch.cursor or _newest(newest, batch)
                yield msgspec.structs.replace(batch, cursor=newest or None)

    async def _missed(self, since: str) -> AsyncIterator[Batch]:
        """What the rules match since the newest post that we have, which stays the cursor."""
        for rule in self._settings.rules:
            token = ""
            for _ in range(_PAGES):
                params = FIELDS | {"query": rule, "max_results": "100", "sort_order": "recency"}
                params |= _from(since) | ({"next_token": token} if token else {})
                try:
                    answer = await self._fetcher.get(self._base + "/recent", params, self._headers)
                except Refused as error:
                    # Not in the app's plan, mostly: listening goes on.
                    log.warning("source %s: what came meanwhile is lost: %s", self._name, error)
                    return
                page = decoded(answer, _pages)
                posts = reversed(page.data)
                items, odd = mapped(posts, partial(_of, page.includes))
                yield Batch(items=items, cursor=since, unreadable=odd)
                token = page.meta.next_token
                if not token:
                    break
            else:
                log.warning(
                    "source %s: more than %d posts of one rule came meanwhile: older ones are lost",
                    self._name,
                    _PAGES * 100,
                )

    async def _set_rules(self) -> None:
        """Adds the rules that are missing, takes away those of ours that are no more."""
        url = self._base + "/stream/rules"
        known = decoded(await self._fetcher.get(url, None, self._headers), _rules).data
        ours = {rule.value: rule.id for rule in known if rule.tag == self._tag}
        gone = [id for value, id in ours.items() if value not in self._settings.rules]
        new = [value for value in self._settings.rules if value not in ours]
        if gone:
            await self._change({"delete": {"ids": gone}})
        if new:
            await self._change({"add": [{"value": value, "tag": self._tag} for value in new]})

    async def _change(self, body: object) -> None:
        url = self._base + "/stream/rules"
        await call(self._session, "POST", url, body=body, headers=self._headers)

    async def close(self) -> None:
        """The connection ends with the batches."""


def _of(includes: Includes | None, post: Post) -> list[Item]:
    return [to_item(post, includes)]


def _read(told: list[bytes]) -> Batch:
    items, unreadable = mapped(told, read)
    return Batch(items=items, unreadable=unreadable)


def read(line: bytes) -> list[Item]:
    """The items of one line. Raises Later where X ends the stream, else one of UNREADABLE."""
    found = _lines.decode(line) if line.strip() else _Line()
    if found.data is None and found.errors:
        said = bytes(found.errors[0])[:200].decode("utf-8", "replace")
        raise Later(f"X ends the stream: {said}")
    return [to_item(found.data, found.includes)] if found.data else []


def _from(since: str) -> dict[str, str]:
    """Where a search begins: at a post, or, where that is too old to be named, as early as it may.

    https://docs.x.com/x-api/posts/search-recent-posts
    """
    oldest = datetime.now(UTC) - _SEARCHED
    if int(since) >> _CLOCK_BIT > round(oldest.timestamp() * 1000) - _EPOCH_MS:
        return {"since_id": since}
    return {"start_time": oldest.strftime("%Y-%m-%dT%H:%M:%SZ")}


def _newest(newest: str, batch: Batch) -> str:
    """Ids of posts are numbers that grow with time; an edit's own id is left out, as it may."""
    ids = [one.mention.id.rpartition(":")[2] for one in batch.items]
    return max([newest, *ids], key=lambda id: (len(id), id))


def build(settings: Settings, context: Context) -> FilteredStream:
    """A source of one filtered stream. Raises ConfigError."""
    return FilteredStream(settings, context)
