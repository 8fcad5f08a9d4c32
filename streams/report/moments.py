"""What a case's timeline shows: its turning points one by one, and between them a count."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

import msgspec

from scoring.escalation import CaseKind, Escalation, Status
from scoring.mention import Role
from scoring.timeline import Entry, What

MOST = 24
"""Mentions that have a line of their own in one case."""
LARGE = 10_000
"""Followers from which somebody who passes it on has a line of their own."""
_ALWAYS = (What.MEDIA, What.DELETION, What.EDIT)


class Crowd(msgspec.Struct, frozen=True):
    """What happened between two turning points: how often each kind, and how many follow them."""

    begin: float
    end: float
    counts: dict[What, int]
    reach: int


Moment = Entry | Escalation | Crowd


def moments(said: Sequence[Escalation], entries: Sequence[Entry]) -> list[Moment]:
    """In order of time; a message follows the mention that caused it."""
    chosen = {entry.id for entry in _turning(said, entries)}
    made: list[Moment] = []
    between: list[Entry] = []

    def close() -> None:
        if between:
            made.append(_crowd(between))
            between.clear()

    timed: list[tuple[float, int, Entry | Escalation]] = [
        *((entry.at, 0, entry) for entry in entries),
        *((one.at.timestamp(), 1, one) for one in _levels(said)),
    ]
    for _, _, moment in sorted(timed, key=lambda row: row[:2]):
        if isinstance(moment, Entry) and moment.id not in chosen:
            between.append(moment)
            continue
        close()
        made.append(moment)
    close()
    return made


def _levels(said: Iterable[Escalation]) -> Iterator[Escalation]:
    """The messages that changed the level, opened the case or ended it."""
    before: tuple[int, Status, str] | None = None
    for one in said:
        ended = one.status is Status.RESOLVED
        state = (one.episode, Status.RESOLVED if ended else Status.OPEN, str(one.level))
        if state != before:
            yield one
        before = state


def _turning(said: Sequence[Escalation], entries: Sequence[Entry]) -> list[Entry]:
    """The entries that tell most, at most MOST of them."""
    named = {term.mention_id for one in said for term in one.why if term.weight > 0}
    incident = said[0].kind is CaseKind.INCIDENT
    root = said[0].conversation_id
    ranked = []
    for entry in entries:
        rank = _rank(entry, incident=incident, root=entry.id == root, named=entry.id in named)
        if rank is not None:
            ranked.append((rank, -entry.followers, entry.at, entry.id, entry))
    return [row[-1] for row in sorted(ranked, key=lambda row: row[:4])[:MOST]]


def _rank(entry: Entry, *, incident: bool, root: bool, named: bool) -> int | None:
    """0 tells most; None has no line of its own."""
    if root:
        return 0
    if entry.what in _ALWAYS and not (incident and entry.what is What.EDIT):
        return 1
    if named or entry.promoted:
        return 2
    loud = entry.what is What.SHARE and entry.followers >= LARGE
    if loud or entry.role is Role.INFLUENCER:
        return 3
    if entry.what is What.ANSWER:
        # under an outage a brand answers hundreds; what it says to all is a thread of its own
        return 4 if not incident or not entry.parent_id else None
    if entry.what is What.COMPLAINT and not incident:
        return 5
    return None


def _crowd(entries: Sequence[Entry]) -> Crowd:
    # the brand's own followers are no spread
    heard = sum(entry.followers for entry in entries if entry.role is not Role.BRAND)
    counts = Counter(entry.what for entry in entries)
    return Crowd(entries[0].at, entries[-1].at, dict(counts), heard)
