"""Every open case of the installation, and the newest of those that are closed, in bounded memory.

Fed in any order from several topics; the same record twice changes nothing.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterator

import msgspec

from scoring.command import Command
from scoring.escalation import CaseKind, Escalation
from scoring.timeline import CaseTimeline
from streams.console.erasing import unquoted, without, wordless
from streams.console.page import Page, Row

MOST_CLOSED = 500
MOST_OPEN = 50_000
MOST_ERASED = 100_000
_MOST_ORPHANS = 2_000
"""Cases of which only a timeline is known yet."""
_MOST_VERDICTS = 10_000

Changed = Callable[[Page], None]


class Casebook:
    """Pages by case id; `changed` is told of each page that moved."""

    def __init__(self, changed: Changed = lambda page: None) -> None:
        self.changed = changed
        self._open: dict[str, Page] = {}
        self._closed: OrderedDict[str, Page] = OrderedDict()
        self._orphans: OrderedDict[str, Page] = OrderedDict()
        self._erased: OrderedDict[tuple[str, str], None] = OrderedDict()
        self._verdicts: OrderedDict[str, str] = OrderedDict()
        self.whole = True
        """Whether no open case was ever let go for want of room."""
        self.newest_at = 0.0
        """The newest event time (seconds) of anything that was heard."""

    def __len__(self) -> int:
        """How many cases are open."""
        return len(self._open)

    def page(self, case_id: str) -> Page | None:
        """A case of which something was said, None when it is not known (any more)."""
        return self._open.get(case_id) or self._closed.get(case_id)

    def rows(self, *, closed: bool = False) -> Iterator[Row]:
        """Open cases, or those closed last, in no order."""
        for page in (self._closed if closed else self._open).values():
            yield page.row()

    def say(self, said: Escalation, *, quotable: bool = True) -> None:
        """An escalation was said; unless `quotable`, words may have been taken back since."""
        if not quotable:
            said = wordless(said)
        for term in said.why:
            if term.quote and (said.brand, term.mention_id or "") in self._erased:
                said = without(said, term.mention_id or "")
        page = self._held(said.case_id, said.brand, said.kind)
        page.say(said)
        self._place(page)
        self._heard(said.at.timestamp())
        self.changed(page)

    def tell(self, told: CaseTimeline) -> None:
        """Something happened in a case."""
        for mention_id in told.erased:
            self._erase(told.brand, mention_id)
        if not told.entries and told.point is None:
            return
        page = self._held(told.case_id, told.brand, told.kind)
        page.tell(self._clean(told))
        self._place(page)
        if told.point:
            self._heard(told.point.at)
        if page.said is not None:
            self.changed(page)

    def order(self, command: Command) -> None:
        """A person decided something; its effect comes with the case's timeline."""
        if command.verdict is None:
            return
        self._verdicts[command.case_id] = command.verdict.value
        if len(self._verdicts) > _MOST_VERDICTS:
            self._verdicts.popitem(last=False)
        page = self.page(command.case_id)
        if page is not None:
            page.verdict = command.verdict.value
            self.changed(page)

    def _heard(self, at: float) -> None:
        self.newest_at = max(self.newest_at, at)

    def _held(self, case_id: str, brand: str, kind: CaseKind) -> Page:
        page = self.page(case_id) or self._orphans.get(case_id)
        if page is None:
            page = Page(case_id, brand, kind)
            page.verdict = self._verdicts.get(case_id, "")
        return page

    def _place(self, page: Page) -> None:
        case_id = page.case_id
        for held in (self._open, self._closed, self._orphans):
            held.pop(case_id, None)
        if page.said is None:
            self._orphans[case_id] = page
            _bounded(self._orphans, _MOST_ORPHANS)
        elif page.open:
            self._open[case_id] = page
            if len(self._open) > MOST_OPEN:
                self._make_room()
        else:
            self._closed[case_id] = page
            _bounded(self._closed, MOST_CLOSED)

    def _make_room(self) -> None:
        """Lets a tenth of the open cases go: the lowest, of these the ones quiet for longest."""
        self.whole = False
        by_weight = sorted(self._open.values(), key=lambda one: (one.row().level.rank, one.at))
        for page in by_weight[: len(self._open) // 10 + 1]:
            del self._open[page.case_id]

    def _erase(self, brand: str, mention_id: str) -> None:
        self._erased[brand, mention_id] = None
        if len(self._erased) > MOST_ERASED:
            self._erased.popitem(last=False)
        for held in (self._open, self._closed, self._orphans):
            for page in held.values():
                if page.brand == brand and page.erase(mention_id) and page.said is not None:
                    self.changed(page)

    def _clean(self, told: CaseTimeline) -> CaseTimeline:
        """A timeline without words that were taken back."""
        brand, erased = told.brand, self._erased
        if not erased:
            return told
        entries = tuple(
            msgspec.structs.replace(entry, words="")
            if entry.words and (brand, entry.id) in erased
            else entry
            for entry in told.entries
        )
        why = told.why
        for term in why:
            if term.quote and (brand, term.mention_id or "") in erased:
                why = unquoted(why, term.mention_id or "")
        return msgspec.structs.replace(told, entries=entries, why=why)


def _bounded(held: OrderedDict[str, Page], most: int) -> None:
    if len(held) > most:
        held.popitem(last=False)
