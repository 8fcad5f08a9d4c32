"""Mastodon's search: statuses of an instance that name something, asked for now and then.

https://docs.joinmastodon.org/methods/search/: only where the instance has full-text search, and
only of those who opted in to be found.
"""

from collections.abc import AsyncIterator
from typing import Annotated

import msgspec
from msgspec import Meta

from streams.sinks.target import secret
from streams.sources import mastodon_status as statuses
from streams.sources.fetch import Fetcher, decoded, each
from streams.sources.item import mapped
from streams.sources.mastodon_status import Status, host_of
from streams.sources.source import Batch, Context, Cursor, Instance, Item

EVERY_S = 120.0
MAX_AGE_S = 7 * 86_400.0
_PAGE, _PAGES = 40, 5


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`queries` as a person would write them into the search field of the `instance`."""

    instance: Instance
    queries: Annotated[tuple[Annotated[str, Meta(min_length=1)], ...], Meta(min_length=1)]
    token_env: str = ""
    token_file: str = ""
    noindex: bool = False


class _Found(msgspec.Struct):
    statuses: list[msgspec.Raw]


_decoder = msgspec.json.Decoder(_Found)
_cursor = msgspec.json.Decoder(dict[str, str])


class Search:
    """Several queries of one instance."""

    def __init__(self, settings: Settings, context: Context) -> None:
        self._settings = settings
        self._fetcher = Fetcher(context)
        self._url = settings.instance.rstrip("/") + "/api/v2/search"
        self._host = host_of(settings.instance)
        self._headers = {"Authorization": f"Bearer {secret(settings, 'token')}"}

    async def batches(self, cursor: Cursor | None) -> AsyncIterator[Batch]:
        known = _cursor.decode(cursor) if cursor else {}
        since = {query: known.get(query, "") for query in self._settings.queries}
        for query in self._settings.queries:
            newest = since[query]
            for page in range(_PAGES):
                params = {"q": query, "type": "statuses", "limit": str(_PAGE)}
                if newest:
                    params["min_id"] = newest
                else:
                    params["offset"] = str(page * _PAGE)
                answer = await self._fetcher.get(self._url, params, self._headers)
                raws = decoded(answer, _decoder).statuses
                found, unreadable = each(raws, statuses.decoder)
                ids = [status.id for status in found]
                since[query] = max([since[query], *ids], key=lambda id: (len(id), id))
                items, odd = mapped(reversed(found), self._of)
                last = len(raws) < _PAGE or not found or page == _PAGES - 1
                reached = msgspec.json.encode(since).decode() if newest or last else None
                yield Batch(items=items, cursor=reached, unreadable=unreadable + odd)
                if last:
                    break
                newest = since[query] if newest else ""

    def _of(self, status: Status) -> list[Item]:
        return list(statuses.items(status, self._host, noindex=self._settings.noindex))

    async def close(self) -> None:
        """Nothing is held."""


def build(settings: Settings, context: Context) -> Search:
    """A source of searches. Raises ConfigError."""
    return Search(settings, context)
