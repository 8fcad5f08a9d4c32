"""Bluesky: every public post as it is written, over Jetstream's WebSocket.

https://github.com/bluesky-social/jetstream; records: https://docs.bsky.app/docs/advanced-guides/posts
The cursor is the time of the newest event in microseconds; the service keeps about a day. Authors
are ids (DID) without their followers.
"""

from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from typing import Annotated, Any

import aiohttp
import msgspec
from msgspec import Meta

from scoring.mention import Attachment, Kind
from streams.sinks.target import Later, Refused
from streams.sources.item import attachment, author, deletion, item, mapped
from streams.sources.source import Batch, Context, Cursor, Item
from streams.sources.streaming import gathered
from streams.sources.times import point

EVERY_S = 1.0
STREAMS = True
_POST, _REPOST = "app.bsky.feed.post", "app.bsky.feed.repost"
_IDLE_S = 60.0
_CHANNEL = "bluesky"


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`url` of a Jetstream service; `rewind_s`: read again after a break, as its docs advise."""

    url: Annotated[
        str, Meta(pattern=r"^wss?://[^\s?#]+$", examples=["wss://jetstream.example/subscribe"])
    ] = "wss://jetstream2.us-east.bsky.network/subscribe"
    shares: bool = True
    rewind_s: Annotated[float, Meta(ge=0, le=86_400)] = 5.0


class _Ref(msgspec.Struct):
    uri: str


class _Reply(msgspec.Struct):
    root: _Ref
    parent: _Ref


class _Record(msgspec.Struct, rename="camel"):
    created_at: str = ""
    text: str = ""
    langs: list[str] = []
    reply: _Reply | None = None
    facets: list[dict[str, Any]] = []
    embed: dict[str, Any] | None = None
    subject: _Ref | None = None


class _Commit(msgspec.Struct):
    operation: str
    collection: str
    rkey: str
    record: _Record | None = None


class _Event(msgspec.Struct):
    did: str
    time_us: int
    kind: str
    commit: _Commit | None = None


class _Stamp(msgspec.Struct):
    time_us: int = 0


_decoder = msgspec.json.Decoder(_Event)
_stamps = msgspec.json.Decoder(_Stamp)


class Jetstream:
    """One connection; another is made after a break."""

    def __init__(self, settings: Settings, context: Context) -> None:
        self._settings = settings
        self._session = context.session

    async def batches(self, cursor: Cursor | None) -> AsyncIterator[Batch]:
        newest = int(cursor) if cursor else 0
        async for events in gathered(self._events(newest)):
            items, unreadable = mapped(events, read)
            newest = max(newest, *map(_stamp, events))
            yield Batch(items=items, cursor=str(newest), unreadable=unreadable)

    async def _events(self, newest: int) -> AsyncIterator[bytes]:
        params = [("wantedCollections", _POST)]
        if self._settings.shares:
            params.append(("wantedCollections", _REPOST))
        if newest:
            params.append(("cursor", str(newest - round(self._settings.rewind_s * 1e6))))
        try:
            async with self._session.ws_connect(
                self._settings.url, params=params, heartbeat=20.0, max_msg_size=4 * 1024 * 1024
            ) as socket:
                while True:
                    message = await socket.receive(timeout=_IDLE_S)
                    if message.type is aiohttp.WSMsgType.TEXT:
                        yield message.data.encode()
                    elif message.type is not aiohttp.WSMsgType.BINARY:
                        raise Later(f"the service closed the connection ({message.data})")
        except TimeoutError:
            raise Later(f"nothing came for {_IDLE_S:g} s") from None
        except aiohttp.WSServerHandshakeError as error:
            said = f"HTTP {error.status} instead of a WebSocket"
            if error.status < 500 and error.status != 429:
                raise Refused(said) from None
            raise Later(said) from None
        except aiohttp.ClientError as error:
            raise Later(f"the connection is lost: {type(error).__name__}") from None

    async def close(self) -> None:
        """The connection ends with the batches."""


def read(raw: bytes) -> list[Item]:
    """The items of one event. Raises one of UNREADABLE."""
    return list(_items(_decoder.decode(raw)))


def _stamp(raw: bytes) -> int:
    try:
        return _stamps.decode(raw).time_us
    except (msgspec.DecodeError, UnicodeDecodeError):
        return 0


def _items(event: _Event) -> Iterator[Item]:
    commit = event.commit
    if event.kind != "commit" or commit is None:
        return
    uri = f"at://{event.did}/{commit.collection}/{commit.rkey}"
    seen = datetime.fromtimestamp(event.time_us / 1e6, UTC)
    if commit.operation == "delete":
        if commit.collection == _POST:
            yield deletion(uri, seen, _CHANNEL, author=author(id=event.did))
    elif commit.record is None:
        raise ValueError("a record is wanted")
    elif commit.collection == _POST:
        yield _post(event.did, commit, commit.record, uri, seen)
    elif commit.collection == _REPOST and commit.record.subject is not None:
        yield item(
            id=uri,
            text="",
            created_at=_time(commit.record.created_at, seen),
            channel=_CHANNEL,
            kind=Kind.SHARE,
            parent_id=commit.record.subject.uri,
            author=author(id=event.did),
        )


def _post(did: str, commit: _Commit, record: _Record, uri: str, seen: datetime) -> Item:
    quoted = _quoted(record.embed or {})
    kind = Kind.REPLY if record.reply else Kind.SHARE if quoted else Kind.POST
    attached = list(_attachments(record.embed or {}))
    return item(
        id=uri,
        text=record.text or ("" if kind is Kind.SHARE else _without_words(attached)),
        created_at=_time(record.created_at, seen),
        changed_at=seen if commit.operation == "update" else None,
        channel=_CHANNEL,
        kind=kind,
        conversation_id=record.reply.root.uri if record.reply else None,
        parent_id=record.reply.parent.uri if record.reply else quoted,
        author=author(id=did),
        url=f"https://bsky.app/profile/{did}/post/{commit.rkey}",
        lang=record.langs[0] if record.langs else None,
        attachments=attached,
        addressed=list(_addressed(record.facets)),
    )


def _without_words(attached: list[Attachment]) -> str:
    """A post may be a picture alone; Mention v1 wants a text."""
    return f"[{attached[0].type}]" if attached else "[]"


def _time(said: str, seen: datetime) -> datetime:
    """Clients say when; as Bluesky itself sorts, never later than it was seen."""
    try:
        return min(point(said), seen)
    except ValueError:
        return seen


def _addressed(facets: list[dict[str, Any]]) -> Iterator[str]:
    for facet in facets:
        for feature in facet.get("features") or ():
            if isinstance(feature, dict) and isinstance(feature.get("did"), str):
                yield feature["did"]


def _quoted(embed: dict[str, Any]) -> str | None:
    """`app.bsky.embed.record`, or `recordWithMedia`, which has one within."""
    record = embed.get("record")
    for _ in range(2):
        if not isinstance(record, dict):
            return None
        uri = record.get("uri")
        if isinstance(uri, str):
            return uri if f"/{_POST}/" in uri else None
        record = record.get("record")
    return None


def _attachments(embed: dict[str, Any]) -> Iterator[Attachment]:
    media = embed.get("media") if isinstance(embed.get("media"), dict) else embed
    assert isinstance(media, dict)
    for _ in media.get("images") or ():
        yield attachment("image", None)
    if media.get("video"):
        yield attachment("video", None)
    external = media.get("external")
    if isinstance(external, dict):
        yield attachment("link", str(external.get("uri") or ""))


def build(settings: Settings, context: Context) -> Jetstream:
    """A source of Bluesky."""
    return Jetstream(settings, context)
