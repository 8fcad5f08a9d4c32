"""The book of all cases: fed from two topics in any order, bounded, and without erased words."""

import random
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

import msgspec
import pytest

from scoring.command import Action, Command, Verdict
from scoring.escalation import Escalation, Status, Why
from scoring.levels import Level
from scoring.timeline import CaseTimeline, Entry, Point, What
from streams.console import casebook
from streams.console.brands import Brands, Minute
from streams.console.casebook import Casebook
from streams.console.hub import Hub
from streams.console.listing import Asked, listed
from streams.console.page import MOST_ENTRIES, MOST_POINTS
from tests.streams.test_demo_board import escalation

AT = datetime(2026, 1, 31, 12, tzinfo=UTC)
SECONDS = AT.timestamp()


def said(**changes: object) -> Escalation:
    made = escalation(status=Status.OPEN, level=Level.RESPOND, score=0.5)
    whys = (Why(signal="anger", weight=1.0, mention_id="m1", quote="never again, thieves"),)
    fresh = {"at": AT, "why": whys, "headline": '[RESPOND] b 50%: anger — "never again, thieves"'}
    return msgspec.structs.replace(made, **(fresh | changes))


def told(case: Escalation, *entries: Entry, **changes: object) -> CaseTimeline:
    values: dict[str, object] = {
        "case_id": case.case_id,
        "brand": case.brand,
        "episode": case.episode,
        "level": case.level,
        "entries": entries,
        "point": Point(at=SECONDS + 60, score=0.7, shares=3, waiting_since=SECONDS),
    }
    return CaseTimeline(**(values | changes))  # type: ignore[arg-type]


def complaint(number: int, **changes: object) -> Entry:
    words = "they said never again, thieves!"
    made = Entry(what=What.COMPLAINT, at=SECONDS + number, id=f"m{number}", words=words)
    return msgspec.structs.replace(made, **changes)


def test_the_order_of_the_topics_does_not_matter_nor_does_a_repetition() -> None:
    first = said()
    rise = said(
        id="2", status=Status.UPDATE, level=Level.CRISIS, at=datetime(2026, 2, 1, tzinfo=UTC)
    )
    events: list[Callable[[Casebook], None]] = [
        lambda book: book.say(first),
        lambda book: book.say(rise),
        lambda book: book.tell(told(first, complaint(1), complaint(2))),
        lambda book: book.tell(told(first, complaint(3), owner="ana", acknowledged=Level.RESPOND)),
    ]
    shown = set()
    for seed in range(8):
        book = Casebook()
        order = [*events, *events]
        random.Random(seed).shuffle(order)
        for event in order:
            event(book)
        page = book.page(first.case_id)
        assert page is not None
        story = page.story()
        shown.add((tuple(e.id for e in story.entries), story.row.level, len(story.messages)))
        assert len(book) == 1
    assert shown == {(("m1", "m2", "m3"), Level.CRISIS, 2)}


def test_a_case_that_is_taken_is_asked_about_again_when_it_rises() -> None:
    book, first = Casebook(), said()
    book.say(first)
    book.tell(told(first, owner="ana", acknowledged=Level.RESPOND))
    [row] = book.rows()
    assert (row.owner, row.acknowledged, row.score) == ("ana", True, 0.7)
    book.say(said(id="2", level=Level.CRISIS, at=datetime(2026, 2, 1, tzinfo=UTC)))
    [row] = book.rows()
    assert (row.owner, row.acknowledged, row.level) == ("ana", False, Level.CRISIS)


def test_words_that_are_taken_back_are_shown_nowhere_whatever_comes_later() -> None:
    book, case = Casebook(), said()
    other = said(case_id="b:other", id="9")
    book.say(case)
    book.say(other)
    book.tell(told(case, complaint(1)))
    book.tell(CaseTimeline(case_id="b:elsewhere", brand=case.brand, erased=("m1",)))
    book.tell(told(case, complaint(1), why=case.why))
    book.say(said(id="3", at=datetime(2026, 2, 1, tzinfo=UTC)))
    for case_id in (case.case_id, other.case_id):
        page = book.page(case_id)
        assert page is not None
        assert b"never again" not in msgspec.json.encode(page.story())
    assert [entry.id for entry in book.page(case.case_id).story().entries] == ["m1"]  # type: ignore[union-attr]


def test_old_messages_are_shown_without_words() -> None:
    book = Casebook()
    book.say(said(), quotable=False)
    [row] = book.rows()
    assert "never again" not in row.headline
    assert row.headline.startswith("anger")


def test_memory_is_bounded_and_keeps_what_tells_most(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(casebook, "MOST_OPEN", 50)
    monkeypatch.setattr(casebook, "MOST_CLOSED", 20)
    book, case = Casebook(), said(level=Level.CRISIS)
    book.say(case)
    for number in range(3 * MOST_ENTRIES):
        share = Entry(what=What.SHARE, at=SECONDS + number, id=f"s{number}", followers=number)
        point = Point(at=SECONDS + number, score=0.5, shares=number)
        book.tell(told(case, share, point=point))
    book.tell(told(case, complaint(1)))
    page = book.page(case.case_id)
    assert page is not None
    story = page.story()
    assert len(story.entries) <= MOST_ENTRIES * 5 // 4 + 1
    assert len(story.points) <= MOST_POINTS
    assert "m1" in {entry.id for entry in story.entries}
    assert f"s{3 * MOST_ENTRIES - 1}" in {entry.id for entry in story.entries}
    assert story.passed_over > 0
    for number in range(100):
        book.say(said(case_id=f"b:{number}", id=str(number), level=Level.WATCH))
    assert 40 <= len(book) <= 50
    assert book.page(case.case_id) is not None  # a crisis goes last
    for number in range(100):
        book.say(said(case_id=f"c:{number}", id=f"c{number}", status=Status.RESOLVED))
    assert len(list(book.rows(closed=True))) == 20


def test_a_verdict_stands_beside_the_case_whenever_it_comes() -> None:
    book, case = Casebook(), said()
    verdict = Command(
        id="v",
        action=Action.RESOLVE,
        case_id=case.case_id,
        at=AT,
        by="ana",
        verdict=Verdict.NO_CRISIS,
    )
    book.order(verdict)
    book.say(case)
    [row] = book.rows()
    assert row.verdict == "no_crisis"


def test_a_closed_case_keeps_its_words_and_says_who_closed_it_and_when() -> None:
    book, case = Casebook(), said()
    book.say(case)
    over = {"id": "over", "status": Status.RESOLVED, "headline": "[RESPOND] b 50%: over"}
    book.say(said(**over))
    [row] = book.rows(closed=True)
    assert (row.headline, row.closed_at, row.closed_by) == (
        'anger — "never again, thieves"',
        SECONDS,
        "",
    )
    book.tell(told(case, decision("r", 300, Action.RESOLVE), level=None))
    book.tell(told(case, decision("later", 900, Action.RESOLVE, by="ben"), level=None))
    [row] = book.rows(closed=True)
    assert (row.closed_at, row.closed_by) == (SECONDS + 300, "ana")
    page = book.page(case.case_id)
    assert page is not None
    assert page.story().messages[-1].at == SECONDS + 300
    page.erase("m1")
    [row] = book.rows(closed=True)
    assert "never again" not in row.headline


def test_decisions_are_told_in_the_order_of_the_log_whatever_their_ids_and_clocks() -> None:
    book, case = Casebook(), said()
    book.say(case)
    ordered = [
        decision("z", 100, Action.ACKNOWLEDGE),
        decision("a", 100, Action.ASSIGN),
        decision("c", 95, Action.SNOOZE),  # from a computer whose clock is slow
    ]
    book.tell(told(case, complaint(98), *ordered, complaint(200)))
    page = book.page(case.case_id)
    assert page is not None
    assert [one.id for one in page.story().entries] == ["m98", "z", "a", "c", "m200"]


def decision(id: str, after: float, action: Action, by: str = "ana") -> Entry:
    return Entry(what=What.COMMAND, at=SECONDS + after, id=id, by=by, action=action)


def test_lists_are_filtered_searched_sorted_and_paged() -> None:
    book = Casebook()
    for number, level in enumerate([*Level, *Level]):
        changes = {"case_id": f"b:{number}", "id": str(number), "level": level}
        book.say(said(**changes, score=number / 10, brand="acme" if number % 2 else "b"))

    def ids(**asked: object) -> Sequence[str]:
        found = listed(book.rows(), Asked(**asked), SECONDS)  # type: ignore[arg-type]
        return [row.case_id for row in found.cases]

    assert ids()[:3] == ["b:7", "b:3", "b:6"]
    assert ids(q="crisis") == ["b:7", "b:3"]
    assert ids(level=(Level.WATCH,)) == ["b:4", "b:0"]
    assert ids(brand=("acme",), limit=2, offset=1) == ["b:3", "b:5"]
    assert ids(q="ACME b:7") == ["b:7"]
    assert ids(state="unacknowledged", sort="newest")[0] == "b:0"
    assert listed(book.rows(), Asked(limit=1), SECONDS).total == 8
    [top] = listed(book.rows(), Asked(limit=1), SECONDS).cases
    taken = {"case_id": top.case_id, "owner": "ana", "acknowledged": Level.CRISIS}
    book.tell(told(said(), **taken))
    assert ids()[:3] == ["b:3", "b:7", "b:6"]
    book.tell(
        told(said(), **taken, snooze_until=SECONDS + 9999, point=Point(at=SECONDS + 70, score=1))
    )
    assert ids()[-1] == "b:7"


def test_who_watches_goes_on_where_he_was_and_starts_over_when_that_is_gone() -> None:
    hub = Hub(most=3)
    start = hub.last
    hub.tell("a")
    hub.tell("b")
    hub.tell("a")
    assert hub.since(start) == ["a", "b"]
    assert hub.since(hub.last) == []
    hub.tell("c")
    assert hub.since(start) is None
    assert hub.since(Hub().last) is None
    assert hub.since("") is None
    assert hub.since(f"{hub.name}-99") is None


def test_a_brand_s_bars_hold_its_minutes() -> None:
    brands = Brands()
    for minutes in (0, 20, 20, 0, 60 * 23):  # some come again
        brands.pulse(Minute(brand="acme", at=SECONDS + 60 * minutes, mentions=5, complaints=2))
    [row] = brands.rows([], "24h", SECONDS + 86_400 - 1)
    assert (sum(row.mentions), sum(row.complaints)) == (15, 6)
    assert row.mentions[0] + row.mentions[1] == 10
    [later] = brands.rows([], "24h", SECONDS + 2 * 86_400)
    assert sum(later.mentions) == 0
