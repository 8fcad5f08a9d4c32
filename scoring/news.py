"""What one partition of conversations is told from outside: of incidents, and by the others."""

from typing import Annotated

import msgspec
from msgspec import Meta

from scoring.mention import Role

MOST_MARKS = 32
"""Marks held of a conversation."""


class IncidentNews(msgspec.Struct, frozen=True, kw_only=True, tag="incident"):
    """An incident as of `at` (seconds): `rank` as in Level.rank, the highest it had.

    It began at `since`; `until` is when it stops to matter, 0 while it is open. `topic` is a signed
    8-bit vector, the mean of its complaints'; empty when they have none. Of one that is `silent`
    nothing was said, as open cases speak for it.
    """

    brand: str
    case_id: str
    at: float
    since: float
    rank: int
    until: float = 0.0
    topic: bytes = b""
    silent: bool = False


class CaseNews(msgspec.Struct, frozen=True, kw_only=True, tag="case", omit_defaults=True):
    """A conversation's case as of `at` (seconds): `rank` as in Level.rank, at its end the highest.

    It began at `since`, on `channel`; `until` is when it stops to matter, 0 while it is open. What
    others may have in common with it are `marks`, as in `scoring.likeness`, and its `topic`, a
    signed 8-bit vector that is empty where the press does not mean this case.
    """

    brand: str
    case_id: str
    at: float
    since: float
    rank: int
    until: float = 0.0
    channel: str = ""
    marks: Annotated[tuple[int, ...], Meta(max_length=MOST_MARKS)] = ()
    topic: bytes = b""

    @property
    def order(self) -> tuple[float, str]:
        """Who began first leads."""
        return (self.since, self.case_id)


class Echo(msgspec.Struct, frozen=True, kw_only=True, tag="echo", omit_defaults=True):
    """A mention of a conversation linked to the case `case_id`, without its words.

    `author` is as in `Mention.author_key`, `handle` the mark of the author's handle, 0 for none;
    `complains` tells a complaint from what only passes one on.
    """

    brand: str
    case_id: str
    mention_id: str
    at: float
    author: int
    followers: int
    role: Role
    channel: str
    handle: int = 0
    complains: bool = False

    @property
    def order(self) -> tuple[float, str, str]:
        """By event time, the same whatever the order of arrival."""
        return (self.at, self.mention_id, self.case_id)
