"""How many different keys a brand's last hours hold, exactly, up to a number that is enough.

Of each key only the latest minute that holds it is known: it is within a span of the last hours if
that minute is. Of more than `MOST` keys those of the latest minutes stay, for every span that
reaches back to one that went holds as many as are counted at all. So what is held has a bound,
however many people speak, and one table serves all spans.
"""

from collections.abc import Sequence
from operator import itemgetter

from scoring.bounded import Keys
from scoring.pulse import MOST_KEYS
from scoring.times import LONG_AGO

MOST = MOST_KEYS * 8
"""More are not told apart."""
_HELD = MOST + MOST // 4
"""Those beyond `MOST` are let go together: that takes a sort."""


class Distinct:
    """Keys by minute; `begins`, where asked for, are the first minutes (seconds) of each span."""

    __slots__ = ("_latest", "_new", "counts")

    def __init__(self, spans: int) -> None:
        self.counts = [0] * spans
        """Of each span, in the order of their `begins`; what is above `MOST` is no number."""
        self._latest: dict[int, float] = {}
        self._new: dict[float, int] = {}
        """How many keys have a minute as their latest."""

    @property
    def held(self) -> int:
        """How many keys are in memory."""
        return len(self._latest)

    def add(self, at: float, keys: Keys, begins: Sequence[float]) -> None:
        """With the keys of the minute `at`, which may have been told of before."""
        latest, new = self._latest, self._new
        within = [place for place, begin in enumerate(begins) if begin <= at]
        first = moved = 0
        for key in keys:
            before = latest.get(key, LONG_AGO)
            if before not in new:
                first += 1
            elif before >= at:
                continue
            else:
                moved += 1
                new[before] -= 1
                for place in within:
                    if before < begins[place]:
                        self.counts[place] += 1
            latest[key] = at
        for place in within:
            self.counts[place] += first
        if first or moved:
            new[at] = new.get(at, 0) + first + moved
        if len(latest) > _HELD:
            self._trim(begins)

    def leave(self, at: float, place: int) -> None:
        """The minute `at` is not within the span at `place` any more."""
        self.counts[place] -= self._new.get(at, 0)

    def forget(self, at: float, keys: Keys) -> None:
        """The minute `at`, which holds these, is within no span any more."""
        latest = self._latest
        self._new.pop(at, None)
        for key in keys:
            if latest.get(key) == at:
                del latest[key]

    def _trim(self, begins: Sequence[float]) -> None:
        ordered = sorted(self._latest.items(), key=itemgetter(1), reverse=True)
        for _, at in ordered[MOST:]:
            if at in self._new:
                self._new[at] -= 1
                for place, begin in enumerate(begins):
                    self.counts[place] -= begin <= at
        self._latest = dict(ordered[:MOST])
