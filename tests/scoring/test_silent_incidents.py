"""An incident goes unsaid up to the level of an open case of the same matter."""

import random

import pytest
from msgspec.structs import replace

from scoring import incident as incidents
from scoring import likeness
from scoring import pulse as pulses
from scoring.brands import Brands, case_id_of
from scoring.command import Action, Command
from scoring.desk import Desk
from scoring.escalation import CaseKind, Escalation, Status, moment
from scoring.levels import Level
from scoring.likeness import NOTHING
from scoring.mention import Kind
from scoring.news import IncidentNews
from scoring.partition import Partition
from scoring.policy import Policy
from scoring.pulse import MINUTE, MOST_STAKES, Pulse, Stake, merged, minute_of, outside_cases
from scoring.surge import Incident
from tests.scoring.helpers import (
    BRAND,
    FURIOUS,
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


def test_a_cases_own_replies_do_not_speak_for_another_matter() -> None:
    stakes = (Stake(Level.ESCALATE.rank, ALIKE),)
    others = [
        scored(event.mention, event.scores, embedding=bytes([70, 95, *[0] * 6]))
        for event in outage(60, start=600.0)
    ]
    pulse = Pulse(brand=BRAND, at=minute_of(seconds(0)), stakes=stakes)
    for n in range(60):
        event = mention(f"r{n}", 0.1 * n, by=f"r{n}", text=f"reply {n} of many, all alike")
        pulse = pulses.count(pulse, scored(event, FURIOUS, embedding=ALIKE), cased=True)
    found = [pulse, *(replace(one, stakes=stakes) for one in minutes(others))]
    total = found[0]
    for one in found[1:]:
        total = merged(total, one)
    assert likeness.cosine(likeness.narrowed(total.topic), ALIKE) > 0.65
    assert likeness.cosine(likeness.narrowed(outside_cases(total)), ALIKE) < 0.6
    assert [one.status for one in run(found)[1]][:1] == [Status.OPEN]


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


def test_every_partition_speaks_of_its_own_cases() -> None:
    for order in ((0, 1), (1, 0)):  # partition 1 has no case of the matter, and takes none away
        said: list[Escalation] = []
        state = incidents.begin(BRAND, POLICY)
        for pulse in beside(Level.ESCALATE):
            for number in order:
                part = pulse if not number else Pulse(brand=BRAND, at=pulse.at, partition=1)
                state, more = incidents.fold(state, part, POLICY)
                said += more
        assert said == []
        assert [stakes.partition for stakes in state.stakes] == [0]


def test_older_minutes_of_a_partition_say_nothing_of_its_cases() -> None:
    first, last = beside(None)[0], beside(Level.ESCALATE)[-1]
    state, _ = run([last, replace(first, stakes=(Stake(1, OTHER),))])
    assert [stakes.cases for stakes in state.stakes] == [last.stakes]


def test_what_goes_unsaid_of_one_that_was_said_is_said_once_no_case_speaks_for_it() -> None:
    high = policy_with(levels__escalate__score=0.8)
    found = minutes(outage(200))
    state = incidents.begin(BRAND, high)
    said: list[Escalation] = []
    quiet: list[Escalation] = []
    for pulse in found:
        stakes = (Stake(Level.ESCALATE.rank, ALIKE),) if said else ()
        state, more = incidents.fold(state, replace(pulse, stakes=stakes), high)
        (quiet if said else said).extend(more)
    assert [one.level for one in said] == [Level.RESPOND]
    assert quiet == []
    assert state.standing.rank == Level.RESPOND.rank  # an acknowledgement is of what was said
    state, more = incidents.fold(state, Pulse(brand=BRAND, at=found[-1].at + MINUTE), high)
    assert [(one.status, one.level) for one in more] == [(Status.UPDATE, Level.ESCALATE)]


def test_that_it_falls_goes_unsaid_too_and_its_standing_stays_what_people_know() -> None:
    quick = policy_with(
        levels__crisis__beyond_audience=False,
        levels__cool_down_s=6 * HOUR,
        incident__cool_down_s=6 * HOUR,
    )
    state, said = run(beside(Level.ESCALATE), quick)
    assert [one.level for one in said] == [Level.CRISIS]
    later, more = incidents.advance(state, seconds(13 * HOUR), quick)
    assert more == []
    assert later.standing.rank == Level.CRISIS.rank
    freed, more = incidents.fold(later, Pulse(brand=BRAND, at=seconds(13 * HOUR)), quick)
    assert [one.status for one in more] == [Status.UPDATE]
    assert freed.standing.rank < Level.CRISIS.rank
    assert [one.status for one in rest(later, quick)[1]] == [Status.RESOLVED]


def test_what_has_calmed_down_unsaid_is_not_said_at_all() -> None:
    found = beside(Level.ESCALATE)
    state, _ = run(found)
    assert state.standing.rank == Level.ESCALATE.rank
    calm = Pulse(brand=BRAND, at=found[-1].at + 9 * HOUR, mentions=1, contented=1)
    state, said = incidents.fold(state, calm, POLICY)
    assert state.standing.open
    assert said == []
    assert rest(state)[1] == []


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
    assert over.until == over.at  # nobody knew of it: it speaks for nothing any more
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


def test_an_end_is_told_to_the_incident_without_another_mention() -> None:
    desk = Desk(Partition(STEADY), Brands(STEADY))
    said = [
        one
        for n in range(3)
        for one in desk.mention(scored(mention(f"m{n}", n, by=f"a{n}"), BAD, embedding=ALIKE))
    ]
    case_id = said[-1].case_id
    desk.until(seconds(5 * MINUTE))
    assert [len(own.cases) for own in desk.brands.incidents[BRAND].stakes] == [1]
    over = Command(
        id="c1", at=moment(seconds(6 * MINUTE)), case_id=case_id, action=Action.RESOLVE, by="ann"
    )
    assert [one.status for one in desk.partition.order(over)] == [Status.RESOLVED]
    desk.until(seconds(10 * MINUTE))
    assert desk.brands.incidents[BRAND].stakes == ()


def test_what_comes_by_the_fast_lane_before_anything_else_makes_no_minute_of_long_ago() -> None:
    partition = Partition(STEADY, slack_s=300.0)
    early = replace(scored(mention("m0", 0, by="a0"), BAD, embedding=ALIKE), ahead=True)
    said, sealed = partition.mention(early)
    assert said
    assert sealed == []
    assert partition.next_due() > seconds(0)
    _, sealed = partition.tick(seconds(10 * MINUTE))
    assert [pulse.at for pulse in sealed] == [minute_of(seconds(0))]
    assert sealed[0].stakes


def test_shares_and_edits_are_no_complaints_of_their_own() -> None:
    partition = Partition(STEADY)
    for n, kind in enumerate((Kind.POST, Kind.REPLY, Kind.SHARE, Kind.EDIT, None)):
        event = mention(f"m{n}", n, by=f"a{n}", kind=kind, parent_id="m0" if n else None)
        partition.mention(scored(event, BAD, embedding=ALIKE))
    assert partition.cases[f"{BRAND}:root"].subject[0] == 3


def test_no_more_than_the_highest_cases_are_told() -> None:
    partition = Partition(STEADY)
    for n in range(MOST_STAKES + 4):
        _said, _ = partition.mention(
            scored(mention(f"m{n}", n, by=f"a{n}", thread=None), BAD, embedding=bytes([n + 1, 90]))
        )
    _, sealed = partition.tick(seconds(10 * MINUTE))
    ranks = [stake.rank for stake in sealed[0].stakes]
    assert ranks == sorted(ranks, reverse=True)
    assert 0 < len(ranks) <= MOST_STAKES


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
