"""The paper that a history is written on: ids, times, conversations, decks of words."""

from collections.abc import Mapping
from datetime import UTC, datetime

import numpy as np

from scoring.mention import Attachment, AttachmentType, Author, Engagement, Kind, Mention
from streams.histories.kinds import LANGS, Lang, lines
from streams.histories.people import Brand, Cast
from streams.histories.words import Deck

_OTHER_LANGUAGE = 0.04
_HINTED = 0.7
_TAGGED = 0.2
"""Chance that a post tags the brand where its line does not."""


class Scene:
    """Collects the mentions of one brand; `name` begins their ids, times are in seconds."""

    def __init__(
        self, name: str, rng: np.random.Generator, brand: Brand, lang: Lang, channel: str
    ) -> None:
        self.rng = rng
        self.brand = brand
        self.lang: Lang = lang
        self.channel = channel
        self.cast = Cast(rng, channel)
        self.mentions: list[Mention] = []
        self._name = name
        self._decks: dict[tuple[str, Lang], Deck] = {}

    def add_pools(self, pools: Mapping[Lang, Mapping[str, str]]) -> None:
        """Makes the pools known to `text`."""
        for lang, blocks in pools.items():
            for pool, block in blocks.items():
                self._decks[pool, lang] = Deck(lines(block), self.rng, self.brand, lang)

    def text(self, pool: str, *, rough: float = 0.25, tag: float = 0.0) -> tuple[str, Lang]:
        """A message of the pool and its language, now and then the other one."""
        lang = self.lang
        if pool not in ("root", "again", "brand") and self.rng.random() < _OTHER_LANGUAGE:
            lang = next(other for other in LANGS if other != lang)
        deck = self._decks.get((pool, lang)) or self._decks[pool, self.lang]
        return deck.deal(rough=rough, tag=tag), lang

    def one_of(self, odds: Mapping[str, float]) -> str:
        """A pool by its odds."""
        weights = np.array(list(odds.values()))
        return list(odds)[int(self.rng.choice(len(weights), p=weights / weights.sum()))]

    def say(
        self,
        at: float,
        author: Author,
        pool: str,
        parent: Mention | None = None,
        *,
        channel: str = "",
        words: str = "",
        kind: Kind | None = None,
        promoted: bool = False,
        attachment: AttachmentType | None = None,
        rough: float = 0.25,
    ) -> Mention:
        """Adds a message: a reply below `parent`, a post without one. `words` is said as it is."""
        lang = self.lang
        if not words:
            words, lang = self.text(pool, rough=rough, tag=0.0 if parent else _TAGGED)
        return self._add(
            at,
            author,
            parent,
            kind or (Kind.REPLY if parent else Kind.POST),
            words,
            channel=channel,
            lang=lang if self.rng.random() < _HINTED else None,
            promoted=promoted or None,
            attachments=(Attachment(type=attachment),) if attachment else None,
        )

    def share(self, at: float, author: Author, parent: Mention) -> Mention:
        """Passes `parent` on without a word."""
        return self._add(at, author, parent, Kind.SHARE, "")

    def delete(self, at: float, author: Author, subject: Mention) -> Mention:
        """Removes `subject`."""
        return self._add(at, author, subject, Kind.DELETION, "")

    def count(self, at: float, subject: Mention, shares: int) -> Mention:
        """Shows what the counter of `subject` says."""
        seen = Engagement(shares=shares, likes=shares * 6, views=shares * 140)
        return self._add(at, None, subject, Kind.ENGAGEMENT, "", engagement=seen)

    def _add(
        self,
        at: float,
        author: Author | None,
        parent: Mention | None,
        kind: Kind,
        text: str,
        *,
        channel: str = "",
        lang: str | None = None,
        promoted: bool | None = None,
        attachments: tuple[Attachment, ...] | None = None,
        engagement: Engagement | None = None,
    ) -> Mention:
        number = f"{self._name}-{len(self.mentions):05d}"
        mention = Mention(
            id=number,
            brand=self.brand.slug,
            text=text,
            created_at=datetime.fromtimestamp(round(at), UTC),
            channel=channel or (parent.channel if parent else self.channel),
            kind=kind,
            conversation_id=parent.root_id if parent else None,
            parent_id=parent.id if parent else None,
            author=author,
            url=None if kind is not Kind.POST else f"https://social.example/{number}",
            lang=lang,
            promoted=promoted,
            attachments=attachments,
            engagement=engagement,
        )
        self.mentions.append(mention)
        return mention
