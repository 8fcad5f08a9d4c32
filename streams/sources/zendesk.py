"""Zendesk: tickets and public comments, as its webhooks tell them.

https://developer.zendesk.com/api-reference/webhooks/event-types/ticket-events/ and
https://developer.zendesk.com/documentation/webhooks/verifying/
"""

import time
from base64 import b64encode
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

import msgspec

from scoring.mention import Kind, Role
from streams.sinks.flow_back import signed
from streams.sinks.hook import BadSignatureError, HookError
from streams.sinks.target import secret
from streams.sources.item import author, identity, item, mapped
from streams.sources.source import Batch, Item

_CREATED = "zen:event-type:ticket.created"
_COMMENT = "zen:event-type:ticket.comment_added"
_CHANNEL = "support"


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The signing secret of the webhook. `private`: take notes among agents too."""

    signing_secret_env: str = ""
    signing_secret_file: str = ""
    private: bool = False


class _Detail(msgspec.Struct):
    id: str | int
    subject: str | None = ""
    description: str | None = ""
    requester_id: str | int = ""


class _Event(msgspec.Struct):
    type: str
    time: datetime
    detail: _Detail
    event: dict[str, Any] = {}
    account_id: str | int = ""


_decoder = msgspec.json.Decoder(_Event, strict=False)


class Webhook:
    """One webhook."""

    def __init__(self, settings: Settings) -> None:
        self._secret = secret(settings, "signing_secret")
        self._private = settings.private

    def greet(self, query: Mapping[str, str]) -> str:
        """Zendesk asks nothing beforehand."""
        raise BadSignatureError("nobody asks here")

    def read(self, headers: Mapping[str, str], body: bytes) -> Batch:
        """What an event says; signed over its time and its bytes, and fresh."""
        lower = {name.lower(): value for name, value in headers.items()}
        stamp = signed.header(lower, "x-zendesk-webhook-signature-timestamp")
        given = signed.header(lower, "x-zendesk-webhook-signature")
        mac = signed.hmac_sha256(self._secret, stamp.encode("utf-8", "surrogateescape"), body)
        signed.check(b64encode(mac).decode(), given)
        try:
            signed.fresh(datetime.fromisoformat(stamp).timestamp(), time.time())
        except ValueError:
            raise BadSignatureError("the time of the signature is none") from None
        try:
            event = _decoder.decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise HookError(str(error)) from error
        items, unreadable = mapped([event], lambda one: _items(one, private=self._private))
        return Batch(items=items, unreadable=unreadable)


def events(raw: bytes) -> list[Item]:
    """The items of one call, whose signature was checked. Raises one of UNREADABLE."""
    return list(_items(_decoder.decode(raw), private=False))


def _items(event: _Event, *, private: bool) -> Iterator[Item]:
    ticket = identity("zendesk", event.account_id or "account", event.detail.id)
    if event.type == _CREATED:
        text = "\n\n".join(
            part for part in (event.detail.subject, event.detail.description) if part
        )
        yield item(
            id=ticket,
            text=text or "[]",
            created_at=event.time,
            channel=_CHANNEL,
            author=author(id=str(event.detail.requester_id) or None, role=Role.CUSTOMER),
        )
    comment = event.event.get("comment")
    if event.type != _COMMENT or not isinstance(comment, dict):
        return
    if not (comment.get("is_public") or private) or not comment.get("body"):
        return
    by = comment.get("author") if isinstance(comment.get("author"), dict) else {}
    assert by is not None
    yield item(
        id=identity("zendesk", event.account_id or "account", event.detail.id, comment.get("id")),
        text=str(comment["body"]),
        created_at=event.time,
        channel=_CHANNEL,
        kind=Kind.REPLY,
        conversation_id=ticket,
        parent_id=ticket,
        author=author(
            id=str(by.get("id") or "") or None,
            role=Role.BRAND if by.get("is_staff") else Role.CUSTOMER,
        ),
    )


def push(settings: Settings) -> Webhook:
    """A source that Zendesk calls. Raises ConfigError."""
    return Webhook(settings)
