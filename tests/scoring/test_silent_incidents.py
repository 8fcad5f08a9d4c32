"""An incident goes unsaid up to the level of an open case of the same matter."""

import random

import pytest
from msgspec.structs import replace

from scoring import incident as incidents
from scoring import likeness
from scoring.brands import Brands, case_id_of
from scoring.escalation import CaseKind, Escalation, Status
from scoring.levels import Level
from scoring.likeness import NOTHING
from scoring.news import IncidentNews
from scoring.partition import Partition
from scoring.policy import Policy
from scoring.pulse import MINUTE, Pulse, Stake, highest
from scoring.surge import Incident
from tests.scoring.helpers import (
    BRAND,
    HOUR,
    POLICY,
    STEADY,
    mention,
    policy_with,
    scored,
    scores,
    seconds,
)
from tests.scoring.test_incident import minutes, outage

ALIKE, OTHER = bytes([127, *[0] * 7]), bytes([0, 127, *[0] * 6])
BAD = scores(complaint=0.95, anger=0.9, fact=0.95, denial=0.95)
LOUD = policy_with(levels__crisis__beyond_audience=False)
"""Without media or influencers an incident may be a crisis, too."""


def beside(rank: Level | None, subject: bytes = ALIKE, count: int = 60) -> list[Pulse]:
    """The minutes of an outage while a case of the brand's stands at a level."""
    stakes = (Stake(rank.rank, subject),) if rank else ()
    return [replace(pulse, stakes=stakes) for pulse in minutes(outage(count))]


def run(found: list[Pulse], policy: Policy = POLICY) -> tuple[Incident, list[Escalation]]:
    state, said = incidents.begin(BRAND, policy), []
    for pulse in found:
        state, more = incidents.fold(state, pulse, policy)
        said += more
    return state, said


def rest(state: Incident, policy: Policy = POLICY) -> tuple[Incident, list[Escalation]]:
    said = []
    while (due := incidents.deadline(state)) < seconds(90 * 24 * HOUR):
        state, more = incidents.advance(state, due, policy)
        said += more
    return state, said


def test_alone_it_is_said_at_every_level_and_beside_a_case_only_above_the_cases() -> None:
    alone = [one.level for one in run(beside(None), LOUD)[1]]
    assert alone[0] is not Level.CRISIS
    assert alone[-1] is Level.CRISIS
    for rank in (Level.ESCALATE, Level.CRISIS):  # that it became one is always told
        said = run(beside(rank), LOUD)[1]
        assert [(one.status, one.level) for one in said] == [(Status.OPEN, Level.CRISIS)]


def test_of_another_matter_everything_is_said() -> None:
    assert run(beside(Level.CRISIS, OTHER))[1] == run(beside(None))[1]


def test_what_was_never_said_is_never_resolved_and_what_was_is_resolved_once() -> None:
    state, said = run(beside(Level.ESCALATE))
    assert said == []
    assert state.standing.open
    assert state.silent
    assert case_id_of(state) is None
    state, more = rest(state)
    assert more == []
    assert not state.standing.open
    assert not state.silent
    state, said = run(beside(Level.ESCALATE), LOUD)
    assert case_id_of(state)
    assert [one.status for one in rest(state, LOUD)[1]].count(Status.RESOLVED) == 1


def test_once_the_case_is_over_the_incident_is_said_where_it_stands() -> None:
    found = beside(Level.ESCALATE)
    state, said = run(found)
    assert said == []
    late = Pulse(brand=BRAND, at=found[-1].at + MINUTE)  # in which nobody complains
    state, said = incidents.fold(state, late, POLICY)
    assert [one.status for one in said] == [Status.OPEN]
    assert said[0].level.rank == state.standing.rank
    assert incidents.fold(state, late, POLICY)[1] == []


def test_quiet_hours_hold_back_what_becomes_sayable() -> None:
    quiet = policy_with(quiet_hours=[{"from": "00:00", "until": "23:59", "unless": "crisis"}])
    found = beside(Level.ESCALATE)
    state, _ = run(found)
    late = Pulse(brand=BRAND, at=found[-1].at + MINUTE)
    assert incidents.fold(state, late, quiet)[1] == []


def test_of_several_partitions_the_newest_minute_counts_whatever_their_order() -> None:
    first, last = beside(None)[0], beside(None)[-1]
    parts = [
        replace(last, partition=number, stakes=(Stake(number + 1, ALIKE),)) for number in range(3)
    ]
    ends = set()
    for seed in range(4):
        random.Random(seed).shuffle(parts)
        state, _ = run([first, *parts, replace(first, partition=9, stakes=(Stake(4, OTHER),))])
        ends.add(state.stakes)
    assert ends == {(Stake(3, ALIKE), Stake(2, ALIKE), Stake(1, ALIKE))}
    assert len(highest(Stake(1, bytes([n])) for n in range(9))) == 4


def test_conversations_hear_of_a_silent_incident_too() -> None:
    brands = Brands(POLICY)
    said = [one for pulse in beside(Level.ESCALATE) for one in brands.pulse(pulse)]
    told = brands.drain()
    assert said == []
    assert told
    assert all(news.silent for news in told)
    assert max(news.rank for news in told) >= Level.RESPOND.rank
    while brands.next_due() < seconds(90 * 24 * HOUR):
        brands.tick(brands.next_due())
    over = brands.drain()[-1]
    assert over.until > over.at
    assert over.case_id == told[-1].case_id
    assert brands.drain() == []


@pytest.mark.parametrize("silent", [True, False])
def test_a_case_that_speaks_for_a_silent_incident_is_not_spoken_for_by_it(silent: bool) -> None:
    partition = Partition(STEADY)
    said, _ = partition.mention(
        scored(mention("root", 0), replace(BAD, corporate_denial=0.5), embedding=ALIKE)
    )
    assert said
    assert said[-1].level is not Level.CRISIS
    partition.incident(
        IncidentNews(
            brand=BRAND,
            case_id="x",
            at=seconds(60),
            since=seconds(30),
            rank=Level.CRISIS.rank,
            topic=ALIKE,
            silent=silent,
        )
    )
    more = []
    for n in range(1, 5):
        event = scored(mention(f"m{n}", 60.0 + n, by=f"a{n}"), BAD, embedding=ALIKE)
        more += partition.mention(event)[0]
    assert bool([one for one in more if one.level is not Level.CRISIS]) is silent


def test_a_minute_carries_the_open_cases_and_what_their_complaints_have_in_common() -> None:
    partition = Partition(STEADY)
    for n, vector in enumerate((ALIKE, ALIKE, OTHER)):
        partition.mention(scored(mention(f"m{n}", n, by=f"a{n}"), BAD, embedding=vector))
    case = partition.cases[f"{BRAND}:root"]
    assert case.standing.open
    _, (pulse,) = partition.tick(seconds(10 * MINUTE))
    (stake,) = pulse.stakes
    assert stake.rank == case.standing.rank
    assert likeness.cosine(stake.subject, ALIKE) > likeness.cosine(stake.subject, OTHER) > 0


def test_a_subject_is_the_same_in_any_order() -> None:
    rng = random.Random(1)
    vectors = [bytes(rng.randrange(256) for _ in range(8)) for _ in range(300)]
    sums = set()
    for seed in range(3):
        random.Random(seed).shuffle(vectors)
        total = NOTHING
        for vector in vectors:
            total = likeness.summed(total, vector)
        sums.add(total)
    (total,) = sums
    signed = [sum(memoryview(v).cast("b")[n] for v in vectors) for n in range(8)]
    assert likeness.mean(total) == likeness.narrowed(signed)
    assert total[0] == 300


def test_vectors_of_another_width_or_none_leave_a_subject_alone() -> None:
    one = likeness.summed(NOTHING, ALIKE)
    assert likeness.mean(one) == ALIKE
    assert likeness.mean(NOTHING) == b""
    for other in (b"", bytes(4), bytes(16)):
        assert likeness.summed(one, other) == one
    two = likeness.summed(one, ALIKE)
    assert likeness.summed(two, bytes(4)) == two
    assert likeness.cosine(likeness.mean(two), ALIKE) == pytest.approx(1.0)


def test_the_kind_of_what_is_said_late_is_an_incident() -> None:
    (said,) = run(beside(Level.ESCALATE), LOUD)[1]
    assert said.kind is CaseKind.INCIDENT
    assert said.conversation_id is None
