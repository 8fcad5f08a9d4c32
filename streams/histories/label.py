"""What a history was: its kind, whether a crisis, and until when an alarm was worth something."""

from bisect import bisect_left
from datetime import UTC, datetime

import msgspec

from scoring.levels import Level
from scoring.mention import Kind, Mention, Role
from streams.histories.kinds import Lang, Split

NOTICE_S = 60.0
"""An alarm comes in time if it comes this long before the press or the steepest growth."""
STEEP_S = 1800.0
"""Growth is counted over half an hour."""


class History(msgspec.Struct, frozen=True, kw_only=True):
    """One labelled history, its mentions in order of time.

    `permitted` is the highest level a control may reach, None for crises and for ordinary weeks;
    `deadline` is None but for crises. `matter` holds the conversations that it is about, others are
    what goes on besides.
    """

    name: str
    kind: str
    split: Split
    crisis: bool
    permitted: Level | None
    deadline: datetime | None
    brand: str
    lang: Lang
    sector: str
    channel: str
    seed: int
    matter: tuple[str, ...]
    mentions: tuple[Mention, ...]


def media_at(mentions: list[Mention]) -> float | None:
    """When the press first took it up (seconds)."""
    return min((mention.at for mention in mentions if mention.role is Role.MEDIA), default=None)


def steepest_at(times: list[float]) -> float:
    """Start (seconds) of the half hour with the most of these times; the first of several."""
    times = sorted(times)
    counts = [bisect_left(times, at + STEEP_S) - at_index for at_index, at in enumerate(times)]
    return times[counts.index(max(counts))]


def deadline(mentions: list[Mention], unseen: list[float]) -> datetime:
    """One minute before the first media item or the steepest growth, whichever comes first.

    `unseen` are times (seconds) of shares that only a counter showed.
    """
    own = (Kind.DELETION, Kind.EDIT, Kind.ENGAGEMENT)
    times = [m.at for m in mentions if m.role is not Role.BRAND and m.kind not in own]
    first = steepest_at([*times, *unseen])
    press = media_at(mentions)
    due = min(first, press) if press is not None else first
    return datetime.fromtimestamp(due - NOTICE_S, UTC)
