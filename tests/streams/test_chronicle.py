"""What is told of open cases: their story from before they were one, masked, and bounded."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from scoring.command import Action, Command, Verdict
from scoring.escalation import Status
from scoring.mention import Kind, Role
from scoring.partition import Partition
from scoring.scored import Scored
from scoring.timeline import (
    MAX_WORDS,
    MOST_ENTRIES,
    CaseTimeline,
    What,
    decode_timeline,
    encode_timeline,
)
from streams.worker.chronicle import Chronicle
from tests.scoring.helpers import POLICY, START, answer, complaint, mention, scored, scores, share
from tests.scoring.test_links import DENIED, own

CASE = "skylark-air:root"


class Told:
    """A partition and its chronicle, driven as the agent drives them."""

    def __init__(self) -> None:
        self.fold = Partition(POLICY)
        self.chronicle = Chronicle(POLICY)

    def batch(self, *events: Scored | Command) -> list[CaseTimeline]:
        """One batch; what is told of it."""
        said = []
        for event in events:
            if isinstance(event, Command):
                said += self.fold.order(event)
                self.chronicle.command(event, self.fold.watermark)
            else:
                said += self.fold.mention(event)[0]
                self.chronicle.mention(event)
        ended = {one.case_id for one in said if one.status is Status.RESOLVED}
        found = list(self.chronicle.tell(self.fold, ended))
        self.fold.changed.clear()
        assert [decode_timeline(encode_timeline(one)) for one in found] == found
        return found


def whats(told: Sequence[CaseTimeline]) -> list[tuple[What, str]]:
    return sorted((entry.what, entry.id) for one in told for entry in one.entries)


def grave(id: str = "worse", after: float = 60.0) -> Scored:
    """What opens a case."""
    return scored(mention(id, after, kind=Kind.REPLY, promoted=True), DENIED)


def test_nothing_is_told_of_what_is_no_case_and_all_of_it_once_it_is() -> None:
    told = Told()
    assert told.batch(scored(mention(), scores(complaint=0.6))) == []
    assert told.batch(share("s1", 10, followers=70)) == []
    found = told.batch(grave())
    assert {one.case_id for one in found} == {CASE}
    expected = [(What.COMPLAINT, "root"), (What.COMPLAINT, "worse"), (What.SHARE, "s1")]
    assert whats(found) == expected
    [one] = found
    assert one.level is not None
    assert one.point is not None
    assert one.why
    assert one.point.shares == 1
    assert whats(told.batch(share("s2", 90))) == [(What.SHARE, "s2")]


def test_each_kind_of_mention_is_told_apart() -> None:
    told = Told()
    told.batch(grave("root", 0))
    later: dict[str, Any] = {"kind": Kind.REPLY, "by": "x"}
    found = told.batch(
        answer("a", 1),
        scored(mention("m", 2, role=Role.MEDIA, **later), DENIED),
        scored(mention("d", 3, role=Role.BRAND, kind=Kind.DELETION, parent_id="root", text="")),
        scored(mention("ok", 4, **later)),
        scored(mention("hm", 5, **later), scores(anger=0.45)),
        share("s", 6),
    )
    assert whats(found) == sorted(
        [
            (What.ANSWER, "a"),
            (What.MEDIA, "m"),
            (What.DELETION, "d"),
            (What.DEFENCE, "ok"),
            (What.VOICE, "hm"),
            (What.SHARE, "s"),
        ]
    )


def test_words_are_masked_and_short() -> None:
    told = Told()
    text = "Call me on +33 6 12 34 56 78, ann@example.org, @ann_private " + "again and " * 100
    [one] = told.batch(scored(mention(text=text, promoted=True), DENIED))
    [entry] = one.entries
    assert "ann@" not in entry.words
    assert "12 34" not in entry.words
    assert "ann_private" not in entry.words
    assert len(entry.words) <= MAX_WORDS


def test_a_deletion_by_its_author_takes_the_words_back_before_and_after_it_is_a_case() -> None:
    told = Told()
    told.batch(complaint("early", 0, thread="root", followers=0, by="bea"))
    gone = scored(mention("gone", 5, by="bea", kind=Kind.DELETION, parent_id="early", text=""))
    [erasure] = told.batch(gone)
    assert (erasure.erased, erasure.entries, erasure.point) == (("early",), (), None)
    found = told.batch(grave())
    assert "words of early" not in encode_timeline(found[-1]).decode()


def test_decisions_are_told_even_of_a_case_that_is_closed_by_them() -> None:
    told = Told()
    told.batch(grave("root", 0))
    decided = Command(id="c1", action=Action.ACKNOWLEDGE, case_id=CASE, at=START, by="Ana")
    [one] = told.batch(decided)
    assert (one.owner, one.acknowledged) == ("Ana", one.level)
    assert whats([one]) == [(What.COMMAND, "c1")]
    [one] = told.batch(Command(id="c2", action=Action.RESOLVE, case_id=CASE, at=START, by="Ana"))
    assert one.level is None
    assert whats([one]) == [(What.COMMAND, "c2")]


def test_a_decision_stands_at_its_own_time_and_says_all_of_it() -> None:
    told = Told()
    told.batch(grave("root", 0))
    at = START + timedelta(hours=5)  # nothing was said since: event time stands still
    snooze = Command(
        id="s", action=Action.SNOOZE, case_id=CASE, at=at, by="Ana", until=at + timedelta(hours=4)
    )
    years_later = Command(
        id="v",
        action=Action.RESOLVE,
        case_id=CASE,
        at=at + timedelta(days=4000),
        by="Ana",
        verdict=Verdict.CRISIS,
        note="as in May",
    )
    [one] = told.batch(snooze, years_later)
    by_id = {entry.id: entry for entry in one.entries}
    assert (by_id["s"].at, by_id["s"].for_s) == (at.timestamp(), 4 * 3600)
    assert by_id["v"].at == told.fold.watermark  # a recording is played
    assert (by_id["v"].verdict, by_id["v"].note) == (Verdict.CRISIS, "as in May")


def test_what_a_linked_conversation_says_is_told_of_the_case_that_speaks_for_it() -> None:
    told = Told()
    text = "Do not buy from Skylark, they took my money twice and nobody ever answers the phone"
    told.batch(own("a", 0, "ann", text=text, promoted=True))
    [one] = told.batch(own("b", 30, "bob", text=text))
    assert one.case_id == "skylark-air:a"
    assert [(entry.id, entry.linked) for entry in one.entries] == [("b", True)]


def test_one_message_stays_small_and_keeps_what_tells_most() -> None:
    told = Told()
    told.batch(grave("root", 0))
    crowd = [share(f"s{n}", 10 + n, by=f"p{n}", followers=n) for n in range(3 * MOST_ENTRIES)]
    [one] = told.batch(*crowd, grave("late", 5000))
    assert len(one.entries) == MOST_ENTRIES
    assert one.passed_over == 2 * MOST_ENTRIES + 1
    ids = {entry.id for entry in one.entries}
    assert {"late", f"s{3 * MOST_ENTRIES - 1}"} <= ids
