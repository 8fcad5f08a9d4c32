"""How each brand fares: its mentions and complaints by the hour, from the brand's minutes."""

from collections.abc import Iterable
from typing import Literal

import msgspec

from scoring.levels import Level
from streams.console.page import Row

HOUR = 3600
HOURS = 24 * 30
"""Hours of event time that are remembered of a brand."""
MOST_BRANDS = 2_000
BARS = 48
"""Bars of a sparkline."""
Window = Literal["24h", "7d", "30d"]
SPANS: dict[str, int] = {"24h": 24, "7d": 7 * 24, "30d": HOURS}
_QUARTERS = 4
_SLOT = HOUR // _QUARTERS


class Minute(msgspec.Struct, frozen=True, tag="pulse"):
    """What is read of a brand's minute (`scoring.pulse`); `at` in seconds of event time."""

    brand: str
    at: float
    partition: int = 0
    mentions: int = 0
    complaints: int = 0
    shares: int = 0


class _Other(msgspec.Struct, frozen=True, tag="tick"):
    """A tick; its time does not matter here."""


class _Order(msgspec.Struct, frozen=True, tag="command"):
    """A command about an incident, which its timeline tells."""


_decoder: msgspec.json.Decoder[Minute | _Other | _Order] = msgspec.json.Decoder(
    Minute | _Other | _Order
)


def decode_minute(raw: bytes) -> Minute | None:
    """A brand's minute, None for what else the log of pulses carries. msgspec.DecodeError."""
    found = _decoder.decode(raw)
    return found if isinstance(found, Minute) else None


class BrandRow(msgspec.Struct, frozen=True, kw_only=True):
    """A brand: open cases by level, the worst score, and bars from `since` on, oldest first."""

    brand: str
    levels: dict[Level, int]
    score: float
    unacknowledged: int
    since: float
    step_s: float
    mentions: list[int]
    complaints: list[int]


class Brands:
    """Counts by quarter of an hour, bounded by `HOURS` of event time and `MOST_BRANDS`."""

    def __init__(self) -> None:
        self._counts: dict[str, dict[int, tuple[int, int]]] = {}
        self._latest: dict[tuple[str, int], float] = {}
        self.newest_at = 0.0

    def pulse(self, minute: Minute) -> None:
        """Another minute of one partition, in their order; one told before changes nothing."""
        source = (minute.brand, minute.partition)
        if minute.at <= self._latest.get(source, float("-inf")):
            return
        if minute.brand not in self._counts and len(self._counts) >= MOST_BRANDS:
            return
        self._latest[source] = minute.at
        self.newest_at = max(self.newest_at, minute.at + 60)
        slots = self._counts.setdefault(minute.brand, {})
        slot = int(minute.at // _SLOT)
        mentions, complaints = slots.get(slot, (0, 0))
        slots[slot] = (mentions + minute.mentions, complaints + minute.complaints)
        if len(slots) > HOURS * _QUARTERS:
            oldest = max(slots) - HOURS * _QUARTERS
            self._counts[minute.brand] = {s: held for s, held in slots.items() if s > oldest}

    def rows(self, cases: Iterable[Row], window: Window, now: float) -> list[BrandRow]:
        """Every brand that spoke or has a case, the most urgent first; `now` in event time."""
        own: dict[str, list[Row]] = {}
        for row in cases:
            own.setdefault(row.brand, []).append(row)
        step = SPANS[window] * HOUR / BARS
        end = (int(now // step) + 1) * step
        found = [
            self._row(brand, own.get(brand, []), end - BARS * step, step)
            for brand in self._counts.keys() | own.keys()
        ]
        return sorted(found, key=_urgency)

    def _row(self, brand: str, cases: list[Row], since: float, step: float) -> BrandRow:
        mentions, complaints = [0] * BARS, [0] * BARS
        for slot, (said, complained) in self._counts.get(brand, {}).items():
            place = int((slot * _SLOT - since) // step)
            if 0 <= place < BARS:
                mentions[place] += said
                complaints[place] += complained
        return BrandRow(
            brand=brand,
            levels={level: sum(row.level is level for row in cases) for level in Level},
            score=max((row.score for row in cases), default=0.0),
            unacknowledged=sum(not row.acknowledged for row in cases),
            since=since,
            step_s=step,
            mentions=mentions,
            complaints=complaints,
        )


def _urgency(row: BrandRow) -> tuple[tuple[int, ...], int, str]:
    counts = tuple(-row.levels[level] for level in reversed(Level))
    return counts, -sum(row.complaints), row.brand
