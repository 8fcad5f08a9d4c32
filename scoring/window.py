"""The last hours of a brand as running sums: a minute is added once and taken off once.

What slides holds whole numbers only (probabilities in millionths), so that taking off undoes
adding exactly: the sums depend on the minutes they cover and on nothing that came before.

Minutes are held as they are stored, encoded, a tenth of what they take as objects.
"""

import math
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from operator import add, sub
from typing import Final

import msgspec
from msgspec.structs import replace

from scoring import distinct
from scoring.distinct import Distinct
from scoring.pulse import Pulse, merged, unquoted

MICRO = 1_000_000
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
_encoder = msgspec.msgpack.Encoder()


class Minute(msgspec.Struct, frozen=True, kw_only=True, tag="pulse"):
    """What sums are made of, of a stored `Pulse`."""

    at: float
    mentions: int = 0
    complaints: int = 0
    contented: int = 0
    answers: int = 0
    anger: float = 0.0
    objective_fact: float = 0.0
    corporate_denial: float = 0.0
    influencer_sharing: float = 0.0
    brand_denial: float = 0.0
    topic: tuple[int, ...] = ()
    topics: int = 0
    lang_fr: int = 0
    followed: int = 0
    hollow: int = 0
    amends: int = 0
    evasions: int = 0
    own_named: int = 0
    names: tuple[int, ...] = ()


_minutes = msgspec.msgpack.Decoder(Minute)
_pulses = msgspec.msgpack.Decoder(Pulse)


class Sums:
    """What the minutes within one span (seconds) add up to."""

    __slots__ = (*_COUNTED, *_MEASURED, "begins", "denials", "names", "span", "topic")

    def __init__(self, span: float) -> None:
        self.span: Final = span
        self.begins = 0
        """Index of the first minute within the span."""
        self.mentions = self.complaints = self.contented = self.answers = 0
        self.amends = self.evasions = self.own_named = 0
        self.topics = self.lang_fr = self.followed = self.hollow = 0
        self.anger = self.objective_fact = self.corporate_denial = self.influencer_sharing = 0
        self.denials: dict[float, float] = {}
        self.topic: list[int] = []
        self.names: list[int] = []

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

    def add(self, pulse: Pulse | Minute) -> None:
        """With one more minute."""
        self._count(pulse, 1)
        if pulse.brand_denial:
            self.denials[pulse.at] = pulse.brand_denial
        if not pulse.complaints:
            return
        if pulse.topic:
            topic = self.topic or [0] * len(pulse.topic)
            self.topic = list(map(add, topic, pulse.topic))
        if pulse.names:
            self.names = list(map(add, self.names or [0] * len(pulse.names), pulse.names))

    def take_off(self, pulse: Pulse | Minute) -> None:
        """Without a minute that was added."""
        self._count(pulse, -1)
        self.denials.pop(pulse.at, None)
        if not pulse.complaints:
            return
        if pulse.names:
            self.names = list(map(sub, self.names, pulse.names))
        if not self.topics:
            self.topic = []
        elif pulse.topic:
            self.topic = list(map(sub, self.topic, pulse.topic))

    def _count(self, pulse: Pulse | Minute, sign: int) -> None:
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
        self,
        minutes: Iterable[msgspec.Raw],
        spans: Iterable[float],
        seen: Iterable[int] = (),
    ) -> None:
        self.minutes: list[msgspec.Raw] = []
        """Encoded pulses, as an `Incident` has them."""
        self.seen = set(seen)
        """The incident's `seen`, to be found fast."""
        self.sums = [Sums(span) for span in sorted(spans)]
        self._at: list[float] = []
        self._keys = tuple((name, Distinct(len(self.sums))) for name in _KEYS)
        self._erased: set[str] = set()
        self._erasing: dict[float, tuple[str, ...]] = {}
        """What each minute takes back."""
        for minute in minutes:
            self.put(_pulses.decode(minute))

    def put(self, pulse: Pulse) -> None:
        """With one more pulse; words that any of them takes back are in none of them any more."""
        if not self._erased.issuperset(pulse.erased):
            self._erased.update(pulse.erased)
            self._unquote()
        if self._erased:
            pulse = unquoted(pulse, self._erased)
        place = bisect_left(self._at, pulse.at)
        same = None
        whole = pulse if not pulse.seen else replace(pulse, seen=())  # nobody asks any more
        if place < len(self._at) and self._at[place] == pulse.at:
            same = _pulses.decode(self.minutes[place])
            whole = merged(same, pulse)
            self.minutes[place] = _packed(whole)
        else:
            self._at.insert(place, pulse.at)
            self.minutes.insert(place, _packed(whole))
        if whole.erased:
            self._erasing[whole.at] = whole.erased
        for sums in self.sums:
            if place < sums.begins:
                sums.begins += same is None
                continue
            if same is not None:
                sums.take_off(same)
            sums.add(whole)
        if pulse.complaints:
            held, never = self._at, math.inf
            begins = [held[s.begins] if s.begins < len(held) else never for s in self.sums]
            for name, keys in self._keys:
                keys.add(pulse.at, getattr(pulse, name), begins)

    def _unquote(self) -> None:
        for place, minute in enumerate(self.minutes):
            held = _pulses.decode(minute)
            after = unquoted(held, self._erased)
            if after is not held:
                self.minutes[place] = _packed(after)

    def move(self, at: float) -> list[Pulse]:
        """Takes off what is no longer within a span as of `at` (seconds), which never falls.

        Returns the minutes that are within none any more, oldest first.
        """
        held, gone, last = self._at, [], len(self.sums) - 1
        for place, sums in enumerate(self.sums):
            edge = at - sums.span
            while sums.begins < len(held) and held[sums.begins] <= edge:
                stored = self.minutes[sums.begins]
                minute: Pulse | Minute
                if place == last:
                    minute = _pulses.decode(stored)
                    gone.append(minute)
                else:
                    minute = _minutes.decode(stored)
                sums.take_off(minute)
                if minute.complaints:
                    for _, keys in self._keys:
                        keys.leave(minute.at, place)
                sums.begins += 1
        count = len(gone)
        if not count:
            return gone
        del self.minutes[:count], held[:count]
        for sums in self.sums:
            sums.begins -= count
        if [self._erasing.pop(pulse.at) for pulse in gone if pulse.erased]:
            self._erased = {one for erased in self._erasing.values() for one in erased}
        for pulse in gone:
            for name, keys in self._keys if pulse.complaints else ():
                keys.forget(pulse.at, getattr(pulse, name))
        return gone

    def people(self, place: int) -> int:
        """Complaints within a span, once per author, text and conversation, whichever is fewest."""
        return min(distinct.MOST, *(keys.counts[place] for _, keys in self._keys))

    def first_complaint(self, sums: Sums) -> float | None:
        """The first minute of one span (seconds) in which anybody complains."""
        minutes = map(_minutes.decode, self.minutes[sums.begins :])
        return next((minute.at for minute in minutes if minute.complaints), None)

    def backwards(self, sums: Sums) -> Iterator[Pulse]:
        """The minutes of one span, newest first."""
        return map(_pulses.decode, reversed(self.minutes[sums.begins :]))


def _packed(pulse: Pulse) -> msgspec.Raw:
    return msgspec.Raw(_encoder.encode(pulse))
