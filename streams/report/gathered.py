"""What was published, kept while a recording is read, so that cases can be told afterwards."""

from collections import defaultdict
from collections.abc import Iterable

import msgspec

from scoring.escalation import CaseKind, Escalation, Status
from scoring.mention import Kind, Role
from scoring.scored import Scored
from scoring.timeline import Entry, most_telling, of_mention

MOST = 400
"""Entries kept of one conversation; those that tell least go first."""


class Gathered:
    """Every conversation's entries, personal data masked; `mentions` counts all of them.

    What its author took back, or wrote anew, keeps its place and loses its words.
    """

    def __init__(self) -> None:
        self.mentions = 0
        self.first = float("inf")
        self.last = float("-inf")
        self.brands: set[str] = set()
        self._conversations: defaultdict[str, list[Entry]] = defaultdict(list)
        self._erased: set[tuple[str, str]] = set()

    def mention(self, scored: Scored) -> None:
        """One more mention."""
        mention = scored.mention
        self.mentions += 1
        self.first, self.last = min(self.first, mention.at), max(self.last, mention.at)
        self.brands.add(mention.brand)
        taken_back = mention.kind in (Kind.DELETION, Kind.EDIT) and mention.role is not Role.BRAND
        if taken_back and mention.parent_id:
            self._erased.add((mention.brand, mention.parent_id))
        if mention.kind is Kind.ENGAGEMENT:
            return
        kept = self._conversations[mention.case_id]
        kept.append(of_mention(scored))
        if len(kept) > 2 * MOST:
            kept[:] = most_telling(kept, MOST)

    def erased(self, brand: str, mention_id: str | None) -> bool:
        """Whether the words of a mention were taken back."""
        return (brand, mention_id) in self._erased

    def entries(self, said: list[Escalation]) -> list[Entry]:
        """What happened in a case, in order of time.

        Of a conversation: its mentions and those of others that its messages name. Of an incident:
        everything about the brand from its beginning to its end.
        """
        case = said[0]
        if case.kind is CaseKind.INCIDENT:
            begin, end = case.opened_at.timestamp(), _end(said)
            of_brand = self._of_brand(case.brand)
            found = [entry for entry in of_brand if begin <= entry.at <= end]
        else:
            found = list(self._conversations.get(case.case_id, ()))
            own = {entry.id for entry in found}
            named = {name for one in said for name in _named(one)} - own
            if named:
                found += [entry for entry in self._of_brand(case.brand) if entry.id in named]
        cleaned = [self._clean(case.brand, entry) for entry in found]
        return sorted(cleaned, key=lambda entry: (entry.at, entry.id))

    def _of_brand(self, brand: str) -> Iterable[Entry]:
        start = f"{brand}:"
        return (
            entry
            for case_id, entries in self._conversations.items()
            if case_id.startswith(start)
            for entry in entries
        )

    def _clean(self, brand: str, entry: Entry) -> Entry:
        if not self.erased(brand, entry.id):
            return entry
        return msgspec.structs.replace(entry, words="", url=None)


def _named(said: Escalation) -> Iterable[str]:
    yield from said.mention_ids
    yield from (term.mention_id for term in said.why if term.mention_id)


def _end(said: list[Escalation]) -> float:
    ends = [one.at.timestamp() for one in said if one.status is Status.RESOLVED]
    return max(ends, default=float("inf"))
