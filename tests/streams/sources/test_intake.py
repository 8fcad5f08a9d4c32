"""From items to mentions: conversations are followed, changes known, nothing is said twice."""

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from scoring.mention import Kind, Role
from streams.sources.brands import Matcher, read
from streams.sources.intake import Intake
from streams.sources.item import author, deletion, identity, item
from streams.sources.known import Known, Memory, digest
from streams.sources.source import Common, Item

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
MATCHER = Matcher(
    read({"acme": {"keywords": ["acme"], "handles": ["@acme"]}, "zoo": {"keywords": ["zoo"]}})
)


def said(id: str, text: str, **more: Any) -> Item:
    given: dict[str, Any] = {"id": id, "text": text, "created_at": NOW, "channel": "forum"}
    return item(**given | more)


def intake(memory: Memory | None, **common: Any) -> Intake:
    return Intake(MATCHER, Common(**common), memory)


def test_one_mention_for_each_brand_and_the_rest_is_left() -> None:
    taken = intake(Memory()).take([said("1", "acme and zoo"), said("2", "nothing")], NOW)
    assert [(one.brand, one.id) for one in taken.mentions] == [("acme", "1"), ("zoo", "1")]
    assert taken.outcomes == {"sent": 1, "unmatched": 1}


def test_replies_belong_to_the_brand_of_what_they_answer() -> None:
    taken = intake(Memory()).take(
        [
            said("1", "acme lost it"),
            said("2", "me too", parent_id="1", kind=Kind.REPLY),
            said("3", "and me", parent_id="2", kind=Kind.REPLY),
            said("4", "", parent_id="3", kind=Kind.SHARE),
            said("5", "elsewhere", parent_id="9", kind=Kind.REPLY),
        ],
        NOW,
    )
    assert [(one.id, one.brand, one.root_id) for one in taken.mentions] == [
        (id, "acme", "1") for id in "1234"
    ]


def test_the_brands_own_words_bear_its_role() -> None:
    own = author(handle="@Acme")
    taken = intake(Memory(), role=Role.MEDIA).take(
        [said("1", "we are sorry", author=own), said("2", "acme, they say")], NOW
    )
    assert [one.role for one in taken.mentions] == [Role.BRAND, Role.MEDIA]


def test_a_second_time_is_a_duplicate_an_edit_or_nothing() -> None:
    memory = Memory()
    first = intake(memory).take([said("1", "acme")], NOW)
    assert len(first.mentions) == 1
    again = intake(memory).take([said("1", "acme")], NOW + timedelta(hours=1))
    assert again.outcomes == {"duplicate": 1}
    later = NOW + timedelta(hours=2)
    (edit,) = intake(memory).take([said("1", "acme!", changed_at=later)], later).mentions
    assert (edit.kind, edit.parent_id, edit.created_at) == (Kind.EDIT, "1", later)
    assert intake(memory).take([said("1", "acme!", changed_at=later)], later).mentions == []
    (gone,) = intake(memory).take([deletion("1", NOW, "forum")], NOW).mentions
    assert (gone.kind, gone.brand, gone.parent_id) == (Kind.DELETION, "acme", "1")
    assert intake(memory).take([deletion("2", NOW, "forum")], NOW).outcomes == {"unmatched": 1}


def test_a_mention_that_names_its_brand_is_sent_once() -> None:
    memory = Memory()

    def named(brand: str, text: str = "lost", id: str = "1", **more: Any) -> Item:
        found = said(id, text, **more)
        return replace(found, mention=replace(found.mention, brand=brand), named=True)

    def take(*items: Item) -> list[tuple[str, str | None]]:
        taken = intake(memory).take(items, NOW).mentions
        return [(one.brand, one.kind) for one in taken]

    assert take(named("acme"), named("zoo"), named("acme")) == [("acme", "post"), ("zoo", "post")]
    assert take(named("acme"), named("zoo")) == []
    assert take(named("acme", "found"), named("zoo", "found")) == [
        ("acme", "edit"),
        ("zoo", "edit"),
    ]
    counters = {"id": "c", "text": "", "kind": Kind.ENGAGEMENT, "parent_id": "1"}
    assert take(named("acme", **counters), named("acme", **counters)) == [("acme", "engagement")]


def test_what_could_not_be_stored_is_not_known() -> None:
    memory = Memory()
    assert intake(memory).take([said("1", "acme")], NOW).outcomes == {"sent": 1}
    memory.undo()
    assert intake(memory).take([said("1", "acme")], NOW).outcomes == {"sent": 1}
    memory.settle()
    assert intake(memory).take([said("1", "acme 2")], NOW).mentions[0].kind is Kind.EDIT
    memory.undo()
    assert intake(memory).take([said("1", "acme")], NOW).outcomes == {"duplicate": 1}


def test_what_is_old_or_no_mention_is_counted() -> None:
    old = said("1", "acme", created_at=NOW - timedelta(days=2))
    future = said("2", "acme", created_at=NOW + timedelta(days=2))
    empty = said("3", "", channel="acme")
    half = said("4", "acme \ud83d")
    made = intake(Memory(), max_age_s=86_400.0, brand="acme")
    taken = made.take([old, future, empty, half], NOW)
    assert taken.outcomes == {"old": 1, "invalid": 3}
    assert taken.reasons == {"future": 1, "empty_text": 1, "bad_utf8": 1}
    assert taken.mentions == []


@given(st.text(max_size=400), st.text(max_size=400))
def test_ids_fit_and_tell_things_apart(one: str, two: str) -> None:
    first, second = identity("feed", one), identity("feed", two)
    assert len(first) <= 256
    assert (first == second) == (one == two)


@given(st.lists(st.tuples(st.integers(0, 30), st.booleans()), max_size=80))
def test_a_memory_is_what_its_changes_say(steps: list[tuple[int, bool]]) -> None:
    memory, stored = Memory(most=10), dict[bytes, bytes]()
    for number, kept in steps:
        memory.put(f"id-{number}", Known(("acme",), str(number), digest(str(number))))
        if not kept:
            memory.undo()
            continue
        for key, value in memory.changes.items():
            stored.pop(key, None)
            if value is not None:
                stored[key] = value
        memory.settle()
    assert len(memory) <= 10
    copy = Memory(most=10)
    copy.restore(stored)
    for number in range(31):
        assert copy.of(f"id-{number}") == memory.of(f"id-{number}")
