"""Points in time as platforms and exports write them."""

import re
from datetime import UTC, datetime, tzinfo
from email.utils import parsedate_to_datetime

_SECONDS_BELOW, _MILLIS_BELOW, _MICROS_BELOW = 1e11, 1e14, 1e17
"""Until the year 5138 a number below the first is seconds since 1970, and so on."""
_COMPACT = re.compile(r"(?:19|20)\d\d[01]\d[0-3]\d(?:[0-2]\d[0-5]\d(?:[0-5]\d)?)?")
"""`20261120`, with `1015` or `101500`: as a Unix time it would be of 1970 or after 2600."""

_FORMAT = "%Y%m%d%H%M%S"
"""Two letters stand for four digits of the year, and for two of everything else."""


def point(value: object, zone: tzinfo = UTC) -> datetime:
    """An aware time: RFC 3339, RFC 2822, a compact date, or a Unix time in seconds, ms, us or ns.

    A time without an offset is taken to be one of `zone`. Raises ValueError.
    """
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=zone)
    if isinstance(value, bool):
        raise ValueError("a truth value is no time")
    text = str(value).strip()
    if _COMPACT.fullmatch(text) and (found := _compact(text, zone)):
        return found
    try:
        return _unix(float(text))
    except ValueError:
        pass
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        found = parsedate_to_datetime(text)
    return found if found.tzinfo else found.replace(tzinfo=zone)


def _compact(digits: str, zone: tzinfo) -> datetime | None:
    try:
        return datetime.strptime(digits, _FORMAT[: len(digits) - 2]).replace(tzinfo=zone)
    except ValueError:
        return None


def _unix(number: float) -> datetime:
    for limit, unit in ((_SECONDS_BELOW, 1.0), (_MILLIS_BELOW, 1e3), (_MICROS_BELOW, 1e6)):
        if abs(number) < limit:
            return _at(number / unit)
    return _at(number / 1e9)


def _at(seconds: float) -> datetime:
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, OSError) as error:
        raise ValueError("the time is out of range") from error
