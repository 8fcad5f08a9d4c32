"""Points in time as platforms and exports write them."""

from datetime import UTC, datetime, tzinfo
from email.utils import parsedate_to_datetime

_SECONDS_BELOW, _MILLIS_BELOW, _MICROS_BELOW = 1e11, 1e14, 1e17
"""Until the year 5138 a number below the first is seconds since 1970, and so on."""


def point(value: object, zone: tzinfo = UTC) -> datetime:
    """An aware time: RFC 3339, RFC 2822, or a Unix time in seconds, ms, us or ns.

    A time without an offset is taken to be one of `zone`. Raises ValueError.
    """
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=zone)
    if isinstance(value, bool):
        raise ValueError("a truth value is no time")
    if isinstance(value, int | float):
        return _unix(float(value))
    text = str(value).strip()
    try:
        return _unix(float(text))
    except ValueError:
        pass
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        found = parsedate_to_datetime(text)
    return found if found.tzinfo else found.replace(tzinfo=zone)


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
