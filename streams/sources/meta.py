"""Facebook and Instagram: what is written on pages and accounts of yours, as Meta calls us.

https://developers.facebook.com/docs/graph-api/webhooks/getting-started (challenge, signature),
https://developers.facebook.com/docs/graph-api/webhooks/reference/page/ and .../instagram/. All of
it is about the brand whose page it is.
"""

import hmac
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

import msgspec

from scoring.mention import Attachment, Author, Kind, Role
from streams.sinks.flow_back import signed
from streams.sinks.hook import BadSignatureError, HookError
from streams.sinks.target import secret
from streams.sources.item import attachment, author, deletion, identity, item, mapped
from streams.sources.source import Batch, Item
from streams.sources.times import point

_CHANNELS = {"page": "facebook", "instagram": "instagram"}
_REACTIONS = frozenset({"reaction", "like"})


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The app's secret, and the token that you told Meta to ask with."""

    app_secret_env: str = ""
    app_secret_file: str = ""
    verify_token_env: str = ""
    verify_token_file: str = ""


class _Change(msgspec.Struct):
    field: str
    value: dict[str, Any]


class _Entry(msgspec.Struct):
    id: str
    time: float = 0.0
    changes: list[msgspec.Raw] = []


class _Call(msgspec.Struct):
    object: str
    entry: list[_Entry]


_calls = msgspec.json.Decoder(_Call, strict=False)
_changes = msgspec.json.Decoder(_Change)


class Webhook:
    """One app."""

    def __init__(self, settings: Settings) -> None:
        self._secret = secret(settings, "app_secret")
        self._token = secret(settings, "verify_token")

    def greet(self, query: Mapping[str, str]) -> str:
        """The challenge, for who knows the token."""
        given = query.get("hub.verify_token", "").encode("utf-8", "surrogateescape")
        if query.get("hub.mode") != "subscribe" or not hmac.compare_digest(
            self._token.encode(), given
        ):
            raise BadSignatureError("the verify token is not ours")
        return query.get("hub.challenge", "")

    def read(self, headers: Mapping[str, str], body: bytes) -> Batch:
        """What a call says; `X-Hub-Signature-256` is over the bytes of the body."""
        lower = {name.lower(): value for name, value in headers.items()}
        given = signed.header(lower, "x-hub-signature-256").removeprefix("sha256=")
        signed.check(signed.hmac_sha256(self._secret, body).hex(), given)
        try:
            call = _calls.decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise HookError(str(error)) from error
        channel = _CHANNELS.get(call.object)
        if channel is None:
            raise HookError(f"object {call.object!r} is not one of {', '.join(_CHANNELS)}")
        changes = [(entry, raw) for entry in call.entry for raw in entry.changes]
        items, unreadable = mapped(
            changes, lambda one: _items(channel, one[0], _changes.decode(one[1]))
        )
        return Batch(items=items, unreadable=unreadable)


def _items(channel: str, entry: _Entry, change: _Change) -> Iterator[Item]:
    value = change.value
    at = point(value.get("created_time") or entry.time)
    if channel == "facebook" and change.field == "feed":
        yield from _feed(entry, value, at)
    elif channel == "facebook" and change.field == "mention":
        yield _facebook(value, value.get("comment_id") or value["post_id"], entry, at)
    elif channel == "facebook" and change.field == "ratings":
        yield _rating(value, at)
    elif channel == "instagram" and change.field in ("comments", "live_comments"):
        yield _instagram(entry, value, at)


def _feed(entry: _Entry, value: Mapping[str, Any], at: datetime) -> Iterator[Item]:
    if value.get("item") in _REACTIONS:
        return
    own = value.get("comment_id") or value.get("share_id") or value["post_id"]
    verb = value.get("verb", "add")
    if verb in ("remove", "hide"):
        # Only the page hides; who removed it, its author or the page, is not told.
        page = author(id=entry.id, role=Role.BRAND) if verb == "hide" else None
        id, root = identity("facebook", own), _root(value, own)
        gone = point(entry.time) if entry.time else at  # `created_time` is the comment's own
        stamp = [round(entry.time)] if entry.time else []
        yield deletion(id, gone, "facebook", *stamp, author=page, conversation_id=root)
    elif value.get("message") or _attached(value) or verb == "add":
        yield _facebook(value, own, entry, at)


def _facebook(value: Mapping[str, Any], own: str, entry: _Entry, at: datetime) -> Item:
    id = identity("facebook", own)
    edited = value.get("verb") in ("edit", "edited")
    parent = value.get("parent_id")
    attached = list(_attached(value))
    reply = own == value.get("comment_id")
    text = str(value.get("message") or "")
    shared = not text and value.get("item") == "share"
    kind = Kind.EDIT if edited else Kind.REPLY if reply else Kind.SHARE if shared else Kind.POST
    return item(
        id=identity("facebook", own, "edit", round(entry.time)) if edited else id,
        text=text if text or shared else (f"[{attached[0].type}]" if attached else "[]"),
        created_at=point(entry.time) if edited and entry.time else at,
        channel="facebook",
        kind=kind,
        conversation_id=_root(value, own),
        parent_id=id if edited else identity("facebook", parent) if parent else None,
        author=_author(value, entry),
        url=value.get("permalink_url") or f"https://www.facebook.com/{own}",
        attachments=attached,
    )


def _root(value: Mapping[str, Any], own: str) -> str | None:
    post = value.get("post_id")
    return identity("facebook", post) if post and post != own else None


def _author(value: Mapping[str, Any], entry: _Entry) -> Author:
    found = value.get("from") or {}
    id = str(found.get("id") or value.get("sender_id") or "")
    name = str(found.get("username") or found.get("name") or value.get("sender_name") or "")
    role = Role.BRAND if id and id == entry.id else Role.UNKNOWN
    return author(id=id or None, handle=name or None, role=role)


def _attached(value: Mapping[str, Any]) -> Iterator[Attachment]:
    photos = [value.get("photo"), *(value.get("photos") or ())]
    for photo in photos:
        if isinstance(photo, str):
            yield attachment("image", photo)
    for key, kind in (("video", "video"), ("link", "link")):
        if isinstance(value.get(key), str) and value.get(key) not in photos:
            yield attachment(kind, value[key])


def _rating(value: Mapping[str, Any], at: datetime) -> Item:
    said = str(value.get("review_text") or value.get("recommendation_type") or "")
    return item(
        id=identity("facebook", "review", value["open_graph_story_id"]),
        text=said,
        created_at=at,
        channel="review",
        author=author(
            id=str(value.get("reviewer_id") or "") or None, handle=value.get("reviewer_name")
        ),
    )


def _instagram(entry: _Entry, value: Mapping[str, Any], at: datetime) -> Item:
    media = (value.get("media") or {}).get("id")
    parent = value.get("parent_id")
    root = identity("instagram", "media", media) if media else None
    return item(
        id=identity("instagram", value["id"]),
        text=str(value["text"]),
        created_at=at,
        channel="instagram",
        kind=Kind.REPLY if root or parent else Kind.POST,
        conversation_id=root,
        parent_id=identity("instagram", parent) if parent else root,
        author=_author(value, entry),
    )


def push(settings: Settings) -> Webhook:
    """A source that Meta calls. Raises ConfigError."""
    return Webhook(settings)
