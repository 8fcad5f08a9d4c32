"""Which conversations of one partition would people call one case.

A conversation whose first words, address or author (on another channel) are those of an older one
is linked to that one, its leader; press of its own to the open case that it is most alike. States
are never merged: the leader hears of it as an `Echo`, and the follower opens no case of its own
below the leader's level. All that is held here can be built anew from the cases.
"""

from bisect import insort
from collections import Counter
from collections.abc import Mapping

from msgspec.structs import replace

from scoring import likeness
from scoring.absorb import carries
from scoring.case import Case
from scoring.likeness import Marks
from scoring.mention import Kind, Role
from scoring.scored import Scored

_MOST_MARKS = 32
_MOST_HELD = 64
"""Conversations held per mark; the oldest stay, for they lead."""
_FIRST_WORDS = 3
"""Mentions of a conversation that are looked at; later ones only when they are the press's."""
_ALIKE_TOPIC = 0.5
"""Cosine from which the press writes about an open case; set by hand."""


class Links:
    """The marks and open cases of each brand, over a partition's `cases`."""

    def __init__(self, cases: Mapping[str, Case]) -> None:
        self._cases = cases
        self._held: dict[str, dict[int, list[tuple[float, str]]]] = {}
        self._open: dict[str, set[str]] = {}
        for case in cases.values():
            self._add(case, case.evidence.first_at)
            self.keep(case)

    def keep(self, case: Case) -> None:
        """The case has changed."""
        if case.standing.open:
            self._open.setdefault(case.brand, set()).add(case.case_id)
        elif case.brand in self._open:
            self._open[case.brand].discard(case.case_id)

    def drop(self, case: Case) -> None:
        """The case is forgotten."""
        held = self._held.get(case.brand, {})
        for mark in case.marks:
            left = [entry for entry in held.get(mark, ()) if entry[1] != case.case_id]
            if left:
                held[mark] = left
            else:
                held.pop(mark, None)
        self._open.get(case.brand, set()).discard(case.case_id)

    def joined(self, case: Case, scored: Scored) -> Case:
        """The case with the marks of one more mention, and its leader if they show one."""
        mention = scored.mention
        speaks = (mention.kind or Kind.POST) in (Kind.POST, Kind.REPLY)
        early = case.evidence.mentions < _FIRST_WORDS or mention.role is Role.MEDIA
        if not (early and speaks and mention.role is not Role.BRAND and carries(scored)):
            return case
        texts = likeness.sketches(mention.text)
        addresses, author = likeness.addresses(mention), likeness.author(mention)
        began = min(case.evidence.first_at, mention.at) if case.evidence.mentions else mention.at
        leader = case.leader or self._leader(case, began, scored, texts, addresses, author)
        marks = dict.fromkeys((*case.marks, *addresses, *author, *(m for t in texts for m in t)))
        topic = case.topic or scored.embedding
        case = replace(case, marks=tuple(marks)[:_MOST_MARKS], leader=leader, topic=topic)
        self._add(case, began)
        return case

    def _add(self, case: Case, began: float) -> None:
        held = self._held.setdefault(case.brand, {}) if case.marks else {}
        for mark in case.marks:
            known = held.setdefault(mark, [])
            if (began, case.case_id) not in known:
                insort(known, (began, case.case_id))
                del known[_MOST_HELD:]

    def _leader(
        self,
        case: Case,
        began: float,
        scored: Scored,
        texts: list[Marks],
        addresses: Marks,
        author: Marks,
    ) -> str:
        held = self._held.get(case.brand, {})
        channel = scored.mention.channel
        found = [entry for mark in addresses for entry in held.get(mark, ())]
        for marks in texts:
            shared = Counter(entry for mark in marks for entry in held.get(mark, ()))
            found += (e for e, count in shared.items() if likeness.alike(count, len(marks)))
        for entry in (entry for mark in author for entry in held.get(mark, ())):
            root = self._cases[entry[1]].evidence.root if entry[1] in self._cases else None
            if root is not None and root.channel != channel:
                found.append(entry)
        older = [entry for entry in found if entry < (began, case.case_id)]
        if older:
            first = min(older)[1]
            known = self._cases.get(first)
            first = (known.leader if known else "") or first
            return first if first != case.case_id else ""
        return self._written_about(case, scored) if scored.mention.role is Role.MEDIA else ""

    def _written_about(self, case: Case, scored: Scored) -> str:
        """The open case of a customer's that the press means, empty when it is like none."""
        best, found = _ALIKE_TOPIC, ""
        for case_id in sorted(self._open.get(case.brand, ())):
            other = self._cases[case_id]
            root = other.evidence.root
            if case_id == case.case_id or other.leader or not root or root.role is Role.MEDIA:
                continue
            alike = likeness.cosine(scored.embedding, other.topic)
            if alike >= best:
                best, found = alike, case_id
        return found
