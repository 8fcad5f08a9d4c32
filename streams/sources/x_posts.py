"""A post of the X API v2 as an item: https://docs.x.com/x-api/fundamentals/data-dictionary"""

from collections.abc import Iterator
from datetime import datetime

import msgspec

from scoring.mention import Attachment, Kind
from streams.sources.item import attachment, author, engagement, identity, item
from streams.sources.source import Item

CHANNEL = "twitter"
FIELDS = {
    "tweet.fields": "author_id,conversation_id,created_at,edit_history_tweet_ids,entities,"
    "in_reply_to_user_id,lang,public_metrics,referenced_tweets,attachments",
    "user.fields": "public_metrics,username,verified",
    "media.fields": "type,url",
    "expansions": "author_id,attachments.media_keys",
}
"""What to ask for."""


class _Referenced(msgspec.Struct):
    type: str
    id: str


class _PostMetrics(msgspec.Struct):
    retweet_count: int = 0
    quote_count: int = 0
    reply_count: int = 0
    like_count: int = 0
    impression_count: int = 0


class _UserMetrics(msgspec.Struct):
    followers_count: int = 0


class _Named(msgspec.Struct):
    username: str = ""


class _Link(msgspec.Struct):
    expanded_url: str = ""


class _Entities(msgspec.Struct):
    mentions: list[_Named] = []
    urls: list[_Link] = []


class _Keys(msgspec.Struct):
    media_keys: list[str] = []


class Post(msgspec.Struct):
    id: str
    text: str
    created_at: datetime
    author_id: str = ""
    conversation_id: str = ""
    lang: str = ""
    edit_history_tweet_ids: list[str] = []
    referenced_tweets: list[_Referenced] = []
    public_metrics: _PostMetrics = msgspec.field(default_factory=_PostMetrics)
    entities: _Entities = msgspec.field(default_factory=_Entities)
    attachments: _Keys = msgspec.field(default_factory=_Keys)


class _User(msgspec.Struct):
    id: str
    username: str
    verified: bool | None = None
    public_metrics: _UserMetrics = msgspec.field(default_factory=_UserMetrics)


class _Media(msgspec.Struct):
    media_key: str
    type: str = ""
    url: str | None = None


class Includes(msgspec.Struct):
    """What posts refer to."""

    users: list[_User] = []
    media: list[_Media] = []


_NOTHING = Includes()
_TYPES = {"photo": "image", "video": "video", "animated_gif": "video"}


def to_item(post: Post, includes: Includes | None) -> Item:
    """An edited post has an id of its own; it is the edit of the first of its history."""
    seen = includes or _NOTHING
    user = next((one for one in seen.users if one.id == post.author_id), None)
    types = {one.type: one.id for one in post.referenced_tweets}
    shared = types.get("retweeted") or types.get("quoted")
    parent = types.get("replied_to") or shared
    kind = Kind.REPLY if "replied_to" in types else Kind.SHARE if shared else Kind.POST
    first = post.edit_history_tweet_ids[0] if post.edit_history_tweet_ids else post.id
    metrics = post.public_metrics
    root = shared if kind is Kind.SHARE else post.conversation_id
    return item(
        id=identity(CHANNEL, first),
        text="" if "retweeted" in types else post.text,
        created_at=post.created_at,
        changed_at=post.created_at if first != post.id else None,
        channel=CHANNEL,
        kind=kind,
        conversation_id=identity(CHANNEL, root) if root and root not in (post.id, first) else None,
        parent_id=identity(CHANNEL, parent) if parent else None,
        author=author(
            id=post.author_id or None,
            handle=f"@{user.username}" if user else None,
            followers=user.public_metrics.followers_count if user else None,
            verified=user.verified if user else None,
        ),
        url=f"https://x.com/{user.username if user else 'i/web'}/status/{post.id}",
        lang=post.lang if post.lang not in ("", "und", "zxx", "qme", "qst") else None,
        attachments=list(_attachments(post, seen)),
        engagement=engagement(
            shares=metrics.retweet_count + metrics.quote_count,
            likes=metrics.like_count,
            replies=metrics.reply_count,
            views=metrics.impression_count,
        ),
        about=post.text if "retweeted" in types else "",
        addressed=[f"@{one.username}" for one in post.entities.mentions if one.username],
    )


def _attachments(post: Post, seen: Includes) -> Iterator[Attachment]:
    for one in seen.media:
        if one.media_key in post.attachments.media_keys:
            yield attachment(_TYPES.get(one.type, "link"), one.url)
    for link in post.entities.urls:
        if link.expanded_url:
            yield attachment("link", link.expanded_url)
