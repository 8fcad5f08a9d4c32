"""Levels that people can live with: what waits, until when, and what is said all the same."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring import standing
from scoring.command import Action, Command
from scoring.hush import DAYS, Maintenance, QuietHours, planned
from scoring.levels import Level
from scoring.orders import ordered
from scoring.policy import Policy
from scoring.standing import Standing
from scoring.times import FOREVER
from tests.scoring.helpers import HOUR, policy_with

MIDNIGHT = datetime(2013, 9, 2, tzinfo=UTC).timestamp()  # a Monday
NIGHT = QuietHours(begin="22:00", until="07:00")
BASE: dict[str, Any] = {
    "levels__watch__score": 0.2,
    "levels__respond__score": 0.4,
    "levels__escalate__score": 0.6,
    "levels__crisis__score": 0.8,
    "levels__hysteresis": 0.1,
    "levels__cool_down_s": 3 * HOUR,
    "levels__quiet_s": 12 * HOUR,
    "repeat_interval_s": HOUR,
    "update_change": 0.9,
}
PLAIN = policy_with(**BASE)
TALKATIVE = policy_with(**BASE | {"update_change": 0.1})
AT_NIGHT = policy_with(**BASE, quiet_hours=[{"from": "22:00", "until": "07:00"}])
Told = tuple[float, str, str]  # hour, status, level


class Watched:
    """A case whose score is told hour by hour (from midnight), looked at when something is due."""

    def __init__(self, policy: Policy) -> None:
        self.policy = policy
        self.state = Standing()
        self.score = 0.0
        self.clock = MIDNIGHT
        self.told: list[Told] = []

    def until(self, hour: float) -> "Watched":
        """Lets the clock run: nothing new is said by anybody."""
        end = MIDNIGHT + hour * HOUR
        while due := [t for t in self._due() if self.clock < t <= end]:
            self._settle(min(due), news=False)
        self.clock = end
        return self

    def hears(self, *steps: tuple[float, float]) -> "Watched":
        """Mentions after which the score is so much."""
        for hour, score in steps:
            self.until(hour)
            self.score = score
            self._settle(self.clock, news=True)
        return self

    def does(self, hour: float, action: str, **rest: Any) -> "Watched":
        """A person decides something."""
        self.until(hour)
        command = say(hour, action, **rest)
        self.state = ordered(self.state, command, self.clock, self.policy)
        if self.state.dismissed:
            self._settle(self.clock, news=False)
        return self

    def _due(self) -> list[float]:
        return standing.deadlines(self.state, self.policy)

    def _settle(self, at: float, *, news: bool) -> None:
        self.clock = at
        self.state, said = standing.settle(self.state, self.score, True, at, self.policy, news=news)
        if said:
            hour = round((at - MIDNIGHT) / HOUR, 3)
            self.told.append((hour, said.status.value, said.level.value))


def say(hour: float, action: str, *, until: float | None = None, shift: float = 0.0) -> Command:
    """A command at an hour; `until` is an hour too, `shift` seconds between the two clocks."""

    def moment(hour: float) -> datetime:
        return datetime.fromtimestamp(MIDNIGHT + hour * HOUR + shift, UTC)

    return Command(
        id="c",
        action=Action(action),
        case_id="skylark-air:root",
        at=moment(hour),
        by="maria",
        assignee="jo" if action == "assign" else None,
        until=None if until is None else moment(until),
    )


def test_what_can_wait_is_said_in_the_morning() -> None:
    case = Watched(AT_NIGHT).hears((23, 0.3), (25, 0.45)).until(48)
    assert case.told == [(31, "open", "respond")]


def test_what_cooled_overnight_is_not_said_at_all() -> None:
    assert Watched(AT_NIGHT).hears((23, 0.45), (25, 0.1)).until(72).told == []


def test_at_night_the_owner_is_still_woken_for_what_spreads() -> None:
    case = Watched(AT_NIGHT).hears((20, 0.3), (23, 0.5), (24, 0.65), (26, 0.85)).until(27)
    assert case.told == [
        (20, "open", "watch"),
        (24, "update", "escalate"),
        (26, "update", "crisis"),
    ]


def test_good_news_waits_for_the_morning_and_is_told_once() -> None:
    case = Watched(AT_NIGHT).hears((12, 0.3), (13, 0.05)).until(80)
    assert case.told == [(12, "open", "watch"), (31, "resolved", "watch")]


def test_a_relapse_at_night_takes_the_good_news_back() -> None:
    case = Watched(AT_NIGHT).hears((10, 0.3), (11, 0.05), (30, 0.3)).until(40)
    assert case.told == [(10, "open", "watch")]


def test_a_flare_up_at_night_opens_the_next_episode_in_the_morning() -> None:
    case = Watched(AT_NIGHT).hears((0, 0.65), (1, 0.05)).until(20).hears((24, 0.45)).until(31)
    assert case.told[-2:] == [(13, "resolved", "escalate"), (31, "open", "respond")]
    assert case.state.episode == 2


def test_after_a_maintenance_window_it_is_decided_anew() -> None:
    window = {"from": "2013-09-02T10:00:00Z", "until": "2013-09-02T12:00:00Z"}
    policy = policy_with(**BASE, maintenance=[window])
    assert Watched(policy).hears((10.5, 0.7)).until(20).told == [(12, "open", "escalate")]
    assert Watched(policy).hears((10.5, 0.7), (11.9, 0.1)).until(20).told == []
    assert Watched(policy).hears((10.5, 0.9)).until(11).told == [(10.5, "open", "crisis")]


def test_a_level_may_have_to_last() -> None:
    policy = policy_with(**BASE, levels__respond__for_s=HOUR)
    case = Watched(policy).hears((1, 0.45)).until(24)
    assert case.told == [(1, "open", "watch"), (2, "update", "respond")]
    assert Watched(policy).hears((1, 0.45), (1.5, 0.3), (1.6, 0.45)).until(24).told == [
        (1, "open", "watch"),
        (2.6, "update", "respond"),
    ]
    assert Watched(policy).hears((1, 0.45), (1.1, 0.7)).told[-1] == (1.1, "update", "escalate")


def test_what_had_to_last_opens_again_without_further_news() -> None:
    policy = policy_with(**BASE, levels__watch__for_s=HOUR)
    case = Watched(policy).hears((0, 0.3), (2, 0.05)).until(20)
    assert case.told == [(1, "open", "watch"), (14, "resolved", "watch")]
    assert case.hears((21, 0.3)).until(40).told[-1] == (22, "open", "watch")


def test_what_somebody_has_in_hand_is_not_repeated_but_rises_are_told() -> None:
    news = [(2.0, 0.42), (4.0, 0.52), (6.0, 0.58)]
    assert len(Watched(TALKATIVE).hears((0, 0.41), *news).told) == 2
    case = Watched(TALKATIVE).hears((0, 0.41)).does(1, "acknowledge").hears(*news)
    assert len(case.told) == 1
    assert case.state.owner == "maria"
    assert case.hears((7, 0.65), (9, 0.78)).told[1:] == [
        (7, "update", "escalate"),
        (9, "update", "escalate"),
    ]
    assert case.does(10, "assign").state.owner == "jo"


def test_a_snooze_asks_again_when_it_ends() -> None:
    case = Watched(TALKATIVE).hears((0, 0.45)).does(1, "snooze", until=5)
    case.hears((2, 0.58), (3, 0.42)).until(30)
    assert case.told == [(0, "open", "respond"), (5, "update", "respond")]


def test_a_snooze_hides_no_rise() -> None:
    case = Watched(PLAIN).hears((0, 0.45)).does(1, "snooze", until=5).hears((2, 0.65)).until(30)
    assert case.told == [(0, "open", "respond"), (2, "update", "escalate")]


def test_what_is_over_when_the_snooze_ends_is_resolved_then() -> None:
    case = Watched(PLAIN).hears((0, 0.45), (1, 0.05)).does(2, "snooze", until=20).until(60)
    assert case.told == [(0, "open", "respond"), (20, "resolved", "respond")]


def test_a_snooze_that_ends_at_night_asks_in_the_morning() -> None:
    case = Watched(AT_NIGHT).hears((12, 0.45)).does(20, "snooze", until=25).until(60)
    assert case.told == [(12, "open", "respond"), (31, "update", "respond")]


def test_a_snooze_ends_when_the_policy_says_at_the_latest() -> None:
    policy = policy_with(**BASE, snooze_at_most_s=2 * HOUR)
    case = Watched(policy).hears((0, 0.45)).does(1, "snooze", until=500).until(30)
    assert case.told[-1] == (3, "update", "respond")


def test_in_a_replayed_recording_a_snooze_lasts_as_long_as_was_asked() -> None:
    today = say(1, "snooze", until=3, shift=4e8)
    state, _ = standing.settle(Standing(), 0.45, True, MIDNIGHT, PLAIN, news=True)
    assert ordered(state, today, MIDNIGHT + HOUR, PLAIN).snooze_until == MIDNIGHT + 3 * HOUR


def test_a_snooze_that_is_over_already_changes_nothing() -> None:
    state, _ = standing.settle(Standing(), 0.45, True, MIDNIGHT, PLAIN, news=True)
    assert ordered(state, say(-3, "snooze", until=-1), MIDNIGHT, PLAIN) == state


def test_resolved_by_hand_is_resolved_once_and_not_opened_again_by_more_of_the_same() -> None:
    case = Watched(AT_NIGHT).hears((20, 0.45)).does(23, "resolve")
    assert case.told == [(20, "open", "respond"), (23, "resolved", "respond")]
    case.does(23.5, "resolve").does(23.6, "acknowledge").hears((23.7, 0.5), (34, 0.5))
    assert len(case.told) == 2
    assert case.hears((35.5, 0.5)).until(80).told[-1] == (35.5, "open", "respond")


def test_resolved_by_hand_opens_again_when_it_gets_worse() -> None:
    case = Watched(PLAIN).hears((0, 0.45)).does(1, "resolve").hears((2, 0.5), (3, 0.7))
    assert (case.state.episode, case.told[-1]) == (2, (3, "open", "escalate"))


def test_nobody_decides_about_a_case_that_is_not_open() -> None:
    for action in Action:
        assert ordered(Standing(), say(1, action, until=5), MIDNIGHT, PLAIN) == Standing()


PARIS = ZoneInfo("Europe/Paris")


@pytest.mark.parametrize(
    ("when", "end"),
    [
        ("2013-09-02T21:59", None),
        ("2013-09-02T22:00", "2013-09-03T07:00"),
        ("2013-09-03T06:59", "2013-09-03T07:00"),
        ("2013-09-03T07:00", None),
        ("2013-10-26T23:00", "2013-10-27T07:00"),  # the clock goes back: an hour longer
        ("2013-03-30T23:00", "2013-03-31T07:00"),
    ],
)
def test_quiet_hours_follow_the_clock_on_the_wall(when: str, end: str | None) -> None:
    def at(text: str) -> float:
        return datetime.fromisoformat(text).replace(tzinfo=PARIS).timestamp()

    hush = planned((NIGHT,), (), "Europe/Paris", at(when))
    assert (hush.until if hush else None) == (at(end) if end else None)
    assert hush is None or hush.passes == Level.ESCALATE.rank


def test_days_are_those_on_which_the_hours_begin() -> None:
    weekend = QuietHours(begin="18:00", until="18:00", days=("sat",))
    saturday = MIDNIGHT + 5 * 24 * HOUR
    found = [planned((weekend,), (), "UTC", saturday + hour * HOUR) for hour in (17, 18, 41, 42)]
    assert [hush is not None for hush in found] == [False, True, True, False]


def test_the_stricter_of_two_holds() -> None:
    at = MIDNIGHT + 23 * HOUR
    window = Maintenance(
        begin=datetime.fromtimestamp(at - 60, UTC), until=datetime.fromtimestamp(at + 60, UTC)
    )
    hush = planned((NIGHT,), (window,), "UTC", at)
    assert hush is not None
    assert (hush.passes, hush.until) == (Level.CRISIS.rank, at + 60)


hours = st.integers(0, 23).map("{:02}:30".format)


@settings(max_examples=40)
@given(st.data())
def test_however_it_is_hushed_each_episode_opens_once_and_is_resolved_once(
    data: st.DataObject,
) -> None:
    quiet = {
        "from": data.draw(hours),
        "until": data.draw(hours),
        "days": data.draw(st.lists(st.sampled_from(DAYS), min_size=1, max_size=7)),
        "unless": data.draw(st.sampled_from(list(Level))).value,
    }
    waits = {
        f"levels__{level}__for_s": data.draw(st.sampled_from([0, HOUR, 7 * HOUR]))
        for level in Level
    }
    case = Watched(policy_with(**BASE, **waits, quiet_hours=[quiet]))
    hour = 0.0
    for _ in range(data.draw(st.integers(1, 15))):
        hour += data.draw(st.floats(0.0625, 9, width=16))
        match data.draw(st.sampled_from(["mention", "mention", *Action])):
            case "mention":
                case.hears((hour, data.draw(st.floats(0, 1, width=16))))
            case action:
                case.does(hour, action, until=hour + 1 + data.draw(st.floats(0, 20, width=16)))
        stored = msgspec.msgpack.decode(msgspec.msgpack.encode(case.state), type=Standing)
        assert stored == case.state
    case.hears((hour + 1, 0.0)).until(hour + 24 * 30)
    statuses = [status for _, status, _ in case.told]
    assert not case.state.open
    assert [s for s in statuses if s != "update"] == ["open", "resolved"] * case.state.episode
    assert all(due <= case.clock for due in standing.deadlines(case.state, case.policy))
    assert case.clock < FOREVER
