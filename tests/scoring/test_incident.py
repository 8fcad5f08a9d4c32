"""Many people about one thing are an incident; one loud voice, text or thread is none."""

import itertools
from collections.abc import Iterable
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from scoring import baseline
from scoring import incident as incidents
from scoring import pulse as pulses
from scoring.assessment import logistic
from scoring.bounded import Keys
from scoring.escalation import CaseKind, Escalation, Status
from scoring.mention import Kind, Role
from scoring.partition import Clock, Partition
from scoring.pulse import MINUTE, Pulse, coherence, merged, minute_of
from scoring.scored import Scored
from scoring.surge import Incident
from tests.scoring.helpers import (
    BRAND,
    CONTENT,
    DENIAL,
    FURIOUS,
    HOUR,
    POLICY,
    mention,
    policy_with,
    scored,
    scores,
    seconds,
)


def outage(count: int, start: float = 0.0, every: float = 20.0, **changes: Any) -> list[Scored]:
    """As many people complain, each in a thread of their own and in other words."""
    return [
        scored(
            mention(f"o{n}", start + every * n, **{"by": f"u{n}", "thread": None} | changes),
            FURIOUS,
            embedding=bytes([127, *[0] * 7]),
        )
        for n in range(count)
    ]


def minutes(events: Iterable[Scored], partition: int = 0) -> list[Pulse]:
    """The brand's minutes, in order."""
    ordered = sorted(events, key=lambda event: event.mention.at)
    found = []
    for minute, group in itertools.groupby(ordered, key=lambda e: minute_of(e.mention.at)):
        pulse = Pulse(brand=BRAND, at=minute, partition=partition)
        for event in group:
            pulse = pulses.count(pulse, event)
        found.append(pulse)
    return found


def run(found: Iterable[Pulse], rest: bool = True) -> tuple[Incident, list[Escalation]]:
    state, said = incidents.begin(BRAND, POLICY), []
    for pulse in found:
        state, more = incidents.fold(state, pulse, POLICY)
        said += more
    while rest and (due := incidents.deadline(state)) < seconds(90 * 24 * HOUR):
        state, more = incidents.advance(state, due, POLICY)
        said += more
    return state, said


def test_many_distinct_complainants_are_one_incident() -> None:
    state, said = run(minutes(outage(60)))
    assert {s.case_id for s in said} == {f"{BRAND}:incident:20130902T1200Z"}
    assert all(s.kind is CaseKind.INCIDENT and s.conversation_id is None for s in said)
    assert said[0].status is Status.OPEN
    assert [s.status for s in said].count(Status.RESOLVED) == 1
    assert said[-1].status is Status.RESOLVED
    assert len({s.id for s in said}) == len(said)
    assert [s.at for s in said] == sorted(s.at for s in said)
    peak = max(said[:-1], key=lambda s: s.level.rank)
    assert peak.level.rank >= 3
    assert {"complainants", "surprise"} <= {term.signal for term in peak.why}
    assert not state.standing.open


def test_one_serial_complainer_is_no_incident() -> None:
    assert run(minutes(outage(200, by="ann")))[1] == []


def test_one_text_by_many_accounts_is_no_incident() -> None:
    assert run(minutes(outage(200, text="Skylark is a SCAM  boycott")))[1] == []


def test_one_long_thread_is_no_incident() -> None:
    assert run(minutes(outage(200, thread="root")))[1] == []


def test_shares_and_media_alone_are_no_incident() -> None:
    shared = outage(200, kind=Kind.SHARE, parent_id="root")
    covered = outage(200, role=Role.MEDIA)
    assert run(minutes(shared))[1] == run(minutes(covered))[1] == []


def test_a_busy_but_contented_day_is_no_incident() -> None:
    cheers = [
        scored(mention(f"k{n}", 10.0 * n, by=f"u{n}", thread=None), CONTENT) for n in range(2000)
    ]
    few = outage(12, every=3600)
    assert run(minutes([*cheers, *few]))[1] == []


def test_what_is_usual_for_a_brand_is_no_incident() -> None:
    """Thirty complaints an hour alarm where four are usual; after a day or two they are usual."""
    trouble = scores(complaint=0.8, anger=0.3, fact=0.4)
    usual = [replace(e, scores=trouble, embedding=b"") for e in outage(30 * 96, every=120.0)]
    answers = [
        scored(
            mention(f"a{n}", 300.0 * n, by="desk", role=Role.BRAND, kind=Kind.REPLY, thread=None)
        )
        for n in range(12 * 96)
    ]
    state, said = run(minutes([*usual, *answers]), rest=False)
    assert [s for s in said if s.at.timestamp() > seconds(72 * HOUR)] == []
    assert not state.standing.open
    assert baseline.usual(state.usual, 1.0) > 20


def test_a_second_outage_is_another_incident() -> None:
    later = outage(60, start=72 * HOUR)
    later = [replace(e, mention=replace(e.mention, id=f"second-{e.mention.id}")) for e in later]
    found = minutes([*outage(60), *later])
    state, said = incidents.begin(BRAND, POLICY), []
    for pulse in found:
        state, due = incidents.advance(state, pulse.at, POLICY)
        state, more = incidents.fold(state, pulse, POLICY)
        said += due + more
    opened = [s for s in said if s.status is Status.OPEN]
    assert len({s.case_id for s in opened}) == len(opened) == 2
    assert all(s.episode == 1 for s in said)


def test_answers_and_denial_move_the_score() -> None:
    def opening(*spoken: Scored) -> float:
        return run(minutes([*outage(60), *spoken]))[1][0].score

    def spoken(text: Any) -> list[Scored]:
        return [
            scored(
                mention(f"a{n}", 1.0 + 0.5 * n, by="desk", role=Role.BRAND, kind=Kind.REPLY), text
            )
            for n in range(60)
        ]

    assert opening(*spoken(CONTENT)) < opening() < opening(*spoken(DENIAL))


@given(st.data(), st.integers(1, 60))
def test_pulses_of_two_partitions_add_up_to_one(data: st.DataObject, count: int) -> None:
    events = [
        scored(
            mention(
                f"m{n}",
                float(data.draw(st.integers(0, 59))),
                by=f"u{data.draw(st.integers(0, 30))}",
                thread=f"t{n}",
                followers=n,
                role=data.draw(st.sampled_from([Role.CUSTOMER, Role.BRAND, Role.MEDIA])),
            ),
            data.draw(st.sampled_from([FURIOUS, CONTENT, DENIAL])),
            embedding=bytes([n, 255 - n, 3]),
        )
        for n in range(count)
    ]
    sides: tuple[list[Scored], list[Scored]] = ([], [])
    for event in events:
        sides[data.draw(st.integers(0, 1))].append(event)
    empty = Pulse(brand=BRAND, at=seconds(0))
    whole = merged(empty, minutes(events)[0])
    one, other = (merged(empty, *minutes(side)) if side else empty for side in sides)
    for total in (merged(one, other), merged(other, one)):
        for field in Pulse.__struct_fields__:
            if field in ("mention_ids", "reach"):
                continue  # the ids of the first ten; reach counts an author once per partition
            expected = getattr(whole, field)
            assert getattr(total, field) == pytest.approx(expected), field
        assert total.reach >= whole.reach
        assert coherence(total) == pytest.approx(coherence(whole))


def test_two_partitions_raise_what_one_raises() -> None:
    events = outage(80, every=40.0)
    one = run(minutes(events))
    halves = [*minutes(events[::2], 0), *minutes(events[1::2], 1)]
    two = run(sorted(halves, key=lambda pulse: (pulse.at, pulse.partition)))
    assert [s.case_id for s in two[1] if s.status is Status.OPEN] == [
        s.case_id for s in one[1] if s.status is Status.OPEN
    ]
    assert max(s.level.rank for s in two[1]) == max(s.level.rank for s in one[1])
    assert two[1][-1].spread.mentions == one[1][-1].spread.mentions


def test_a_pulse_that_comes_again_changes_nothing() -> None:
    found = minutes(outage(60))
    doubled = [again for pulse in found for again in (pulse, pulse)]
    assert run(doubled) == run(found)
    assert run([*found, *found[:5]], rest=False) == run(found, rest=False)


def test_a_mention_that_comes_again_counts_once() -> None:
    pulse = minutes(outage(3))[0]
    again = pulses.count(pulse, outage(1)[0])
    assert again == pulse


def test_what_a_customer_takes_back_is_quoted_no_more() -> None:
    events = [replace(e, mention=replace(e.mention, text=f"<{e.mention.id}>")) for e in outage(60)]
    gone = [
        scored(
            mention(f"d{n}", 700.0, kind=Kind.DELETION, by=f"u{n}", parent_id=f"o{n}", thread=None)
        )
        for n in range(60)
    ]
    kept, said = run(minutes(events), rest=False)
    assert b"<o" in msgspec.json.encode(kept)
    assert any(b"<o" in msgspec.json.encode(s) for s in said)
    state, said = run(minutes([*events[:30], *gone, *events[30:]]), rest=False)
    assert b"<o" not in msgspec.json.encode(state)
    assert not [
        s for s in said if s.at.timestamp() > seconds(760) and b"<o" in msgspec.json.encode(s)
    ]


def test_the_brands_own_deletion_takes_nothing_back() -> None:
    events = outage(1)
    own = scored(
        mention(
            "d", 5.0, kind=Kind.DELETION, by="desk", role=Role.BRAND, parent_id="o0", thread=None
        )
    )
    assert minutes([*events, own]) == minutes(events)


def test_why_is_the_sum_written_out() -> None:
    for message in run(minutes(outage(60)))[1]:
        weights = POLICY.incident.weights
        total = weights.baseline + sum(term.weight for term in message.why)
        hidden = 0.05 * (len(type(weights).__struct_fields__) - 1 - len(message.why))
        assert logistic(total - hidden) - 1e-4 <= message.score
        assert message.score <= logistic(total + hidden) + 1e-4


def test_state_stays_bounded_and_survives_storage() -> None:
    state, _ = run(minutes(outage(1200, every=5.0)), rest=False)
    assert len(msgspec.msgpack.encode(state)) < 900_000
    partition = Partition(POLICY, 3)
    for event in outage(5):
        partition.mention(event)
    clock = partition.clock(17)
    assert clock.open_pulses
    for kept, kind in (
        (state, Incident),
        (incidents.begin(BRAND, POLICY), Incident),
        (clock, Clock),
        (Clock(), Clock),
    ):
        assert msgspec.msgpack.decode(msgspec.msgpack.encode(kept), type=kind) == kept
    assert clock.offset == 17


def test_complaints_about_many_things_are_less_coherent() -> None:
    def pulse(*vectors: list[int]) -> Pulse:
        found = [
            scored(
                mention(f"m{n}", 1.0, by=f"u{n}", thread=None),
                FURIOUS,
                embedding=bytes(v % 256 for v in vector),
            )
            for n, vector in enumerate(vectors)
        ]
        return minutes(found)[0]

    assert coherence(pulse([127, 0], [127, 0], [127, 0])) == pytest.approx(1.0)
    assert coherence(pulse([127, 0], [0, 127], [-127, 0])) == 0.0
    assert coherence(pulse([127, 0], [127, 0])) == 0.0


def test_hashes_alone_stand_for_people() -> None:
    pulse = minutes(outage(3))[0]
    keys: Keys = pulse.authors
    assert all(isinstance(key, int) for key in keys)
    assert b'"u1"' not in msgspec.json.encode(replace(pulse, mention_ids=(), voices=()))
    assert pulse.at % MINUTE == 0


def test_an_incident_of_a_brand_with_rules_of_its_own() -> None:
    policy = replace(POLICY, brands={BRAND: {"incident": {"opens_authors": 1000}}})
    state, said = incidents.begin(BRAND, policy), []
    for pulse in minutes(outage(60)):
        state, more = incidents.fold(state, pulse, policy)
        said += more
    assert said == []
    assert policy_with().for_brand(BRAND) == POLICY


def test_what_quiet_hours_held_back_is_said_at_their_end_though_nobody_complains_then() -> None:
    hush = [{"from": "12:00", "until": "14:00", "unless": "crisis"}]
    policy = policy_with(quiet_hours=hush)
    state, said = incidents.begin(BRAND, policy), []
    for pulse in minutes(outage(20)):
        state, more = incidents.fold(state, pulse, policy)
        said += more
    assert not said
    assert incidents.deadline(state) == seconds(2 * HOUR)
    state, said = incidents.advance(state, seconds(2 * HOUR), policy)
    assert [(m.status, m.at.timestamp()) for m in said] == [(Status.OPEN, seconds(2 * HOUR))]
    _, after = incidents.advance(state, seconds(2 * HOUR), policy)
    assert not after
