"""Mention, version 1: what a source publishes about a brand, validated once, here."""

import enum
from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from scoring.bounded import key
from scoring.once import once

MAX_TEXT = 20_000
MAX_COUNT = 10**12
SLUG = r"^[a-z0-9]+(?:[._-][a-z0-9]+)*$(?!\n)"

Slug = Annotated[str, Meta(pattern=SLUG, min_length=1, max_length=100)]
Identifier = Annotated[str, Meta(min_length=1, max_length=256)]
Count = Annotated[int, Meta(ge=0, le=MAX_COUNT)]
Url = Annotated[str, Meta(max_length=4096)]


class Kind(enum.StrEnum):
    """What it does; `deletion`, `edit` and `engagement` name in `parent_id` what they change."""

    POST = "post"
    REPLY = "reply"
    SHARE = "share"
    DELETION = "deletion"
    EDIT = "edit"
    ENGAGEMENT = "engagement"


class Role(enum.StrEnum):
    """Who the author is to the brand."""

    UNKNOWN = "unknown"
    CUSTOMER = "customer"
    BRAND = "brand"
    MEDIA = "media"
    INFLUENCER = "influencer"
    EMPLOYEE = "employee"

    @classmethod
    def _missing_(cls, value: object) -> "Role":
        return cls.UNKNOWN


class AttachmentType(enum.StrEnum):
    """What is attached."""

    IMAGE = "image"
    VIDEO = "video"
    LINK = "link"


class Author(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Who published; `followers` is 0 when unknown."""

    id: Annotated[str, Meta(max_length=256)] | None = None
    handle: Annotated[str, Meta(max_length=256)] | None = None
    followers: Count | None = None
    verified: bool | None = None
    role: Role | None = Role.UNKNOWN


class Attachment(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One picture, film or link."""

    type: AttachmentType
    url: Url | None = None


class Engagement(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Counters as the source showed them when it collected the mention."""

    shares: Count | None = None
    likes: Count | None = None
    replies: Count | None = None
    views: Count | None = None


class Mention(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, dict=True):
    """One message about a brand; `created_at` is the clock of all logic.

    An optional field may be absent or null. Unknown fields are ignored.
    """

    id: Identifier
    brand: Slug
    text: Annotated[str, Meta(max_length=MAX_TEXT)]
    created_at: Annotated[datetime, Meta(tz=True)]
    channel: Slug
    kind: Kind | None = Kind.POST
    conversation_id: Identifier | None = None
    parent_id: Identifier | None = None
    author: Author | None = None
    url: Url | None = None
    lang: Annotated[str, Meta(max_length=35)] | None = None
    promoted: bool | None = None
    attachments: Annotated[tuple[Attachment, ...], Meta(max_length=100)] | None = None
    engagement: Engagement | None = None

    @once
    def root_id(self) -> str:
        """Id of the conversation's first mention."""
        return self.conversation_id or self.parent_id or self.id

    @once
    def partition_key(self) -> str:
        """Key of the Kafka record: one conversation of one brand stays in one partition."""
        return f"{self.brand}:{self.root_id}"

    @once
    def case_id(self) -> str:
        """Id of the case that the conversation would be."""
        return self.partition_key

    @once
    def role(self) -> Role:
        """The author's role, `unknown` when nothing is said."""
        return (self.author.role if self.author else None) or Role.UNKNOWN

    @once
    def followers(self) -> int:
        """The author's followers, 0 when unknown."""
        return (self.author.followers if self.author else None) or 0

    @once
    def author_id(self) -> str:
        """The author's id, else handle, else empty."""
        return (self.author.id or self.author.handle or "") if self.author else ""

    @once
    def author_key(self) -> int:
        """The author's hash; an author who is not named counts as a new one each time."""
        return key(self.channel, self.author_id or self.id)

    @once
    def at(self) -> float:
        """Event time, seconds since 1970-01-01T00:00:00Z."""
        return self.created_at.timestamp()
