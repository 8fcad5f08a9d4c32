"""From what a platform says to an Item: bounds kept, addresses of any length made ids."""

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, TypeVar

import msgspec

from scoring.mention import (
    MAX_COUNT,
    MAX_TEXT,
    Attachment,
    AttachmentType,
    Author,
    Engagement,
    Kind,
    Mention,
    Role,
)
from streams.sources.source import Item

T = TypeVar("T")
UNREADABLE = (
    ArithmeticError,
    AttributeError,
    LookupError,
    OSError,
    RecursionError,
    TypeError,
    ValueError,
    msgspec.MsgspecError,
)
"""What the reading of something that is not as documented may end in: times beyond what a clock
can show, numbers for texts, lists for objects."""
NOBODY = "unmatched"
"""Stands for the brand until it is known."""
_MOST_ID, _MOST_NAME, _MOST_URL, _MOST_LANG, _MOST_ATTACHED = 256, 256, 4096, 35, 100


def identity(platform: str, *parts: object) -> str:
    """`platform:part:part`, the same for the same thing; a long one ends in a digest."""
    whole = ":".join((platform, *(str(part) for part in parts)))
    if len(whole) <= _MOST_ID:
        return whole
    return f"{platform}:{sha256(whole.encode('utf-8', 'surrogatepass')).hexdigest()}"


def item(
    *,
    id: str,
    text: str,
    created_at: datetime,
    channel: str,
    kind: Kind = Kind.POST,
    conversation_id: str | None = None,
    parent_id: str | None = None,
    author: Author | None = None,
    url: str | None = None,
    lang: str | None = None,
    promoted: bool | None = None,
    attachments: Sequence[Attachment] = (),
    engagement: Engagement | None = None,
    addressed: Sequence[str] = (),
    changed_at: datetime | None = None,
    about: str = "",
) -> Item:
    """An item whose brand is not known yet; a text over the limit is cut, an overlong url left."""
    mention = Mention(
        id=id,
        brand=NOBODY,
        text=text.replace("\0", "")[:MAX_TEXT],
        created_at=_aware(created_at),
        channel=channel,
        kind=kind,
        conversation_id=conversation_id,
        parent_id=parent_id,
        author=author,
        url=url if url and len(url) <= _MOST_URL else None,
        lang=lang if lang and len(lang) <= _MOST_LANG else None,
        promoted=promoted,
        attachments=tuple(attachments)[:_MOST_ATTACHED] or None,
        engagement=engagement,
    )
    return Item(mention=mention, addressed=tuple(addressed), changed_at=changed_at, about=about)


def author(
    *,
    id: str | None = None,
    handle: str | None = None,
    followers: int | None = None,
    verified: bool | None = None,
    role: Role = Role.UNKNOWN,
) -> Author:
    """An author within the bounds of Mention v1."""
    return Author(
        id=id[:_MOST_NAME] if id else None,
        handle=handle[:_MOST_NAME] if handle else None,
        followers=_count(followers),
        verified=verified,
        role=role,
    )


def engagement(
    *,
    shares: int | None = None,
    likes: int | None = None,
    replies: int | None = None,
    views: int | None = None,
) -> Engagement:
    """Counters within the bounds of Mention v1."""
    return Engagement(
        shares=_count(shares), likes=_count(likes), replies=_count(replies), views=_count(views)
    )


def attachment(kind: str, url: str | None) -> Attachment:
    """An image, a video, or whatever else as a link."""
    known = AttachmentType(kind) if kind in set(AttachmentType) else AttachmentType.LINK
    return Attachment(type=known, url=url if url and len(url) <= _MOST_URL else None)


def mapped(values: Iterable[T], to_items: Callable[[T], Iterable[Item]]) -> tuple[list[Item], int]:
    """The items of all values, and of how many nothing could be made.

    What one of them says in a way that nobody foresaw holds up none of the others.
    """
    items: list[Item] = []
    unreadable = 0
    for value in values:
        try:
            items += list(to_items(value))
        except UNREADABLE:
            unreadable += 1
    return items, unreadable


def deletion(id: str, at: datetime, channel: str, *stamp: object, **more: Any) -> Item:
    """`id` is gone since `at`; a `stamp` tells one deletion from the next of what came back."""
    return item(
        id=identity(id, "deleted", *stamp),
        text="",
        created_at=at,
        channel=channel,
        kind=Kind.DELETION,
        parent_id=id,
        **more,
    )


def _aware(at: datetime) -> datetime:
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _count(number: int | None) -> int | None:
    return None if number is None else min(max(0, number), MAX_COUNT)
