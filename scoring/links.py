"""Which conversations would people call one case.

A conversation whose first words, address or author (on another channel) are those of an older one
is linked to that one, its leader; press of its own to the open case that it is most alike. Leaders
are sought among the partition's own conversations, and among the open cases that other partitions
told it of. States are never merged: the leader hears of it as an `Echo`, and the follower opens no
case of its own below the leader's level. All that is held here can be built anew from the cases.
"""

from bisect import insort
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence

from msgspec.structs import replace

from scoring import foreign, likeness
from scoring.absorb import carries
from scoring.belonging import ONE_TOPIC
from scoring.case import Case
from scoring.foreign import Foreign
from scoring.likeness import Marks
from scoring.mention import Kind, Role
from scoring.news import MOST_MARKS, CaseNews
from scoring.pulse import MOST_STAKES, Stake
from scoring.scored import Scored

_MOST_HELD = 64
"""Conversations held per mark; the oldest stay, for they lead."""
_FIRST_WORDS = 3
"""Mentions of a conversation that are looked at; later ones only when they are the press's."""

_Entry = tuple[float, str]
"""When a conversation began, and its id."""
_Held = dict[int, _Entry | list[_Entry]]
"""By mark; most are of one conversation alone, and have no list of their own."""


class Links:
    """The marks and open cases of each brand, over a partition's `cases` and those of `others`."""

    def __init__(self, cases: Mapping[str, Case], others: Foreign) -> None:
        self._cases = cases
        self._others = others
        self._held: dict[str, _Held] = {}
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
            left = [entry for entry in _of(held, mark) if entry[1] != case.case_id]
            if len(left) > 1:
                held[mark] = left
            elif left:
                held[mark] = left[0]
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
        marks = dict.fromkeys((*case.marks, *addresses, *author, *(m for t in texts for m in t)))
        after = replace(case, marks=tuple(marks)[:MOST_MARKS], topic=case.topic or scored.embedding)
        leader = case.leader or self._leader(after, began, scored, texts, addresses, author)
        after = replace(after, leader=leader)
        self._add(after, began)
        return after

    def beside(self, case: Case) -> Iterator[tuple[int, bytes]]:
        """Rank and topic of each open case of a customer's, of the same brand, but this one."""
        for case_id in self._open.get(case.brand, ()):
            other = self._cases[case_id]
            if case_id != case.case_id and means_customer(other):
                yield other.standing.rank, other.topic
        for news in self._others.of(case.brand, case.clock):
            if not news.until and news.topic:
                yield news.rank, news.topic

    def stakes(self, brand: str) -> tuple[Stake, ...]:
        """The highest open cases of a brand's customers, those with most complaints first."""
        held = self._open.get(brand)
        if not held:
            return ()
        cases = [case for case in map(self._cases.__getitem__, held) if means_customer(case)]
        cases = [case for case in cases if case.subject[0]]
        cases.sort(key=lambda case: (-case.standing.rank, -case.subject[0], case.case_id))
        return tuple(
            Stake(case.standing.rank, likeness.mean(case.subject)) for case in cases[:MOST_STAKES]
        )

    def led_by(self, news: CaseNews, press: Collection[str]) -> list[Case]:
        """The conversations that another partition's case leads, with it as their leader.

        It leads those alike that have no leader, or one of another partition's that is younger;
        of the `press`, conversations since it is open, those without a leader that mean it.
        """
        held = self._held.get(news.brand, {})
        alike = {entry for mark in news.marks for entry in _of(held, mark) if entry > news.order}
        found = []
        for case_id in dict.fromkeys((*(case_id for _, case_id in sorted(alike)), *press)):
            case = self._cases.get(case_id)
            root = case.evidence.root if case else None
            if case is None or root is None or case.brand != news.brand:
                continue
            known = self._others.get(case.leader)
            younger = known is not None and known.order > news.order
            shares = foreign.follows(case.marks, root.channel, news)
            writes = case_id in press and root.role is Role.MEDIA
            means = writes and likeness.cosine(case.topic, news.topic) >= ONE_TOPIC
            if (shares and (younger or not case.leader)) or (means and not case.leader):
                found.append(replace(case, leader=news.case_id))
        return found

    def _add(self, case: Case, began: float) -> None:
        held: _Held = self._held.setdefault(case.brand, {}) if case.marks else {}
        entry = began, case.case_id  # one for all marks: there are millions
        for mark in case.marks:
            known = held.setdefault(mark, entry)
            if known == entry:
                continue
            if isinstance(known, tuple):
                held[mark] = sorted((known, entry))
            elif entry not in known:
                insort(known, entry)
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
        found = [entry for mark in addresses for entry in _of(held, mark)]
        for marks in texts:
            shared = Counter(entry for mark in marks for entry in _of(held, mark))
            found += (e for e, count in shared.items() if likeness.alike(count, len(marks)))
        for entry in (entry for mark in author for entry in _of(held, mark)):
            root = self._cases[entry[1]].evidence.root if entry[1] in self._cases else None
            if root is not None and root.channel != channel:
                found.append(entry)
        others = self._others.of(case.brand, scored.mention.at)
        found += (news.order for news in others if foreign.follows(case.marks, channel, news))
        older = [entry for entry in found if entry < (began, case.case_id)]
        if older:
            first = min(older)[1]
            known = self._cases.get(first)
            first = (known.leader if known else "") or first
            return first if first != case.case_id else ""
        root = case.evidence.root
        of_press = (scored.mention if root is None else root).role is Role.MEDIA
        return self._written_about(case, scored) if of_press else ""

    def _written_about(self, case: Case, scored: Scored) -> str:
        """The open case of a customer's that the press means, empty when it is like none."""
        topics = {
            case_id: self._cases[case_id].topic
            for case_id in self._open.get(case.brand, ())
            if case_id != case.case_id and means_customer(self._cases[case_id])
        }
        others = self._others.of(case.brand, scored.mention.at)
        topics |= {news.case_id: news.topic for news in others if not news.until}
        best, found = ONE_TOPIC, ""
        for case_id, topic in sorted(topics.items()):
            alike = likeness.cosine(scored.embedding, topic)
            if alike >= best:
                best, found = alike, case_id
        return found


def _of(held: _Held, mark: int) -> Sequence[_Entry]:
    """The conversations that have a mark, the oldest first."""
    found = held.get(mark)
    if found is None:
        return ()
    return (found,) if isinstance(found, tuple) else found


def means_customer(case: Case) -> bool:
    """Whether the press may write about the case: a customer's, and no other's follower."""
    root = case.evidence.root
    return not case.leader and root is not None and root.role is not Role.MEDIA
