"""What is said of a case, as timelines: hour, score, and the message that must follow."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring import standing
from scoring.escalation import Status
from scoring.levels import Level
from scoring.standing import Said, Standing
from tests.scoring.helpers import HOUR, policy_with

POLICY = policy_with(
    levels__watch__score=0.2,
    levels__respond__score=0.4,
    levels__escalate__score=0.6,
    levels__crisis__score=0.8,
    levels__hysteresis=0.1,
    levels__cool_down_s=3 * HOUR,
    levels__quiet_s=12 * HOUR,
    repeat_interval_s=HOUR,
    update_change=0.1,
)
Step = tuple[float, float]  # hour, score
Told = tuple[float, str, str]  # hour, status, level


def timeline(
    *steps: Step, beyond: bool = True, news: bool = True, begun: Standing | None = None
) -> list[Told]:
    """What is said at which hour."""
    state, told = begun or Standing(), []
    for hour, score in steps:
        state, said = standing.settle(state, score, beyond, hour * HOUR, POLICY, news=news)
        if said:
            told.append((hour, said.status.value, said.level.value))
    return told


def test_it_opens_at_the_level_it_has_and_rises_at_once() -> None:
    assert timeline((0, 0.1), (1, 0.45), (1.1, 0.65), (1.2, 0.85)) == [
        (1, "open", "respond"),
        (1.1, "update", "escalate"),
        (1.2, "update", "crisis"),
    ]


def test_nothing_is_said_below_watch() -> None:
    assert timeline(*((hour, 0.19) for hour in range(50))) == []


def test_a_level_may_ask_for_an_outside_audience() -> None:
    assert timeline((0, 0.95), beyond=False) == [(0, "open", "escalate")]
    assert timeline((0, 0.95), beyond=True) == [(0, "open", "crisis")]


def test_within_the_hysteresis_a_level_stays() -> None:
    assert timeline((0, 0.62), *((hour, 0.51) for hour in range(1, 40))) == [
        (0, "open", "escalate"),
    ]


def test_a_level_is_left_after_the_cool_down_and_not_before() -> None:
    told = timeline((0, 0.62), (1, 0.45), (2, 0.45), (3.9, 0.45), (4, 0.45), (5, 0.45))
    assert told == [(0, "open", "escalate"), (4, "update", "respond")]


def test_a_relapse_begins_the_cool_down_anew() -> None:
    told = timeline(
        (0, 0.62), (1, 0.48), (3, 0.55), (3.5, 0.48), (5, 0.48), (6.4, 0.48), (6.5, 0.48)
    )
    assert (6.5, "update", "respond") in told
    assert [entry for entry in told if entry[2] == "respond"] == [(6.5, "update", "respond")]


def test_each_level_has_a_cool_down_of_its_own() -> None:
    """Three hours below crisis do not count as three hours below escalate."""
    told = timeline((0, 0.85), (1, 0.65), (4, 0.65), (4.1, 0.45), (5, 0.45), (7, 0.45), (7.2, 0.45))
    assert told == [(0, "open", "crisis"), (7.2, "update", "respond")]


def test_a_case_that_cools_is_told_once_before_it_is_resolved() -> None:
    told = timeline(
        (0, 0.85), (1, 0.65), (5, 0.45), (8, 0.45), (9, 0.25), (13, 0.25), (14, 0.05), (26, 0.05)
    )
    assert told == [
        (0, "open", "crisis"),
        (8, "update", "respond"),
        (26, "resolved", "crisis"),
    ]


def test_all_levels_that_were_left_long_enough_are_left_at_once() -> None:
    told = timeline((0, 0.85), (1, 0.05), (4, 0.05))
    assert told[-1] == (4, "update", "watch")


def test_it_is_resolved_after_the_quiet_and_said_at_its_peak() -> None:
    told = timeline(
        (0, 0.62), (1, 0.05), (4, 0.05), (12.9, 0.05), (13, 0.05), (14, 0.05), (40, 0.0)
    )
    assert told == [
        (0, "open", "escalate"),
        (4, "update", "watch"),
        (13, "resolved", "escalate"),
    ]


def test_the_quiet_is_counted_below_watch_alone() -> None:
    """Hours below the level it had, but above that of watch, are no quiet."""
    told = timeline((0, 0.62), (1, 0.3), (4, 0.3), (13, 0.3), (14, 0.05), (25.9, 0.05), (26, 0.05))
    assert [hour for hour, status, _ in told if status == "resolved"] == [26]


def test_small_moves_are_not_said_and_large_ones_not_too_often() -> None:
    told = timeline(
        (0, 0.41), (2, 0.49), (3, 0.46), (3.5, 0.52), (3.9, 0.55), (4.2, 0.56), (4.6, 0.59)
    )
    assert [hour for hour, _, _ in told] == [0, 3.5]


def test_what_gets_better_is_told_by_its_level_alone() -> None:
    assert timeline((0, 0.59), (2, 0.41), (4, 0.52), (6, 0.42)) == [(0, "open", "respond")]


def test_another_flare_is_the_next_episode_but_only_with_news() -> None:
    state = Standing()
    for hour, score in ((0, 0.62), (1, 0.05), (13, 0.05)):
        state, _ = standing.settle(state, score, True, hour * HOUR, POLICY, news=True)
    assert not state.open
    assert timeline((20, 0.9), begun=state, news=False) == []
    state, said = standing.settle(state, 0.5, True, 21 * HOUR, POLICY, news=True)
    assert said == Said(status=Status.OPEN, level=Level.RESPOND, episode=2, ordinal=1)
    assert state.peak == Level.RESPOND.rank


def test_closing_says_the_peak() -> None:
    state, _ = standing.settle(Standing(), 0.9, True, 0.0, POLICY, news=True)
    state, said = standing.settle(state, 0.9, True, HOUR, POLICY, news=False, over=True)
    assert said == Said(status=Status.RESOLVED, level=Level.CRISIS, episode=1, ordinal=2)
    assert not state.open


moves = st.lists(
    st.tuples(
        st.floats(0.015625, 6, width=16),
        st.floats(0, 1, width=16),
        st.booleans(),
        st.booleans(),
    ),
    max_size=60,
)


@given(moves)
def test_whatever_the_scores(steps: list[tuple[float, float, bool, bool]]) -> None:
    state, at = Standing(), 0.0
    told: list[tuple[float, int, Said]] = []
    for hours, score, beyond, news in steps:
        at += hours * HOUR
        state, said = standing.settle(state, score, beyond, at, POLICY, news=news)
        if said:
            told.append((at, state.rank, said))
    for episode, group in itertools.groupby(told, key=lambda entry: entry[2].episode):
        messages = list(group)
        statuses = [said.status for _, _, said in messages]
        assert statuses[0] is Status.OPEN
        assert Status.OPEN not in statuses[1:]
        assert Status.RESOLVED not in statuses[:-1]
        assert [said.ordinal for _, _, said in messages] == list(range(1, len(messages) + 1))
        if statuses[-1] is Status.RESOLVED:
            peak = max(rank for _, rank, _ in messages)
            assert messages[-1][2].level.rank == peak
        else:
            assert episode == state.episode
        for (before, old, _), (now, new, _) in itertools.pairwise(messages):
            if old == new:
                assert now - before >= POLICY.repeat_interval_s
    episodes = [said.episode for _, _, said in told]
    assert episodes == sorted(episodes)
    assert sorted(set(episodes)) == list(range(1, len(set(episodes)) + 1))


@pytest.mark.parametrize("level", list(Level))
def test_ranks_are_ordered(level: Level) -> None:
    assert 1 <= level.rank <= 4
