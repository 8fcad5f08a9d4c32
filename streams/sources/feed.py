"""RSS and Atom feeds: blogs, forums, news, YouTube channels; asked whether they have changed.

https://www.rssboard.org/rss-specification, RFC 4287; conditional requests: RFC 9110, section 13.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from datetime import UTC, datetime
from time import struct_time
from typing import Annotated, Any, NoReturn
from xml.sax import SAXException

import feedparser
import msgspec
from msgspec import Meta
from yarl import URL

from scoring.mention import Attachment, Slug
from streams.sinks.http import Answer
from streams.sinks.target import Later, Refused
from streams.sources.fetch import Fetcher, Part
from streams.sources.item import UNREADABLE, attachment, author, identity, item, mapped
from streams.sources.plain import plain
from streams.sources.source import MOST_WHY, Batch, Context, Cursor, Item

EVERY_S = 300.0
REFUSED_WAIT_S = 300.0
"""Until an address that was refused is asked again; the others are meanwhile."""
MAX_AGE_S = 7 * 86_400.0
_ACCEPT = "application/atom+xml, application/rss+xml, application/xml;q=0.9, */*;q=0.5"


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`urls` of feeds, and the `channel` that they are."""

    urls: Annotated[
        tuple[
            Annotated[
                str, Meta(pattern=r"^https?://[^\s]+$", examples=["https://news.example/rss"])
            ],
            ...,
        ],
        Meta(min_length=1),
    ]


class Seen(msgspec.Struct, omit_defaults=True):
    """What a feed said of its version; it is sent back to ask for a newer one."""

    etag: str = ""
    modified: str = ""


_cursor = msgspec.json.Decoder(dict[str, Seen])


class Feeds:
    """Several feeds of one kind; one that fails does not hold the others up."""

    def __init__(self, settings: Settings, context: Context) -> None:
        self._urls = settings.urls
        self._channel: Slug = context.common.channel or "blog"
        self._fetcher = Fetcher(context)
        self._failed: dict[str, Later | Refused] = {}
        self._not_before: dict[str, float] = {}

    async def batches(self, cursor: Cursor | None) -> AsyncIterator[Batch]:
        known = _cursor.decode(cursor) if cursor else {}
        seen = {url: known.get(url, Seen()) for url in self._urls}
        now = time.monotonic()
        for number, url in enumerate(self._urls):
            if now < self._not_before.get(url, 0.0):
                continue
            try:
                answer = await self._fetcher.get(
                    url, headers=_asking(seen[url]), takes={304}, redirects=True
                )
                batch, whole = Batch(), False
                if answer.status != 304:
                    batch, whole = await asyncio.to_thread(parse, answer, url, self._channel)
            except (Later, Refused) as error:
                where = f"urls[{number}] ({URL(url).host})" if len(self._urls) > 1 else ""
                error.reason = f"{where}: {error.reason}".removeprefix(": ")
                self._failed[url] = error
                wait = error.after_s if isinstance(error, Later) else REFUSED_WAIT_S
                self._not_before[url] = now + (wait or 0.0)
                continue
            self._failed.pop(url, None)
            if answer.status == 304:
                continue
            headers = {name.lower(): value for name, value in answer.headers.items()}
            # Of half a document the other half is still to come, under the same version perhaps.
            seen[url] = (
                Seen(headers.get("etag", ""), headers.get("last-modified", "")) if whole else Seen()
            )
            yield msgspec.structs.replace(batch, cursor=msgspec.json.encode(seen).decode())
        if self._failed:
            self._raise(now)

    def _raise(self, now: float) -> NoReturn:
        said = "; ".join(error.reason for error in self._failed.values())
        if len(self._failed) < len(self._urls):
            raise Part(said)
        if all(isinstance(error, Refused) for error in self._failed.values()):
            raise Refused(said)
        raise Later(said, max(0.0, min(self._not_before.values()) - now))

    async def close(self) -> None:
        """Nothing is held."""


def _asking(seen: Seen) -> dict[str, str]:
    headers = {"Accept": _ACCEPT}
    if seen.etag:
        headers["If-None-Match"] = seen.etag
    if seen.modified:
        headers["If-Modified-Since"] = seen.modified
    return headers


def parse(answer: Answer, url: str, channel: Slug) -> tuple[Batch, bool]:
    """The entries of a document, oldest first, and whether it has an end.

    Raises Later when it is no feed.
    """
    told = {"content-type": answer.headers.get("Content-Type", ""), "content-location": url}
    try:
        found = feedparser.parse(answer.body, response_headers=told)
    except UNREADABLE as error:
        raise Later("the answer is no feed that could be read") from error
    if not found.get("version") and not found.entries:
        raise Later("the answer is no feed")
    items: list[Item] = []
    wrong: list[str] = []
    for number, entry in enumerate(found.entries, 1):
        made, odd = mapped([entry], lambda entry: _items(entry, url, channel))
        items += made
        if odd:
            wrong.append(f"entry {number} on {URL(url).host}: no words, or nothing to know it by")
    items.sort(key=lambda one: one.mention.created_at)
    whole = not isinstance(found.get("bozo_exception"), SAXException)
    return Batch(items=items, unreadable=len(wrong), why=wrong[:MOST_WHY]), whole


def _items(entry: Mapping[str, Any], url: str, channel: Slug) -> Iterator[Item]:
    link = str(entry.get("link") or "")
    title = plain(str(entry.get("title") or ""))
    contents = [str(one.get("value") or "") for one in entry.get("content") or ()]
    words = plain(max([*contents, str(entry.get("summary") or "")], key=len))
    text = "\n\n".join(part for part in (title, words) if part)
    own = str(entry.get("id") or link or (text and f"{url}#{text}"))
    if not own or not text:
        raise ValueError("an entry without a word, or without anything to know it by")
    # Asked for without being there, it would be `published_parsed`.
    updated = _time(entry["updated_parsed"]) if "updated_parsed" in entry else None
    published = _time(entry.get("published_parsed")) or updated or datetime.now(UTC)
    now = datetime.now(UTC)
    yield item(
        id=identity("feed", own),
        text=text,
        created_at=min(published, now),  # announced ahead of time by some
        changed_at=updated,
        channel=channel,
        author=author(handle=_author(entry)),
        url=link or None,
        attachments=list(_attachments(entry)),
    )


def _author(entry: Mapping[str, Any]) -> str:
    detail = entry.get("author_detail") or {}
    return str(detail.get("name") or entry.get("author") or "")


def _attachments(entry: Mapping[str, Any]) -> Iterator[Attachment]:
    for one in entry.get("enclosures") or ():
        kind = str(one.get("type") or "").partition("/")[0]
        yield attachment(kind, one.get("href"))


def _time(parsed: struct_time | None) -> datetime | None:
    """Times are parsed to UTC."""
    try:
        return datetime(*parsed[:6], tzinfo=UTC) if parsed else None
    except ValueError:
        return None


def build(settings: Settings, context: Context) -> Feeds:
    """A source of feeds."""
    return Feeds(settings, context)
