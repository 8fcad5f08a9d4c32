"""What is known of one conversation: bounded, and the same in whatever order it was learnt."""

import msgspec

from scoring import bounded
from scoring.bounded import Keys, Voices, Weighted
from scoring.conduct import Acts
from scoring.mention import Role
from scoring.spread import Spread
from scoring.times import LONG_AGO

LIKELY = 0.5
"""A text signal counts as said from this probability on."""
LEAST = 0.01
"""Below this a text signal is not there at all."""
CONTENT = 0.3
"""A customer whose complaint and anger are both below this is content."""
INFLUENCER_FOLLOWERS = 10_000
"""Followers from which anybody passes for an influencer."""

_FIRM = 3
"""How many further complainants a grievance is worth against those who have none."""

MOST_AUTHORS = 1024
MOST_NAMED = 64
MOST_WAITING = 16
MOST_WORDS = 64
MOST_ANGRY = 3
"""Anger is the mean of so many authors; of every other signal the strongest voice counts."""
NEWEST_IDS = 50


class Dated(msgspec.Struct, frozen=True, array_like=True, gc=False, order=True):
    """Something that happened at a time (seconds), by the id of its mention."""

    at: float
    mention_id: str


class BrandWord(msgspec.Struct, frozen=True, array_like=True, gc=False, order=True):
    """Something the brand answered: when, which mention, how much denial it holds (0 to 1)."""

    at: float
    mention_id: str
    denial: float


class Root(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """The mention that began it; until it is seen, another stands in.

    `fact`, `proof` and `harm` are its own, as voices have them. `stands_in` is 0 for the root
    itself, 1 for a mention that says something, 2 for a share.
    """

    at: float
    stands_in: int
    author: int
    mention_id: str
    complaint: float
    role: Role
    lang: str
    url: str | None
    channel: str
    fact: float = 0.0
    proof: float = 0.0
    harm: float = 0.0

    @property
    def order(self) -> tuple[int, float, str]:
        """The root first, then the earliest that says something."""
        return (self.stands_in, self.at, self.mention_id)


class AuthorWords(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """How one author went on: complaints so far, the last one, the last contented words."""

    author: int
    since: float
    complaints: int = 0
    complained_at: float = LONG_AGO
    content: Dated | None = None

    @property
    def order(self) -> tuple[float, int]:
        """Who spoke first comes first."""
        return (self.since, self.author)


class Erasure(msgspec.Struct, frozen=True, array_like=True, gc=False, order=True):
    """What a mention (by its hash) said before `until` (seconds) is not to be repeated."""

    mention: int
    until: float


class Evidence(msgspec.Struct, kw_only=True, array_like=True, gc=False):
    """Facts of a conversation; times in seconds since the epoch, 0 for never.

    A value: only `absorb` writes to one, a copy of its own that nobody else holds yet.
    """

    root: Root | None = None
    first_at: float = 0.0
    last_at: float = 0.0
    last_public_at: float = 0.0
    mentions: int = 0
    newest: tuple[Dated, ...] = ()
    model: Dated = Dated(0.0, "")

    audience: Weighted = ()
    complainants: Keys = ()
    influencers: Keys = ()
    media: Keys = ()
    influencer: Dated | None = None
    medium: Dated | None = None

    anger: Voices = ()
    objective_fact: Voices = ()
    reported_denial: Voices = ()
    brand_denial: Voices = ()
    influencer_sharing: Voices = ()
    complaint: Voices = ()
    proof: Voices = ()

    promoted: Dated | None = None
    deletions: tuple[Dated, ...] = ()
    waiting: tuple[Dated, ...] = ()
    answer: BrandWord | None = None
    answers: int = 0
    words: tuple[AuthorWords, ...] = ()
    erased: tuple[Erasure, ...] = ()
    counted_shares: int = 0
    spread: Spread = Spread()
    contented: Keys = ()
    followers: int = 0
    """Sum over `audience`."""
    acts: Acts = ()
    """What the brand did, the first time of each kind."""
    denied: Dated | None = None
    """The brand's newest denial."""
    harm: Voices = ()

    @property
    def waiting_since(self) -> Dated | None:
        """The oldest customer mention that the brand has not answered."""
        answered = self.answer.at if self.answer else LONG_AGO
        for wait in self.waiting:
            if wait.at > answered:
                return wait
        return None

    @property
    def first_author(self) -> AuthorWords | None:
        """How the author of the root went on."""
        author = self.root.author if self.root else None
        for words in self.words:
            if words.author == author:
                return words
        return None

    @property
    def shares(self) -> int:
        """Shares seen, or shown by a counter if that is more."""
        return max(self.spread.shares, self.counted_shares)

    @property
    def grievance(self) -> float:
        """0 to 1: how sure it is that somebody has something against the brand.

        The root's word counts whole; of others it takes three to make a grievance of a
        conversation that began without one.
        """
        root = self.root.complaint if self.root and self.root.role is not Role.BRAND else 0.0
        others = min(1.0, len(self.complainants) / 3) * bounded.strength(self.complaint)
        return max(root, others)

    @property
    def backing(self) -> float:
        """0 to 1: how far those who speak up share the grievance, rather than praise or joke.

        Of a handful who do not, little is made.
        """
        with_it = len(self.complainants) + _FIRM
        return with_it / (with_it + len(self.contented))

    @property
    def authors(self) -> int:
        """How many distinct authors other than the brand; an estimate once they are many."""
        return bounded.distinct(self.audience, MOST_AUTHORS)

    @property
    def reach(self) -> int:
        """Followers of distinct authors other than the brand, summed."""
        return self._estimated(self.followers, len(self.audience))

    @property
    def outside_reach(self) -> int:
        """Followers of distinct authors other than the brand and whoever began it."""
        began = bounded.weight_of(self.audience, self.root.author) if self.root else 0
        return self._estimated(self.followers - began, len(self.audience))

    def _estimated(self, followers: int, kept: int) -> int:
        """The sum over all authors, of whom the sketch keeps some."""
        return round(followers * self.authors / kept) if kept else 0
