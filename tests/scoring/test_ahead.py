"""The fast lane: a conversation decided before its turn, and the same afterwards."""

from collections.abc import Iterable
from datetime import timedelta

import msgspec
from msgspec.structs import replace

from benchmarks import traffic
from scoring.case import MOST_AHEAD, Case
from scoring.escalation import Escalation
from scoring.levels import Level
from scoring.mention import Author, Kind, Mention, Role
from scoring.partition import Partition
from scoring.pulse import Pulse
from scoring.scored import Scored
from tests.scoring.helpers import STEADY

HOT = "hot-brand"
_encode = msgspec.msgpack.Encoder().encode


def crisis(count: int = 60) -> list[Scored]:
    """One conversation of a hot brand: many furious customers with a fact, a reply a minute."""
    told = []
    for number in range(count):
        author = Author(id=f"angry-{number}", followers=900, role=Role.CUSTOMER)
        mention = Mention(
            id=f"h-{number}",
            brand=HOT,
            text=f"my order {number} was cancelled and nobody answers",
            created_at=traffic.START + timedelta(hours=5, minutes=number),
            channel="forum",
            kind=Kind.REPLY if number else Kind.POST,
            conversation_id="h-0",
            parent_id="h-0" if number else None,
            author=author,
        )
        told.append(Scored(mention=mention, scores=traffic.FURY, lang="en", model="m@1"))
    return told


def backlog() -> list[Scored]:
    """Six hours of other brands, the crisis among them, in order of time."""
    other = list(traffic.mentions(500, a_day=2_000))
    return sorted(other + crisis(), key=lambda scored: scored.mention.at)


def early(events: Iterable[Scored]) -> list[Scored]:
    """What the fast lane tells."""
    return [replace(event, ahead=True) for event in events if event.mention.brand == HOT]


def run(partition: Partition, events: Iterable[Scored]) -> tuple[list[Escalation], list[Pulse]]:
    said: list[Escalation] = []
    minutes: list[Pulse] = []
    for event in events:
        more, sealed = partition.mention(event)
        said, minutes = said + more, minutes + sealed
    return said, minutes


def counted(minutes: Iterable[Pulse]) -> list[Pulse]:
    """What was counted in them; where cases stand is told as soon as it is known."""
    return [replace(minute, stakes=()) for minute in minutes if minute.mentions]


def state(partition: Partition) -> dict[str, bytes]:
    return {case_id: _encode(case) for case_id, case in partition.cases.items()}


def partition() -> Partition:
    return Partition(STEADY, slack_s=STEADY.allowed_lateness_s)


def test_what_is_ahead_is_decided_at_once_and_moves_no_clock() -> None:
    fold = partition()
    run(fold, backlog()[:10])
    before, others = fold.watermark, state(fold)
    said, minutes = run(fold, early(crisis()))
    assert max(one.level.rank for one in said) >= Level.ESCALATE.rank
    assert {one.case_id for one in said} == {f"{HOT}:h-0"}
    assert fold.watermark == before
    assert minutes == []
    assert {key: value for key, value in state(fold).items() if HOT not in key} == others


def test_in_the_end_it_is_as_without_the_fast_lane() -> None:
    plain, fast = partition(), partition()
    said, minutes = run(plain, backlog())
    first, sooner = run(fast, backlog()[:10])
    ahead, _ = run(fast, early(crisis()))
    rest, later = run(fast, backlog()[10:])
    # A brand's minute counts each mention once, in its turn.
    assert counted(sooner + later) == counted(minutes)
    assert state(fast) == state(plain)
    assert all(case.ahead == () for case in fast.cases.values())
    assert sorted(_encode(one) for one in first + ahead + rest) == sorted(map(_encode, said))


def test_told_twice_or_too_late_it_changes_nothing() -> None:
    fold = partition()
    run(fold, early(crisis()))
    after = state(fold)
    assert run(fold, early(crisis())) == ([], [])
    assert state(fold) == after
    run(fold, backlog())
    after = state(fold)
    assert run(fold, early(crisis())) == ([], []), "it came in its turn before"
    assert state(fold) == after


def test_of_too_many_the_rest_waits_for_its_turn() -> None:
    many = crisis(MOST_AHEAD + 50)
    plain, fast = partition(), partition()
    run(plain, many)
    run(fast, early(many))
    case: Case = fast.cases[f"{HOT}:h-0"]
    assert len(case.ahead) == MOST_AHEAD
    assert case.evidence.mentions == MOST_AHEAD
    run(fast, many)
    assert fast.cases[f"{HOT}:h-0"].evidence == plain.cases[f"{HOT}:h-0"].evidence
    assert fast.cases[f"{HOT}:h-0"].ahead == ()
