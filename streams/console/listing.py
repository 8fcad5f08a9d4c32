"""Which cases a list shows, in which order, and which part of them."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Literal

import msgspec

from scoring.levels import Level
from streams.console.page import Row

MOST = 5_000
"""Cases of one answer."""
Sort = Literal["urgency", "newest", "oldest", "silence", "reach"]
State = Literal["open", "unacknowledged", "snoozed", "closed"]


class Asked(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a request asks for; `q` is searched in headline, brand, owner and id."""

    state: State = "open"
    level: tuple[Level, ...] = ()
    brand: tuple[str, ...] = ()
    owner: str = ""
    q: str = ""
    sort: Sort = "urgency"
    offset: int = 0
    limit: int = 200


class Listing(msgspec.Struct, frozen=True, kw_only=True):
    """A part of the cases asked for; `total` of them there are, `levels` counts them."""

    total: int
    offset: int
    levels: dict[Level, int]
    cases: Sequence[Row]


def listed(rows: Iterable[Row], asked: Asked, now: float) -> Listing:
    """The part asked for; `now` is event time (seconds)."""
    words = asked.q.casefold().split()
    found = [row for row in rows if _wanted(row, asked, words, now)]
    if asked.sort == "urgency":
        found.sort(key=lambda row: _urgency(row, now))
    else:
        found.sort(key=_ORDERS[asked.sort])
    counts = Counter(row.level for row in found)
    return Listing(
        total=len(found),
        offset=asked.offset,
        levels={level: counts[level] for level in Level},
        cases=found[asked.offset : asked.offset + asked.limit],
    )


def _wanted(row: Row, asked: Asked, words: Sequence[str], now: float) -> bool:
    if asked.level and row.level not in asked.level:
        return False
    if asked.brand and row.brand not in asked.brand:
        return False
    if asked.owner and row.owner != asked.owner:
        return False
    if asked.state == "unacknowledged" and row.acknowledged:
        return False
    if asked.state == "snoozed" and row.snooze_until <= now:
        return False
    if not words:
        return True
    parts = (row.headline, row.brand, row.owner, row.case_id, row.channel, row.level, row.kind)
    text = " ".join(parts).casefold()
    return all(word in text for word in words)


def _urgency(row: Row, now: float) -> tuple[bool, int, bool, float, str]:
    """What sleeps comes last, and at each level what somebody has after what nobody has."""
    return row.snooze_until > now, -row.level.rank, row.acknowledged, -row.score, row.case_id


_ORDERS = {
    "newest": lambda row: (-row.opened_at, row.case_id),
    "oldest": lambda row: (row.opened_at, row.case_id),
    "silence": lambda row: (row.waiting_since or float("inf"), row.case_id),
    "reach": lambda row: (-row.reach, row.case_id),
}
