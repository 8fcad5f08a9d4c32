"""Times in which nothing is said that can wait: quiet hours and maintenance windows."""

from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Meta

from scoring.levels import Level
from scoring.times import Moment

Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
DAYS: tuple[Day, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class QuietHours(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Every day or on some: what is below `unless` waits for their end.

    `begin` (`from` in the file) and `until` are `HH:MM` in the policy's time zone; an `until` that
    is not after `begin` lies on the next day. `days` are those on which the hours begin.
    """

    begin: str = msgspec.field(name="from")
    until: str
    days: Annotated[tuple[Day, ...], Meta(min_length=1, max_length=7)] = DAYS
    unless: Level = Level.ESCALATE


class Maintenance(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Once: people were told that it would not work, so what is below `unless` waits."""

    begin: Moment = msgspec.field(name="from")
    until: Moment
    unless: Level = Level.CRISIS
    note: Annotated[str, Meta(max_length=200)] = ""


class Hush(msgspec.Struct, frozen=True):
    """Ranks from `passes` up are said in spite of it; it may be over at `until` (seconds)."""

    passes: int
    until: float


def both(one: Hush | None, other: Hush | None) -> Hush | None:
    """Two at once: the stricter holds, and it is looked at again when the first one ends."""
    if one is None or other is None:
        return one or other
    return Hush(max(one.passes, other.passes), min(one.until, other.until))


def planned(
    hours: tuple[QuietHours, ...], windows: tuple[Maintenance, ...], timezone: str, at: float
) -> Hush | None:
    """The hush at `at` (seconds), None where there is none."""
    hush: Hush | None = None
    for window in windows:
        if window.begin.timestamp() <= at < window.until.timestamp():
            hush = both(hush, Hush(window.unless.rank, window.until.timestamp()))
    zone = of_zone(timezone) if hours else UTC
    for quiet in hours:
        hush = both(hush, _daily(quiet, zone, at))
    return hush


def of_zone(name: str) -> tzinfo:
    """The time zone of an IANA name. Raises KeyError or ValueError when there is no such."""
    return UTC if name == "UTC" else ZoneInfo(name)


def of_day(text: str) -> time:
    """`HH:MM`. Raises ValueError."""
    hour, _, minute = text.partition(":")
    if len(text) != 5 or not (hour + minute).isdecimal():
        raise ValueError(text)
    return time(int(hour), int(minute))


def _daily(quiet: QuietHours, zone: tzinfo, at: float) -> Hush | None:
    today = datetime.fromtimestamp(at, zone).date()
    for day in (today, today - timedelta(days=1)):
        if DAYS[day.weekday()] in quiet.days:
            begin, end = _span(quiet, zone, day)
            if begin <= at < end:
                return Hush(quiet.unless.rank, end)
    return None


def _span(quiet: QuietHours, zone: tzinfo, day: date) -> tuple[float, float]:
    begin, until = of_day(quiet.begin), of_day(quiet.until)
    last = day if until > begin else day + timedelta(days=1)
    return (
        datetime.combine(day, begin, zone).timestamp(),
        datetime.combine(last, until, zone).timestamp(),
    )
