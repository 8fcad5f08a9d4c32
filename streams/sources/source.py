"""The seam between the collector and a place where people write: batches out, a cursor beside.

A kind that is asked or listened to is a module with `Settings` and `build(options, context)`,
which gives a Source; one that calls us has `push(options)` instead, which gives a Push.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from typing import Annotated, Protocol

import aiohttp
import msgspec
from msgspec import Meta

from scoring.mention import SLUG, Mention, Role
from streams.config import Settings
from streams.sinks.hook import HookError

Cursor = str
"""How far a source is, in its own words; opaque to everybody else."""


Api = Annotated[str, Meta(pattern=r"^https?://[^\s?#]+$", examples=["https://api.example/v1"])]
Instance = Annotated[
    str, Meta(pattern=r"^https?://[^\s/?#]+/?$", examples=["https://mastodon.example"])
]

MOST_WHY = 5
"""Unreadable ones of a batch that are explained."""


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody published: a mention, but for its brand where `named` is false.

    `addressed` are handles or ids that the platform itself says the item speaks to. `changed_at`
    is when the text was edited last, where the platform says so. `about`: words that are not its
    own and tell the brand nonetheless, such as those of what it shares.
    """

    mention: Mention
    addressed: tuple[str, ...] = ()
    named: bool = False
    changed_at: datetime | None = None
    about: str = ""


class Unreadable(msgspec.Struct, frozen=True):
    """What is no item of the form that is wanted: where and why, never what it says."""

    why: str


class Batch(msgspec.Struct, frozen=True, kw_only=True):
    """Items, and how far the source is once they are safe (None: as before).

    `unreadable` counts what was no item of the form that the platform documents; `why` says of
    some of them where they are and what is wrong, `notes` what else somebody should know.
    """

    items: Sequence[Item] = ()
    cursor: Cursor | None = None
    unreadable: int = 0
    why: Sequence[str] = ()
    notes: Sequence[str] = ()


class NothingReadError(HookError):
    """A call of which nothing could be read: it is to come again when the mapping is mended."""

    def __init__(self, batch: Batch) -> None:
        super().__init__("; ".join(batch.why))
        self.batch = batch


def placed(one: Item | Unreadable, where: str) -> Item | Unreadable:
    """An unreadable one says where it is."""
    return Unreadable(f"{where}: {one.why}") if isinstance(one, Unreadable) else one


def sorted_out(found: Sequence[Item | Unreadable], notes: Sequence[str] = ()) -> Batch:
    """A batch of the items, the others counted and the first of them explained."""
    wrong = [one.why for one in found if isinstance(one, Unreadable)]
    return Batch(
        items=[one for one in found if isinstance(one, Item)],
        unreadable=len(wrong),
        why=wrong[:MOST_WHY],
        notes=notes,
    )


Name = Annotated[
    str, Meta(pattern=SLUG, min_length=1, max_length=100, examples=["acme-air, a slug"])
]


class Common(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Settings that every source takes besides its own; what is not set is the kind's to say.

    `brand`: all of it is about this brand, and nothing is matched. `channel`, `role`: instead of
    what the kind says, and for authors of whom nothing is known. `every_s`: seconds between two
    looks of a source that is asked. `rate_per_s`: most calls. `max_age_s`: what is older when it
    is first seen is left out.
    """

    brand: Name | None = None
    channel: Name | None = None
    role: Role | None = None
    every_s: Annotated[float, Meta(ge=0.01, le=86_400)] | None = None
    rate_per_s: Annotated[float, Meta(gt=0, le=1000)] | None = None
    max_age_s: Annotated[float, Meta(gt=0, le=315_360_000)] | None = None


class Context(msgspec.Struct, frozen=True, kw_only=True):
    """What a source is built with: its name, the common settings, HTTP, and our own settings."""

    name: str
    common: Common
    session: aiohttp.ClientSession
    settings: Settings
    rate_per_s: float


class Source(Protocol):
    """One configured source. It never waits to try again: it raises, and is asked anew."""

    def batches(self, cursor: Cursor | None) -> AsyncIterator[Batch]:
        """What came after `cursor` (None: a first start), in order; repeats are allowed.

        Ends where there is nothing more for now. A stream does not end; one that may be silent
        for long gives an empty batch when it begins. The next batch is asked for when the one
        before is safe. Raises Later, Refused (`streams.sinks.target`).
        """
        ...

    async def close(self) -> None:
        """Gives back what it opened itself; the HTTP session belongs to others."""
        ...


class Push(Protocol):
    """One configured source that calls us over HTTP."""

    def greet(self, query: Mapping[str, str]) -> str:
        """The answer to a GET that asks whether it is us. Raises BadSignatureError."""
        ...

    def read(self, headers: Mapping[str, str], body: bytes) -> Batch:
        """What a POST brought. Raises BadSignatureError or HookError."""
        ...
