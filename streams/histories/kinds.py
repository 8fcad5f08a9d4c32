"""What can happen: one TOML file per kind, with the words that people find for it."""

from functools import cache
from importlib import resources
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from scoring.levels import Level
from scoring.mention import AttachmentType, Slug

Span = tuple[float, float]
"""Least and most; what is drawn lies between, every value as likely."""
Split = Literal["train", "test"]
By = Literal["author", "brand", "customer", "employee", "influencer", "media"]
Lang = Literal["en", "fr"]
LANGS: tuple[Lang, ...] = ("en", "fr")
Pools = dict[str, str]
"""What is written, by who says it: one message a line."""


class Begin(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The message that begins it (pool `root`); `followers` of its author."""

    followers: Span
    by: By = "customer"
    promoted: bool = False
    attachment: AttachmentType | None = None


class Spread(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How messages of the thread are passed on.

    `reproduction`: further messages that one message brings about, on average, before acts heat or
    cool it; it fades with the time constant `fade_h` (hours). `replies`: share of them that speak,
    with `talk` the odds of each pool; others pass it on without a word. `most`: the end of it.
    """

    reproduction: Span
    fade_h: Span
    talk: dict[str, float]
    replies: float = 0.4
    most: int = 150


class Act(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Something that somebody does `after` the last act (hours), `count` times `within` hours.

    `say` names the pool (else that of `by`). `alone`: the chance of a conversation of its own
    rather than the thread. `heat` multiplies the spread from then on. `delete`: the brand removes
    the author's newest message of the thread.
    """

    by: By
    after: Span
    say: str = ""
    count: tuple[int, int] = (1, 1)
    within: float = 0.0
    followers: Span = (0, 0)
    alone: float = 0.0
    heat: float = 1.0
    chance: float = 1.0
    delete: bool = False
    promoted: bool = False
    attachment: AttachmentType | None = None


class Wave(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Many people who each write for themselves, `start` hours after the beginning.

    Their number grows for `rise_h` hours and falls with the time constant `fall_h`. `say`: odds of
    the pools. `thread`: the chance to write below the root. `passed_on`: mean number of shares of
    each. `answered`: the chance that the brand replies, from pool `answer`, within `answer_h`.
    `crowd`: `people`; `empty` accounts without followers; `one` author; `fans` (as people, their
    words are never a customer's). `copies`: all write the same.
    """

    start: Span
    people: tuple[int, int]
    rise_h: Span
    fall_h: Span
    say: dict[str, float]
    thread: float = 0.0
    passed_on: float = 0.0
    answered: float = 0.0
    answer: str = "brand"
    answer_h: Span = (0.2, 2.0)
    crowd: Literal["people", "empty", "one", "fans"] = "people"
    copies: bool = False


class Kind(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One kind of history; `permitted` is the highest level that a control may reach."""

    title: str
    split: Split
    sector: Slug
    channels: Annotated[tuple[Slug, ...], Meta(min_length=1)]
    en: Pools
    fr: Pools
    permitted: Level | None = None
    begin: Begin | None = None
    spread: Spread | None = None
    act: tuple[Act, ...] = ()
    wave: tuple[Wave, ...] = ()

    @property
    def crisis(self) -> bool:
        """Whether it ends in one."""
        return self.permitted is None

    def lines(self, lang: Lang, pool: str) -> tuple[str, ...]:
        """The messages of a pool."""
        return lines((self.fr if lang == "fr" else self.en)[pool])


def lines(block: str) -> tuple[str, ...]:
    """The messages of a block of text, one a line."""
    return tuple(line.strip() for line in block.splitlines() if line.strip())


def slugs() -> list[str]:
    """Names of the kinds."""
    names = (file.name for file in (resources.files("streams.histories") / "kinds").iterdir())
    return sorted(name.removesuffix(".toml") for name in names if name.endswith(".toml"))


@cache
def load(slug: str) -> Kind:
    """One kind. Raises msgspec.ValidationError when its file is wrong."""
    file = resources.files("streams.histories") / "kinds" / f"{slug}.toml"
    return msgspec.toml.decode(file.read_bytes(), type=Kind)
