"""One conversation: what holds of every one, in whatever order and however often it is told."""

import itertools
import math
import random
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from scoring import case as cases
from scoring.absorb import absorb
from scoring.assessment import Assessment, assess
from scoring.case import Case
from scoring.escalation import Escalation, Status, encode
from scoring.evidence import Evidence
from scoring.mention import Kind, Role
from scoring.scored import Scored
from tests.scoring.conversations import conversations
from tests.scoring.helpers import HOUR, POLICY, mention, rest, scored, seconds, share, told

ALL_TERMS = 19


def evidence_of(events: list[Scored]) -> Evidence:
    evidence = Evidence()
    for event in events:
        evidence = absorb(evidence, event)
    return evidence


def alike(one: Any, other: Any) -> bool:
    if isinstance(one, float) and isinstance(other, float):
        return math.isclose(one, other, rel_tol=1e-9, abs_tol=1e-9)
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        return len(one) == len(other) and all(map(alike, one, other))
    return bool(one == other)


def assessed(events: list[Scored], at: float) -> Assessment:
    return assess(evidence_of(events), at, POLICY)


def to_the_end(events: list[Scored]) -> tuple[Case, list[Escalation]]:
    case, said = told(events)
    case, more = rest(case)
    return case, said + more


@given(conversations(), st.data())
def test_a_mention_that_comes_again_changes_nothing(
    events: list[Scored], data: st.DataObject
) -> None:
    again = list(events)
    for event in data.draw(st.lists(st.sampled_from(events), max_size=6)):
        earliest = next(n for n, held in enumerate(again) if held is event) + 1
        again.insert(data.draw(st.integers(earliest, len(again))), event)
    assert told(again) == told(events)


@given(conversations(), st.integers(0, 10**6))
def test_the_evidence_is_the_same_in_whatever_order_it_comes(
    events: list[Scored], seed: int
) -> None:
    shuffled = list(events)
    random.Random(seed).shuffle(shuffled)
    one, other = told(events)[0].evidence, told(shuffled)[0].evidence
    for field in Evidence.__struct_fields__:
        first, second = (msgspec.to_builtins(getattr(e, field)) for e in (one, other))
        assert alike(first, second), (field, first, second)
    end = max(event.mention.at for event in events) + HOUR
    assert assess(one, end, POLICY).score == pytest.approx(
        assess(other, end, POLICY).score, abs=2e-4
    )


@given(conversations(), st.data(), st.floats(0, 100))
def test_a_graver_text_never_lowers_the_score(
    events: list[Scored], data: st.DataObject, hours: float
) -> None:
    index = data.draw(st.integers(0, len(events) - 1))
    name = data.draw(
        st.sampled_from(["anger", "objective_fact", "corporate_denial", "influencer_sharing"])
    )
    event = events[index]
    graver = min(1.0, getattr(event.scores, name) + data.draw(st.floats(0, 1)))
    changed = replace(event, scores=replace(event.scores, **{name: graver}))
    end = events[-1].mention.at + hours * HOUR
    before = assessed(events, end).score
    assert assessed([*events[:index], changed, *events[index + 1 :]], end).score >= before


@given(
    conversations(),
    st.sampled_from([Role.MEDIA, Role.INFLUENCER, Role.CUSTOMER]),
    st.sampled_from([0, 20, 12_000, 5_000_000]),
    st.floats(0, 100),
)
def test_a_share_never_lowers_the_score(
    events: list[Scored], role: Role, followers: int, hours: float
) -> None:
    """Counters are left out: a share that one had shown already is no further share."""
    events = [replace(e, mention=replace(e.mention, engagement=None)) for e in events]
    last = events[-1].mention.at - seconds(0)
    passed_on = share("extra", last, role=role, followers=followers)
    end = events[-1].mention.at + hours * HOUR
    assert assessed([*events, passed_on], end).score >= assessed(events, end).score


@given(conversations(), st.floats(0, 100))
def test_a_deletion_by_the_brand_never_lowers_the_score(events: list[Scored], hours: float) -> None:
    last = events[-1].mention.at - seconds(0)
    deleted = scored(
        mention("extra", last, kind=Kind.DELETION, role=Role.BRAND, by="desk", parent_id="root")
    )
    end = events[-1].mention.at + hours * HOUR
    assert assessed([*events, deleted], end).score >= assessed(events, end).score


@given(conversations(), st.data())
def test_looking_at_the_clock_more_often_changes_nothing(
    events: list[Scored], data: st.DataObject
) -> None:
    plain, expected = to_the_end(events)
    case, said = cases.begin(events[0].mention), []
    before = events[0].mention.at
    for event in events:
        for look in sorted(data.draw(st.lists(st.floats(0, 1), max_size=3))):
            case, more = cases.advance(case, before + look * (event.mention.at - before), POLICY)
            said += more
        case, more = cases.fold(case, event, POLICY)
        said += more
        before = event.mention.at
    for look in data.draw(st.lists(st.floats(0, 500), max_size=5).map(sorted)):
        case, more = cases.advance(case, before + look * HOUR, POLICY)
        said += more
    case, more = rest(case)
    assert said + more == expected
    assert case == plain


@given(conversations())
def test_messages_follow_in_time_with_ids_of_their_own(events: list[Scored]) -> None:
    _, said = to_the_end(events)
    assert [encode(s) for s in to_the_end(events)[1]] == [encode(s) for s in said]
    assert [s.at for s in said] == sorted(s.at for s in said)
    assert len({s.id for s in said}) == len(said)
    for message in said:
        assert message.case_id == "skylark-air:root"
        assert message.at >= message.opened_at
        assert len(message.mention_ids) <= 50
        assert len(message.headline) <= 200
        assert message.silence_s >= 0


@given(conversations())
def test_every_episode_opens_once_and_is_resolved_once(events: list[Scored]) -> None:
    case, said = to_the_end(events)
    assert not case.standing.open
    for episode, group in itertools.groupby(said, key=lambda s: s.episode):
        messages = list(group)
        statuses = [m.status for m in messages]
        assert statuses[0] is Status.OPEN, episode
        assert statuses[-1] is Status.RESOLVED
        assert set(statuses[1:-1]) <= {Status.UPDATE}
        assert messages[-1].level.rank == max(m.level.rank for m in messages[:-1])
    numbers = sorted({s.episode for s in said})
    assert numbers == list(range(1, len(numbers) + 1))


@given(conversations())
def test_nothing_but_a_change_of_level_is_said_more_often_than_the_policy_allows(
    events: list[Scored],
) -> None:
    _, said = to_the_end(events)
    for before, now in itertools.pairwise(said):
        if now.status is Status.UPDATE and now.level is before.level:
            waited = (now.at - before.at).total_seconds()
            assert waited >= POLICY.repeat_interval_s - 0.001


@given(conversations(), st.data())
def test_what_a_customer_takes_back_is_never_quoted_again(
    events: list[Scored], data: st.DataObject
) -> None:
    index = data.draw(st.integers(0, len(events) - 1))
    victim = events[index].mention
    source = victim.parent_id if victim.kind is Kind.EDIT else victim.id
    place = data.draw(st.integers(0, len(events)))
    after = max(event.mention.at for event in events[: max(place, index + 1)]) - seconds(0)
    deleted = scored(
        mention("gone", after, kind=Kind.DELETION, by=victim.author_id, parent_id=source, text="")
    )
    case, _ = told([*events[:place], deleted]) if place > index else told([deleted])
    said: list[Escalation] = []
    for event in events[place if place > index else 0 :]:
        case, more = cases.fold(case, event, POLICY)
        said += more
    case, more = rest(case)
    words = f"<{victim.id}>".encode()
    assert words not in msgspec.json.encode(case)
    assert all(words not in encode(message) for message in said + more)


@given(conversations(), st.floats(0, 100))
def test_why_is_the_sum_written_out(events: list[Scored], hours: float) -> None:
    found = assessed(events, events[-1].mention.at + hours * HOUR)
    shown = POLICY.weights.baseline + sum(term.weight for term in found.why)
    hidden = 0.05 * (ALL_TERMS - len(found.why))
    low, high = (1 / (1 + math.exp(-(shown + slack))) for slack in (-hidden, hidden))
    assert low - 1e-4 <= found.score <= high + 1e-4
    assert len({term.signal for term in found.why}) == len(found.why)
    weights = [abs(term.weight) for term in found.why]
    assert weights == sorted(weights, reverse=True)
    assert all(weight >= 0.05 for weight in weights)
    assert all(term.note for term in found.why)


@given(conversations(), st.floats(0, 100))
def test_signals_and_counts_are_in_range(events: list[Scored], hours: float) -> None:
    found = assessed(events, events[-1].mention.at + hours * HOUR)
    assert all(0 <= value <= 1 for value in msgspec.to_builtins(found.signals).values())
    assert 0 <= found.score <= 1
    spread = found.spread
    assert spread.authors <= spread.mentions <= len(events)
    assert spread.forecast_low <= spread.forecast_shares <= spread.forecast_high


@given(conversations())
def test_state_survives_storage(events: list[Scored]) -> None:
    case, _ = told(events)
    for kept in (case, cases.begin(events[0].mention)):
        assert msgspec.json.decode(msgspec.json.encode(kept), type=Case) == kept
        assert msgspec.msgpack.decode(msgspec.msgpack.encode(kept), type=Case) == kept
