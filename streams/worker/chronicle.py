"""What is told of open cases after each batch: mentions, decisions, score and spread.

Told for people to look at. Nothing is decided from it, and what a restart forgets of the time
before a case was one is missing from its timeline and from nothing else.
"""

from collections import OrderedDict, deque
from collections.abc import Collection, Iterator
from typing import Any

from scoring.assessment import Assessment, assess
from scoring.case import Case
from scoring.command import Command
from scoring.levels import from_rank
from scoring.mention import Kind, Mention, Role
from scoring.partition import Partition
from scoring.policy import Policy
from scoring.scored import Scored
from scoring.standing import Standing
from scoring.timeline import (
    MOST_ENTRIES,
    CaseTimeline,
    Entry,
    Point,
    most_telling,
    of_command,
    of_mention,
    point,
)

_CONVERSATIONS = 1000
_MENTIONS = 12
"""Remembered of each conversation that is no case, so that a case begins with its story."""


class Chronicle:
    """Gathers what a batch brings, one partition at a time, until `tell` takes it."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._heard: dict[str, list[Scored]] = {}
        self._ordered: dict[str, list[Entry]] = {}
        self._erased: list[tuple[Mention, str]] = []
        self._before: OrderedDict[str, deque[Scored]] = OrderedDict()

    def mention(self, scored: Scored) -> None:
        """A mention was folded."""
        mention = scored.mention
        self._heard.setdefault(mention.case_id, []).append(scored)
        if mention.kind in (Kind.DELETION, Kind.EDIT) and mention.role is not Role.BRAND:
            self._forget(mention.case_id, mention.parent_id or "")
            self._erased.append((mention, mention.parent_id or ""))

    def command(self, command: Command, at: float) -> None:
        """A person's decision was read at event time `at` (seconds)."""
        self._ordered.setdefault(command.case_id, []).append(of_command(command, at))

    def tell(self, fold: Partition, ended: Collection[str]) -> list[CaseTimeline]:
        """What the batch did to each case that is open, or that it `ended`."""
        try:
            return list(self._tell(fold, ended))
        finally:
            self._heard, self._ordered, self._erased = {}, {}, []

    def _tell(self, fold: Partition, ended: Collection[str]) -> Iterator[CaseTimeline]:
        entries: dict[str, list[Entry]] = dict(self._ordered)
        for case_id, heard in self._heard.items():
            case = _speaker(fold, case_id)
            if case is None and case_id not in ended:
                self._remember(case_id, heard)
                continue
            own = case.case_id if case else case_id
            told = [*self._before.pop(case_id, ()), *heard]
            linked = own != case_id
            entries.setdefault(own, []).extend(of_mention(one, linked=linked) for one in told)
        for mention, erased in self._erased:
            yield CaseTimeline(case_id=mention.case_id, brand=mention.brand, erased=(erased,))
        spoken = {*ended, *self._ordered}
        for case_id in sorted({*fold.changed, *entries, *ended}):
            case = fold.cases.get(case_id)
            if case is not None and (case.standing.open or case_id in spoken):
                yield self._told(case, entries.get(case_id, []))

    def _told(self, case: Case, entries: list[Entry]) -> CaseTimeline:
        policy = self._policy.for_brand(case.brand)
        found = assess(case.evidence, max(case.clock, case.evidence.last_at), policy)
        shown = most_telling(entries, MOST_ENTRIES)
        root = case.evidence.root
        return CaseTimeline(
            case_id=case.case_id,
            brand=case.brand,
            channel=root.channel if root else "",
            entries=tuple(shown),
            passed_over=len(entries) - len(shown),
            point=_point(case, found),
            why=found.why,
            **of_standing(case.standing),
        )

    def _remember(self, case_id: str, heard: list[Scored]) -> None:
        held = self._before.setdefault(case_id, deque(maxlen=_MENTIONS))
        held.extend(heard)
        self._before.move_to_end(case_id)
        if len(self._before) > _CONVERSATIONS:
            self._before.popitem(last=False)

    def _forget(self, case_id: str, mention_id: str) -> None:
        held = self._before.get(case_id, deque())
        kept = [one for one in held if one.mention.id != mention_id]
        held.clear()
        held.extend(kept)


def of_standing(standing: Standing) -> dict[str, Any]:
    """The fields of a message that people decided, and the level."""
    return {
        "episode": standing.episode,
        "level": from_rank(standing.rank),
        "owner": standing.owner,
        "acknowledged": from_rank(standing.acknowledged),
        "snooze_until": standing.snooze_until,
    }


def _speaker(fold: Partition, case_id: str) -> Case | None:
    """The open case that a conversation is, or that speaks for it; None where there is none."""
    passed: set[str] = set()
    while case_id not in passed:
        passed.add(case_id)
        case = fold.cases.get(case_id)
        if case is None:
            return None
        if case.standing.open:
            return case
        case_id = case.leader or case_id
    return None


def _point(case: Case, found: Assessment) -> Point:
    waiting = case.evidence.waiting_since
    at = max(case.clock, case.evidence.last_at)
    return point(at, found.score, found.spread, waiting.at if waiting else 0.0)
