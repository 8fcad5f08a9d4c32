"""Reddit: new posts and comments of subreddits, and searches, through its Data API.

https://www.reddit.com/dev/api/ and https://github.com/reddit-archive/reddit/wiki/API. Listings are
read from the newest back to what was there before: paging by `before` stops for ever once the item
that it names is deleted.
"""

import time
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from typing import Annotated

import aiohttp
import msgspec
from msgspec import Meta

from scoring.mention import Kind
from streams import hidden
from streams.errors import ConfigError
from streams.sinks.http import call
from streams.sinks.target import secret
from streams.sources.fetch import Fetcher, decoded, each
from streams.sources.item import attachment, author, deletion, engagement, identity, item, mapped
from streams.sources.source import Api, Batch, Context, Cursor, Item

EVERY_S = 60.0
RATE_PER_S = 1.0
MAX_AGE_S = 7 * 86_400.0
_PAGE, _PAGES = 100, 10
_GONE = frozenset({"[deleted]", "[removed]"})
_CHANNEL = "reddit"


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A registered app's id and secret, and what to read: `subreddits`, `queries`, or both.

    `user_agent` names the app and a person, as Reddit asks: `linux:acme-listener:1.0 (by /u/acme)`.
    """

    client_id: Annotated[str, Meta(min_length=1)]
    client_secret_env: str = ""
    client_secret_file: str = ""
    user_agent: Annotated[str, Meta(min_length=10, max_length=200)]
    subreddits: tuple[
        Annotated[str, Meta(pattern=r"^[A-Za-z0-9_]{2,50}$", examples=["travel, without r/"])], ...
    ] = ()
    queries: tuple[Annotated[str, Meta(min_length=1, max_length=512)], ...] = ()
    comments: bool = True
    url: Api = "https://oauth.reddit.com"
    token_url: Api = "https://www.reddit.com/api/v1/access_token"

    def check(self) -> None:
        """Raises ConfigError."""
        if not (self.subreddits or self.queries):
            raise ConfigError("nothing to read: set subreddits, queries, or both")


class _Thing(msgspec.Struct):
    name: str
    created_utc: float
    author: str = ""
    permalink: str = ""
    title: str = ""
    selftext: str = ""
    body: str = ""
    link_id: str = ""
    parent_id: str = ""
    url: str = ""
    is_self: bool = True
    is_video: bool = False
    edited: bool | float = False
    num_comments: int = 0
    score: int = 0
    promoted: bool | None = None


class _Child(msgspec.Struct):
    kind: str
    data: _Thing


class _Data(msgspec.Struct):
    children: list[msgspec.Raw]
    after: str | None = None


class _Listing(msgspec.Struct):
    data: _Data


class _Token(msgspec.Struct):
    access_token: str
    expires_in: float = 3600.0


_listings = msgspec.json.Decoder(_Listing)
_children = msgspec.json.Decoder(_Child)
_tokens = msgspec.json.Decoder(_Token)
_cursor = msgspec.json.Decoder(dict[str, float])


class Reddit:
    """Several listings of one app."""

    def __init__(self, settings: Settings, context: Context) -> None:
        self._settings = settings
        self._session = context.session
        self._fetcher = Fetcher(context)
        password = secret(settings, "client_secret")
        self._auth = aiohttp.encode_basic_auth(settings.client_id, password)
        self._token, self._until = "", 0.0

    async def batches(self, cursor: Cursor | None) -> AsyncIterator[Batch]:
        reached = _cursor.decode(cursor) if cursor else {}
        for name, path, params in self._listings():
            since = reached.get(name, 0.0)
            items: list[Item] = []
            unreadable, newest, after = 0, since, ""
            for _ in range(_PAGES):
                page = {"limit": str(_PAGE), "raw_json": "1"} | params
                if after:
                    page["after"] = after
                data = await self._get(path, page)
                found, wrong = each(data.children, _children)
                more, odd = mapped(found, _items)
                items += more
                unreadable += wrong + odd
                times = [child.data.created_utc for child in found]
                newest = max([newest, *times])
                after = data.after or ""
                # A first look takes one page; after that, all down to what was there before.
                if not after or not times or not since or min(times) <= since:
                    break
            items.sort(key=lambda one: one.mention.created_at)
            reached[name] = newest
            yield Batch(
                items=items, cursor=msgspec.json.encode(reached).decode(), unreadable=unreadable
            )

    def _listings(self) -> Iterator[tuple[str, str, dict[str, str]]]:
        for one in self._settings.subreddits:
            yield f"r/{one}", f"/r/{one}/new", {}
            if self._settings.comments:
                yield f"r/{one}/comments", f"/r/{one}/comments", {}
        for query in self._settings.queries:
            yield f"q/{query}", "/search", {"q": query, "sort": "new", "type": "link"}

    async def _get(self, path: str, params: dict[str, str]) -> _Data:
        url = self._settings.url.rstrip("/") + path
        answer = await self._fetcher.get(url, params, await self._headers(), takes={401})
        if answer.status == 401:  # the token was withdrawn
            self._until = 0.0
            answer = await self._fetcher.get(url, params, await self._headers())
        return decoded(answer, _listings).data

    async def _headers(self) -> dict[str, str]:
        agent = {"User-Agent": self._settings.user_agent}
        if time.monotonic() >= self._until:
            answer = await call(
                self._session,
                "POST",
                self._settings.token_url,
                data=b"grant_type=client_credentials",
                headers=agent
                | {
                    "Authorization": self._auth,
                    "Content-Type": "application/x-www-form-urlencoded",
                },
            )
            token = decoded(answer, _tokens)
            hidden.remember(token.access_token)
            self._token = token.access_token
            self._until = time.monotonic() + max(0.0, token.expires_in - 60.0)
        return agent | {"Authorization": f"Bearer {self._token}"}

    async def close(self) -> None:
        """Nothing is held."""


def read(raw: bytes) -> list[Item]:
    """The items of one child of a listing. Raises one of UNREADABLE."""
    return list(_items(_children.decode(raw)))


def _items(child: _Child) -> Iterator[Item]:
    thing = child.data
    id = identity(_CHANNEL, thing.name)
    at = datetime.fromtimestamp(thing.created_utc, UTC)
    words = thing.body if child.kind == "t1" else thing.selftext
    if words.strip() in _GONE:
        yield deletion(id, datetime.now(UTC), _CHANNEL)
        return
    changed = datetime.fromtimestamp(thing.edited, UTC) if thing.edited is not False else None
    linked = [] if thing.is_self or not thing.url else [thing.url]
    yield item(
        id=id,
        text="\n\n".join(part for part in (thing.title, words) if part),
        created_at=at,
        changed_at=changed,
        channel=_CHANNEL,
        kind=Kind.REPLY if child.kind == "t1" else Kind.POST,
        conversation_id=identity(_CHANNEL, thing.link_id) if thing.link_id else None,
        parent_id=identity(_CHANNEL, thing.parent_id) if thing.parent_id else None,
        author=author(
            id=None if thing.author in _GONE else thing.author,
            handle=None if thing.author in _GONE else f"/u/{thing.author}",
        ),
        url=f"https://www.reddit.com{thing.permalink}" if thing.permalink else None,
        promoted=thing.promoted,
        attachments=[attachment("video" if thing.is_video else "link", url) for url in linked],
        engagement=engagement(likes=thing.score, replies=thing.num_comments),
    )


def build(settings: Settings, context: Context) -> Reddit:
    """A source of one Reddit app. Raises ConfigError."""
    return Reddit(settings, context)
