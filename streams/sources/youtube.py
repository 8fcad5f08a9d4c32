"""YouTube: comments under videos, or under everything of a channel, through the Data API v3.

https://developers.google.com/youtube/v3/docs/commentThreads/list. A page costs one unit of the
10,000 a day that a project has. The API says nothing of deleted comments.
"""

from collections.abc import AsyncIterator
from datetime import datetime
from functools import partial
from typing import Annotated

import msgspec
from msgspec import Meta

from scoring.mention import Kind
from streams.errors import ConfigError
from streams.sinks.http import Answer, failure
from streams.sinks.target import Later, secret
from streams.sources.fetch import Fetcher, decoded, each
from streams.sources.item import author, engagement, identity, item, mapped
from streams.sources.source import Api, Batch, Context, Cursor, Item

EVERY_S = 300.0
MAX_AGE_S = 7 * 86_400.0
_PAGE, _PAGES = 100, 10
_EXHAUSTED_S = 3600.0
_MINUTE_S = 60.0
_EXHAUSTED = frozenset({"quotaExceeded", "dailyLimitExceeded"})
_TOO_FAST = frozenset({"rateLimitExceeded", "userRateLimitExceeded"})
_CLOSED = frozenset({"commentsDisabled", "videoNotFound", "forbidden", "channelNotFound"})
_CHANNEL = "youtube"
_Id = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]{5,64}$", examples=["dQw4w9WgXcQ"])]


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`videos` and `channels` by their ids, and an API key."""

    videos: tuple[_Id, ...] = ()
    channels: tuple[_Id, ...] = ()
    api_key_env: str = ""
    api_key_file: str = ""
    url: Api = "https://www.googleapis.com/youtube/v3"

    def check(self) -> None:
        """Raises ConfigError."""
        if not (self.videos or self.channels):
            raise ConfigError("nothing to read: set videos, channels, or both")


class _ChannelId(msgspec.Struct):
    value: str = ""


class _Said(msgspec.Struct, rename="camel"):
    published_at: datetime
    text_original: str = ""
    text_display: str = ""
    updated_at: datetime | None = None
    author_display_name: str = ""
    author_channel_id: _ChannelId = msgspec.field(default_factory=_ChannelId)
    like_count: int = 0
    parent_id: str = ""
    video_id: str = ""


class _Comment(msgspec.Struct):
    id: str
    snippet: _Said


class _Top(msgspec.Struct, rename="camel"):
    top_level_comment: _Comment
    video_id: str = ""
    total_reply_count: int = 0


class _Replies(msgspec.Struct):
    comments: list[_Comment] = []


class _Thread(msgspec.Struct):
    id: str
    snippet: _Top
    replies: _Replies = msgspec.field(default_factory=_Replies)


class _Page(msgspec.Struct, rename="camel"):
    items: list[msgspec.Raw] = []
    next_page_token: str = ""


class _Reason(msgspec.Struct):
    reason: str = ""


class _Errors(msgspec.Struct):
    errors: list[_Reason] = []


class _Refusal(msgspec.Struct):
    error: _Errors = msgspec.field(default_factory=_Errors)


_pages = msgspec.json.Decoder(_Page)
_threads = msgspec.json.Decoder(_Thread)
_comments = msgspec.json.Decoder(_Comment)
_refusals = msgspec.json.Decoder(_Refusal)
_cursor = msgspec.json.Decoder(dict[str, datetime])


class Comments:
    """Several videos and channels."""

    def __init__(self, settings: Settings, context: Context) -> None:
        self._settings = settings
        self._fetcher = Fetcher(context)
        # Not as `key=` in the address, where logs of proxies would keep it.
        self._headers = {"X-Goog-Api-Key": secret(settings, "api_key")}

    async def batches(self, cursor: Cursor | None) -> AsyncIterator[Batch]:
        reached = _cursor.decode(cursor) if cursor else {}
        wanted = [("videoId", id) for id in self._settings.videos]
        wanted += [("allThreadsRelatedToChannelId", id) for id in self._settings.channels]
        for key, id in wanted:
            since = reached.get(id)
            items: list[Item] = []
            unreadable, token = 0, ""
            for _ in range(_PAGES):
                params = {"part": "snippet,replies", "order": "time", "maxResults": str(_PAGE)}
                params |= {key: id, "textFormat": "plainText"}
                page = await self._get("commentThreads", params, token)
                if page is None:
                    break
                found, wrong = each(page.items, _threads)
                unreadable += wrong
                for thread in found:
                    told = await self._all(thread, since)
                    more, odd = mapped(told, partial(_items, thread))
                    items += more
                    unreadable += odd
                times = [thread.snippet.top_level_comment.snippet.published_at for thread in found]
                if times:
                    reached[id] = max([*times, *([reached[id]] if id in reached else [])])
                token = page.next_page_token
                if not token or not times or since is None or min(times) <= since:
                    break
            items.sort(key=lambda one: one.mention.created_at)
            yield Batch(
                items=items, cursor=msgspec.json.encode(reached).decode(), unreadable=unreadable
            )

    async def _all(self, thread: _Thread, since: datetime | None) -> list[_Comment]:
        """The comment and its replies; a thread comes with five of them."""
        told = thread.replies.comments
        whole = len(told) >= thread.snippet.total_reply_count
        if whole or (since and thread.snippet.top_level_comment.snippet.published_at <= since):
            return [thread.snippet.top_level_comment, *told]
        params = {"part": "snippet", "parentId": thread.id, "maxResults": str(_PAGE)}
        page = await self._get("comments", params | {"textFormat": "plainText"}, "")
        replies = each(page.items, _comments)[0] if page else told
        return [thread.snippet.top_level_comment, *replies]

    async def _get(self, what: str, params: dict[str, str], token: str) -> _Page | None:
        """A page, None where there is nothing to be read. Raises Later, Refused."""
        if token:
            params = params | {"pageToken": token}
        url = f"{self._settings.url.rstrip('/')}/{what}"
        answer = await self._fetcher.get(url, params, self._headers, takes={403, 404})
        if answer.status == 200:
            return decoded(answer, _pages)
        reasons = _reasons(answer)
        if reasons & _EXHAUSTED:
            raise Later("the day's quota is used up", _EXHAUSTED_S)
        if reasons & _TOO_FAST:
            raise Later("more calls than a minute allows", _MINUTE_S)
        if reasons & _CLOSED:
            return None
        raise failure(answer)

    async def close(self) -> None:
        """Nothing is held."""


def _reasons(answer: Answer) -> set[str]:
    try:
        return {one.reason for one in _refusals.decode(answer.body).error.errors}
    except (msgspec.DecodeError, UnicodeDecodeError):
        return set()


def _items(thread: _Thread, comment: _Comment) -> list[Item]:
    said = comment.snippet
    video = thread.snippet.video_id or said.video_id
    top = comment.id == thread.snippet.top_level_comment.id
    root = identity(_CHANNEL, "comment", thread.id)
    changed = said.updated_at if said.updated_at and said.updated_at > said.published_at else None
    found = item(
        id=root if top else identity(_CHANNEL, "comment", comment.id),
        text=said.text_original or said.text_display or "[]",
        created_at=said.published_at,
        changed_at=changed,
        channel=_CHANNEL,
        kind=Kind.POST if top else Kind.REPLY,
        conversation_id=None if top else root,
        parent_id=None if top else root,
        author=author(id=said.author_channel_id.value or None, handle=said.author_display_name),
        url=f"https://www.youtube.com/watch?v={video}&lc={comment.id}" if video else None,
        engagement=engagement(
            likes=said.like_count, replies=thread.snippet.total_reply_count if top else None
        ),
    )
    return [found]


def build(settings: Settings, context: Context) -> Comments:
    """A source of comments. Raises ConfigError."""
    return Comments(settings, context)
