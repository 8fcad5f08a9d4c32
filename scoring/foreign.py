"""Cases of other partitions that a partition has heard of, and which of them a conversation means.

Who leads must be known where the follower is, so each open case is told to every partition, and
each keeps a bounded number of them per brand while they matter.
"""

from collections.abc import Iterable, Iterator, Sequence

from scoring import likeness
from scoring.likeness import Marks
from scoring.news import CaseNews
from scoring.policy import Policy

MOST_PER_BRAND = 32
MOST = 256
"""Cases held of all brands: they are part of the clock, which is written with each batch."""


class Foreign:
    """Cases of others by id; of too many goes the one that nothing was heard of for longest."""

    def __init__(self, policy: Policy, known: Iterable[CaseNews] = ()) -> None:
        self._policy = policy
        self._held: dict[str, CaseNews] = {}
        self._brands: dict[str, dict[str, CaseNews]] = {}
        for news in known:
            self._put(news)

    def __iter__(self) -> Iterator[CaseNews]:
        return iter(self._held.values())

    def get(self, case_id: str) -> CaseNews | None:
        """What was last heard of a case, None when it is not held."""
        return self._held.get(case_id)

    def of(self, brand: str, at: float) -> Sequence[CaseNews]:
        """The cases of a brand that matter at `at` (seconds)."""
        held = self._brands.get(brand)
        return [news for news in held.values() if not 0 < news.until <= at] if held else ()

    def hear(self, news: CaseNews, now: float) -> bool:
        """Keeps news at event time `now` (seconds); False where it is old, or matters no more."""
        known = self._held.get(news.case_id)
        if known is not None and known.at > news.at:
            return False
        self._put(news)
        for held in list(self._held.values()):
            if self._over(held, now):
                self._drop(held)
        for among, most in ((self._brands.get(news.brand, {}), MOST_PER_BRAND), (self._held, MOST)):
            if len(among) > most:
                self._drop(min(among.values(), key=lambda held: (held.at, held.case_id)))
        return news.case_id in self._held

    def rank(self, case_id: str, at: float) -> int:
        """The rank up to which a case speaks for its followers at `at` (seconds)."""
        news = self._held.get(case_id)
        return 0 if news is None or 0 < news.until <= at else news.rank

    def _over(self, news: CaseNews, now: float) -> bool:
        keep = self._policy.for_brand(news.brand).forget_case_after_s
        return 0 < news.until <= now or now - news.at > keep

    def _put(self, news: CaseNews) -> None:
        self._held[news.case_id] = news
        self._brands.setdefault(news.brand, {})[news.case_id] = news

    def _drop(self, news: CaseNews) -> None:
        del self._held[news.case_id]
        left = self._brands[news.brand]
        del left[news.case_id]
        if not left:
            del self._brands[news.brand]


def follows(marks: Marks, channel: str, news: CaseNews) -> bool:
    """Whether a conversation on `channel` that has these marks has enough in common with a case.

    One address suffices, one author on another channel, or most of the words that either has.
    """
    shared = set(marks).intersection(news.marks)
    if not shared:
        return False
    words, addresses, authors = likeness.sorted_out(shared)
    if addresses or (authors and channel != news.channel):
        return True
    filled = min(len(likeness.sorted_out(held)[0]) for held in (marks, news.marks))
    return bool(words) and likeness.alike(len(words), filled)
