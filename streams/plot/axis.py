"""From values to places in the picture, and where the axes have their ticks."""

import math
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from streams.plot.words import lasting

MINUTE, HOUR, DAY = 60, 3600, 86_400
_STEPS = (
    *(MINUTE * n for n in (1, 5, 15, 30)),
    *(HOUR * n for n in (1, 3, 6, 12)),
    *(DAY * n for n in (1, 2, 7, 14, 30, 90, 365)),
)
_MOST_TICKS = 9
_AGES = (
    *(MINUTE * n for n in (0, 5, 15, 30)),
    *(HOUR * n for n in (1, 2, 6, 12)),
    *(DAY * n for n in (1, 3, 7, 14, 30, 60, 120, 240, 365)),
)
_ROOM = 52.0
_SOON_S = 300.0


class Scale(NamedTuple):
    """Values from `low` to `high` lie between `start` and `end` (pixels); others at the edge."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        """Where a value lies, to a tenth of a pixel."""
        share = (value - self.low) / (self.high - self.low) if self.high > self.low else 0.0
        return round(self.start + min(1.0, max(0.0, share)) * (self.end - self.start), 1)


class Stretched(NamedTuple):
    """Times from `low` to `high` (seconds), the first hours drawn out: log(1 + t / 5 minutes)."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        """Where a time lies, to a tenth of a pixel."""
        whole = math.log1p(max(1.0, self.high - self.low) / _SOON_S)
        share = math.log1p(max(0.0, value - self.low) / _SOON_S) / whole
        return round(self.start + min(1.0, share) * (self.end - self.start), 1)


Across = Scale | Stretched


class Tick(NamedTuple):
    """A time on the axis; `date` is told where a day begins, and at the first tick."""

    at: float
    time: str
    date: str


def ages(across: Stretched, began: float, lang: str) -> Iterator[Tick]:
    """Ages of a case that began at a time (seconds), as many as have room."""
    edge = -math.inf
    for age in _AGES:
        at = began + age
        if at <= across.high and across(at) >= edge:
            edge = across(at) + _ROOM
            yield Tick(at, f"+{lasting(lang, age)}" if age else "0", "")


def ticks(begin: float, end: float) -> Iterator[Tick]:
    """At most nine times (UTC) between two (seconds), on whole steps."""
    step = next((step for step in _STEPS if (end - begin) / step <= _MOST_TICKS), _STEPS[-1])
    at = begin - begin % step
    day = ""
    while at <= end:
        if at >= begin:
            moment = datetime.fromtimestamp(at, UTC)
            date = f"{moment:%-d %b %Y}" if not day else f"{moment:%-d %b}"
            new = f"{moment:%j}"
            yield Tick(at, "" if step >= DAY else f"{moment:%H:%M}", date if new != day else "")
            day = new
        at += step


def ceiling(values: Sequence[float], least: float) -> float:
    """The top of an axis: all but the two highest values in a hundred fit under it."""
    ordered = sorted(values)
    usual = ordered[min(len(ordered) - 1, int(len(ordered) * 0.98))] if ordered else 0.0
    return max(least, usual * 1.1)
