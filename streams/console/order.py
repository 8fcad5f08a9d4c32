"""The order in which a case is told: its entries, its ends, and few enough points."""

from collections.abc import Iterable

import msgspec

from scoring.command import Action
from scoring.timeline import CaseTimeline, Entry, Point, What


class Closing(msgspec.Struct, frozen=True):
    """When (seconds) an episode ended, and who ended it: empty when it ended by itself."""

    at: float
    by: str


def in_order(entries: Iterable[Entry]) -> list[Entry]:
    """Entries by their time; decisions in the order of the log, as people's clocks differ."""
    placed: list[tuple[float, str, Entry]] = []
    latest = float("-inf")
    for entry in entries:
        decided = entry.what is What.COMMAND
        latest = max(latest, entry.at) if decided else latest
        placed.append((latest if decided else entry.at, "" if decided else entry.id, entry))
    return [entry for _, _, entry in sorted(placed, key=lambda one: one[:2])]


def closing_of(told: CaseTimeline) -> Closing:
    """The end of an episode, by the batch that ended it."""
    orders = [one for one in told.entries if one.action is Action.RESOLVE]
    if orders:
        return Closing(orders[0].at, orders[0].by)
    return Closing(told.point.at if told.point else 0.0, "")


def thinned(points: Iterable[Point], most: int) -> list[Point]:
    """At most so many of the newest, evenly spread, the last among them."""
    held = list(points)
    if len(held) <= most:
        return held
    step = (len(held) - 1) / (most - 1)
    return [held[round(number * step)] for number in range(most)]
