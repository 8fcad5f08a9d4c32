"""The last hours of a brand as running sums: a minute is added once and taken off once.

What slides holds whole numbers only (probabilities in millionths), so that taking off undoes
adding exactly: the sums depend on the minutes they cover and on nothing that came before.
"""

import math
from bisect import bisect_left
from collections.abc import Iterable
from operator import add, sub
from typing import Final

from scoring.pulse import MOST_KEYS, Pulse, merged, unquoted

MICRO = 1_000_000
_MOST_DISTINCT = MOST_KEYS * 8
_COUNTED = (
    "mentions",
    "complaints",
    "contented",
    "answers",
    "topics",
    "lang_fr",
    "followed",
    "hollow",
    "amends",
    "evasions",
    "own_named",
)
_MEASURED = ("anger", "objective_fact", "corporate_denial", "influencer_sharing")
_KEYS = ("authors", "texts", "threads")


class Sums:
    """What the minutes within one span (seconds) add up to."""

    __slots__ = (*_COUNTED, *_MEASURED, *_KEYS, "begins", "denials", "names", "span", "topic")

    def __init__(self, span: float) -> None:
        self.span: Final = span
        self.begins = 0
        """Index of the first minute within the span."""
        self.mentions = self.complaints = self.contented = self.answers = 0
        self.amends = self.evasions = self.own_named = 0
        self.topics = self.lang_fr = self.followed = self.hollow = 0
        self.anger = self.objective_fact = self.corporate_denial = self.influencer_sharing = 0
        self.authors: dict[int, int] = {}
        self.texts: dict[int, int] = {}
        self.threads: dict[int, int] = {}
        self.denials: dict[float, float] = {}
        self.topic: list[int] = []
        self.names: list[int] = []

    @property
    def people(self) -> int:
        """Complaints, once per author, text and conversation, whichever is fewest."""
        return min(len(self.authors), len(self.texts), len(self.threads), _MOST_DISTINCT)

    @property
    def brand_denial(self) -> float:
        """The strongest denial in the brand's own words, 0 to 1."""
        return max(self.denials.values(), default=0.0)

    def mean(self, name: str) -> float:
        """Mean of a probability over complaints."""
        total: int = getattr(self, name)
        return total / MICRO / self.complaints if self.complaints else 0.0

    def coherence(self) -> float:
        """Mean cosine between the topics of different complaints, 0 to 1; 0 for fewer than 3."""
        if self.topics < 3:
            return 0.0
        squared = sum(value * value for value in self.topic) / (127.0 * 127.0)
        pairs = self.topics * (self.topics - 1)
        return min(1.0, max(0.0, (squared - self.topics) / pairs))

    def add(self, pulse: Pulse) -> None:
        """With one more minute."""
        self._count(pulse, 1)
        if pulse.brand_denial:
            self.denials[pulse.at] = pulse.brand_denial
        if not pulse.complaints:
            return
        for name in _KEYS:
            held: dict[int, int] = getattr(self, name)
            for key in getattr(pulse, name):
                held[key] = held.get(key, 0) + 1
        if pulse.topic:
            topic = self.topic or [0] * len(pulse.topic)
            self.topic = list(map(add, topic, pulse.topic))
        if pulse.names:
            self.names = list(map(add, self.names or [0] * len(pulse.names), pulse.names))

    def take_off(self, pulse: Pulse) -> None:
        """Without a minute that was added."""
        self._count(pulse, -1)
        self.denials.pop(pulse.at, None)
        if not pulse.complaints:
            return
        for name in _KEYS:
            held: dict[int, int] = getattr(self, name)
            for key in getattr(pulse, name):
                left = held[key] - 1
                if left:
                    held[key] = left
                else:
                    del held[key]
        if pulse.names:
            self.names = list(map(sub, self.names, pulse.names))
        if not self.topics:
            self.topic = []
        elif pulse.topic:
            self.topic = list(map(sub, self.topic, pulse.topic))

    def _count(self, pulse: Pulse, sign: int) -> None:
        self.mentions += sign * pulse.mentions
        self.contented += sign * pulse.contented
        self.answers += sign * pulse.answers
        self.amends += sign * pulse.amends
        self.evasions += sign * pulse.evasions
        if not pulse.complaints:
            return
        self.complaints += sign * pulse.complaints
        self.topics += sign * pulse.topics
        self.lang_fr += sign * pulse.lang_fr
        self.followed += sign * pulse.followed
        self.hollow += sign * pulse.hollow
        self.own_named += sign * pulse.own_named
        for name in _MEASURED:
            amount = sign * math.floor(getattr(pulse, name) * MICRO + 0.5)
            setattr(self, name, getattr(self, name) + amount)


class Window:
    """A brand's minutes in order of time, and their sums over each span, as of the time moved to.

    It is derived from the minutes of an `Incident` and may be built anew from them at any time.
    """

    def __init__(
        self, minutes: Iterable[Pulse], spans: Iterable[float], seen: Iterable[int] = ()
    ) -> None:
        self.minutes: list[Pulse] = []
        self.seen = set(seen)
        """The incident's `seen`, to be found fast."""
        self.sums = [Sums(span) for span in sorted(spans)]
        self.erased: set[str] = set()
        for pulse in minutes:
            self.put(pulse)

    def put(self, pulse: Pulse) -> None:
        """With one more pulse; words that any of them takes back are in none of them any more."""
        if pulse.erased and not self.erased.issuperset(pulse.erased):
            self.erased.update(pulse.erased)
            self.minutes = [unquoted(held, self.erased) for held in self.minutes]
        if self.erased:
            pulse = unquoted(pulse, self.erased)
        place = bisect_left(self.minutes, pulse.at, key=_at)
        same = self.minutes[place] if place < len(self.minutes) else None
        if same is not None and same.at == pulse.at:
            pulse = self.minutes[place] = merged(same, pulse)
        else:
            same = None
            self.minutes.insert(place, pulse)
        for sums in self.sums:
            if place < sums.begins:
                sums.begins += same is None
                continue
            if same is not None:
                sums.take_off(same)
            sums.add(pulse)

    def move(self, at: float) -> list[Pulse]:
        """Takes off what is no longer within a span as of `at` (seconds), which never falls.

        Returns the minutes that are within none any more, oldest first.
        """
        minutes = self.minutes
        for sums in self.sums:
            edge = at - sums.span
            while sums.begins < len(minutes) and minutes[sums.begins].at <= edge:
                sums.take_off(minutes[sums.begins])
                sums.begins += 1
        gone = minutes[: self.sums[-1].begins]
        if gone:
            del minutes[: len(gone)]
            for sums in self.sums:
                sums.begins -= len(gone)
            if any(pulse.erased for pulse in gone):
                self.erased = {mention_id for pulse in minutes for mention_id in pulse.erased}
        return gone

    def within(self, sums: Sums) -> list[Pulse]:
        """The minutes of one span, oldest first."""
        return self.minutes[sums.begins :]


def _at(pulse: Pulse) -> float:
    return pulse.at
