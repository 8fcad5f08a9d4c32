"""The model of scale: queues that nothing disturbs are empty, pauses cost what they last."""

import pytest
from msgspec.structs import replace

from benchmarks.scale_model.costs import Costs, Mix
from benchmarks.scale_model.group import Event, Group, What, rolling, simulate
from benchmarks.scale_model.heat import draw
from benchmarks.scale_model.sizing import MOST_PARTITIONS, need, pulses, score_s

COSTS = Costs(
    fold_s=50e-6,
    decode_s=6e-6,
    scored_bytes=600,
    state_bytes=700,
    state_records=0.5,
    conversation_bytes=2_000,
)
CALM = Group(partitions=16, workers=4, rate=6_000, capacity=2_500, rebalance_s=5, session_s=10)


def test_a_group_that_nothing_happens_to_is_never_late() -> None:
    seen = simulate(CALM, [], 60)
    assert seen.worst < 0.5
    assert seen.late_1s == 0


def test_a_member_that_joins_stops_all_for_a_rebalance() -> None:
    seen = simulate(CALM, [Event(10, What.JOIN)], 120)
    assert seen.worst == pytest.approx(5, abs=0.3)
    assert 0 < seen.calm_at < 30


def test_a_crash_waits_for_its_session_first_and_for_state_last() -> None:
    events = [Event(10, What.CRASH)]
    assert simulate(CALM, events, 200).worst == pytest.approx(15, abs=0.3)
    slow = replace(CALM, recover_s=20)
    assert simulate(slow, events, 300).worst == pytest.approx(35, abs=0.5)


def test_a_group_that_has_too_little_never_catches_up() -> None:
    tight = replace(CALM, rate=9_900)
    assert simulate(tight, [Event(10, What.LEAVE)], 120).calm_at > 100


def test_restarts_in_turn_leave_as_many_members() -> None:
    events = rolling(4, 60)
    assert sum(event.what is What.LEAVE for event in events) == 4
    assert simulate(CALM, events, 400).calm_at < 60


def test_more_mentions_need_more_and_no_cell_is_too_large() -> None:
    needs = [need(rate, COSTS, Mix()) for rate in (1_000, 50_000, 500_000)]
    workers = [n.score_workers for n in needs]
    assert workers == sorted(set(workers))
    assert all(n.partitions <= MOST_PARTITIONS for n in needs)
    assert needs[0].cells == 1 < needs[1].cells < needs[2].cells
    assert workers[1] == pytest.approx(50 * workers[0], rel=0.35)


def test_the_role_score_costs_what_was_measured_with_the_mix_of_that_run() -> None:
    """`stream rivals`, docs/benchmarks.md: three in ten texts known, the gate answers 7 in 100."""
    assert score_s(COSTS, Mix(repeats=0.3, gated=0.07)) == pytest.approx(2_188e-6, rel=0.005)
    assert COSTS.known_s < score_s(COSTS, Mix(repeats=1.0)) < 2 * COSTS.known_s


def test_a_brands_minute_is_said_once_by_each_partition_that_heard_of_it() -> None:
    assert pulses(rate=1, brands=60, partitions=64) == pytest.approx(1, abs=0.01)
    assert pulses(rate=1_000_000, brands=1, partitions=64) == pytest.approx(64 / 60e6)


def test_a_viral_conversation_is_one_partitions() -> None:
    calm, viral = draw(64, 200_000, 500), draw(64, 200_000, 500, viral=0.3)
    assert calm.hottest < 3
    assert viral.hottest == pytest.approx(0.3 * 64, rel=0.2)
    assert viral.top_conversation == pytest.approx(0.3, abs=0.02)
