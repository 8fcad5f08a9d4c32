"""A Mastodon status as an item: https://docs.joinmastodon.org/entities/Status/"""

from collections.abc import Iterator
from datetime import datetime
from urllib.parse import urlsplit

import msgspec

from scoring.mention import Attachment, Kind
from streams.sources.item import attachment, author, engagement, identity, item
from streams.sources.plain import plain
from streams.sources.source import Item

CHANNEL = "mastodon"
_PUBLIC = frozenset({"public", "unlisted"})


class Account(msgspec.Struct):
    id: str
    acct: str
    followers_count: int = 0
    noindex: bool | None = None


class _Media(msgspec.Struct):
    type: str
    url: str | None = None


class _Mentioned(msgspec.Struct):
    acct: str


class Status(msgspec.Struct):
    id: str
    created_at: datetime
    account: Account
    content: str = ""
    visibility: str = "public"
    spoiler_text: str = ""
    edited_at: datetime | None = None
    in_reply_to_id: str | None = None
    url: str | None = None
    language: str | None = None
    reblogs_count: int = 0
    favourites_count: int = 0
    replies_count: int = 0
    media_attachments: list[_Media] = []
    mentions: list[_Mentioned] = []
    reblog: "_Boosted | None" = None


class _Boosted(msgspec.Struct):
    id: str


decoder = msgspec.json.Decoder(Status)


def status_id(host: str, id: str) -> str:
    """Ids are those of the instance that is asked; another instance has others."""
    return identity(CHANNEL, host, id)


def items(status: Status, host: str, *, noindex: bool) -> Iterator[Item]:
    """Nothing for what is not public, nor for who asks not to be indexed unless `noindex`."""
    if status.visibility not in _PUBLIC or (status.account.noindex and not noindex):
        return
    parent = status.reblog.id if status.reblog else status.in_reply_to_id
    kind = Kind.SHARE if status.reblog else Kind.REPLY if parent else Kind.POST
    text = "\n\n".join(part for part in (status.spoiler_text, plain(status.content)) if part)
    attached = list(_attachments(status))
    yield item(
        id=status_id(host, status.id),
        text="" if status.reblog else text or (f"[{attached[0].type}]" if attached else "[]"),
        created_at=status.created_at,
        changed_at=status.edited_at,
        channel=CHANNEL,
        kind=kind,
        parent_id=status_id(host, parent) if parent else None,
        author=author(
            id=full(status.account.acct, host),
            handle=full(status.account.acct, host),
            followers=status.account.followers_count,
        ),
        url=status.url,
        lang=status.language,
        attachments=attached,
        engagement=engagement(
            shares=status.reblogs_count,
            likes=status.favourites_count,
            replies=status.replies_count,
        ),
        addressed=[full(one.acct, host) for one in status.mentions],
    )


def full(acct: str, host: str) -> str:
    """`@name@host`, also of who is at home where we ask."""
    return f"@{acct}" if "@" in acct else f"@{acct}@{host}"


def host_of(url: str) -> str:
    """Host of an instance's address, with a port that is not the usual one."""
    return urlsplit(url).netloc.lower()


def _attachments(status: Status) -> Iterator[Attachment]:
    for one in status.media_attachments:
        yield attachment("video" if one.type == "gifv" else one.type, one.url)
