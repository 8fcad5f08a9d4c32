"""What people decide, folded where the cases are: in a partition, and for a brand's incident."""

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from scoring.brands import Brands, brand_of, case_id_of
from scoring.case import Case
from scoring.command import Action, Command, Order
from scoring.escalation import Escalation, Status
from scoring.partition import Partition
from scoring.scored import decode_event, encode_event
from scoring.surge import Incident
from tests.scoring.helpers import BRAND, HOUR, POLICY, START, complaint, policy_with, seconds, share
from tests.scoring.test_incident import minutes, outage

CASE = f"{BRAND}:root"
GRAVE: dict[str, Any] = {"weights__baseline": -3.0, "weights__calm": 0.0}
"""With these a promoted furious complaint is a case at once."""
INCIDENT = f"{BRAND}:incident:20130902T1200Z"


def say(
    action: Action, after: float, *, id: str = "c", case_id: str = CASE, **rest: Any
) -> Command:
    """A command `after` so many seconds."""
    at = START + timedelta(seconds=after)
    return Command(id=id, action=action, case_id=case_id, at=at, by="maria", **rest)


def opened(**changes: Any) -> tuple[Partition, list[Escalation]]:
    """A partition with one open case, and what was said of it."""
    partition = Partition(policy_with(**GRAVE, **changes))
    said, _ = partition.mention(complaint(promoted=True))
    assert [message.status for message in said] == [Status.OPEN]
    return partition, said


def test_resolved_by_hand_is_said_once() -> None:
    partition, said = opened()
    resolved = partition.order(say(Action.RESOLVE, 60))
    assert [(m.status, m.level) for m in resolved] == [(Status.RESOLVED, said[0].level)]
    assert resolved[0].at == said[0].at  # event time: nobody has moved the clock
    assert partition.order(say(Action.RESOLVE, 90)) == []
    assert partition.order(say(Action.RESOLVE, 95, id="d")) == []
    later, _ = partition.tick(seconds(60 * 24 * HOUR))
    assert later == []


def test_a_command_seen_before_changes_nothing() -> None:
    partition, _ = opened()
    partition.order(say(Action.ACKNOWLEDGE, 60))
    partition.changed.clear()
    before = partition.cases[CASE]
    assert partition.order(say(Action.ACKNOWLEDGE, 70)) == []
    assert partition.cases[CASE] is before
    assert partition.changed == set()


def test_an_old_ticket_has_no_say_in_a_later_episode() -> None:
    partition, _ = opened()
    assert partition.order(say(Action.RESOLVE, 60, episode=2)) == []
    assert [m.status for m in partition.order(say(Action.RESOLVE, 90, id="d", episode=1))] == [
        Status.RESOLVED
    ]


def test_a_case_that_is_not_here_has_nothing_to_decide() -> None:
    partition = Partition(POLICY)
    assert partition.order(say(Action.RESOLVE, 0)) == []
    assert partition.cases == {}


def test_what_was_decided_survives_a_restart() -> None:
    partition, _ = opened()
    partition.order(say(Action.ASSIGN, 60, assignee="jo"))
    until = START + timedelta(hours=2)
    partition.order(say(Action.SNOOZE, 90, id="d", until=until))
    stored = msgspec.msgpack.encode(partition.cases[CASE])
    case = msgspec.msgpack.decode(stored, type=Case)
    assert (case.standing.owner, case.standing.snooze_until) == ("jo", until.timestamp())
    again = Partition(partition.policy, known=[case], clock=partition.clock(0))
    assert again.next_due() == partition.next_due() <= until.timestamp()
    asked, _ = again.tick(until.timestamp())
    assert [(m.status, m.at) for m in asked] == [(Status.UPDATE, until)]


def test_state_of_an_older_version_is_read() -> None:
    partition, _ = opened()
    state = msgspec.to_builtins(partition.cases[CASE].standing)
    case = partition.cases[CASE]
    old = msgspec.convert(state[:7], type(case.standing))
    assert old == case.standing


def test_quiet_hours_hold_for_a_whole_partition() -> None:
    """Noon of the start falls into them."""
    policy = policy_with(
        **GRAVE,
        quiet_hours=[{"from": "11:00", "until": "14:00", "unless": "crisis"}],
    )
    partition = Partition(policy)
    said, _ = partition.mention(complaint(promoted=True))
    more, _ = partition.mention(share("s1", 600))
    assert said + more == []
    assert partition.next_due() <= seconds(2 * HOUR)
    said, _ = partition.tick(seconds(2 * HOUR))
    assert [(m.status, m.at) for m in said] == [(Status.OPEN, START + timedelta(hours=2))]


def test_brands_have_hours_of_their_own() -> None:
    hours = [{"from": "11:00", "until": "14:00", "unless": "crisis"}]
    partition = Partition(policy_with(**GRAVE, brands={BRAND: {"quiet_hours": hours}}))
    assert partition.mention(complaint(promoted=True))[0] == []
    other = complaint("o", promoted=True, brand="tellow", thread="o")
    assert [m.brand for m in partition.mention(other)[0]] == ["tellow"]


def surging() -> tuple[Brands, list[Escalation]]:
    """A brand whose incident is open."""
    brands = Brands(POLICY)
    said = [m for pulse in minutes(outage(60)) for m in brands.pulse(pulse)]
    assert brands.held(INCIDENT) is not None
    return brands, said


def test_an_incident_resolved_by_hand_stays_so_while_it_gets_no_worse() -> None:
    brands, said = surging()
    resolved = brands.order(say(Action.RESOLVE, 1200, case_id=INCIDENT))
    assert [(m.case_id, m.status) for m in resolved] == [(INCIDENT, Status.RESOLVED)]
    assert resolved[0].level.rank == max(m.level.rank for m in said)
    assert brands.held(INCIDENT) is None
    assert brands.order(say(Action.RESOLVE, 1300, id="d", case_id=INCIDENT)) == []
    state = brands.incidents[BRAND]
    level = state.standing.snoozed
    stored = msgspec.msgpack.decode(msgspec.msgpack.encode(state), type=Incident)
    assert stored.standing == state.standing
    more = [m for pulse in minutes(outage(9, 1260, by="x")) for m in brands.pulse(pulse)]
    assert all(m.level.rank > level for m in more)


def test_a_command_about_an_earlier_incident_is_void() -> None:
    brands, _ = surging()
    earlier = say(Action.RESOLVE, 1200, case_id=f"{BRAND}:incident:20130831T0900Z")
    assert brands.order(earlier) == []
    assert brands.held(INCIDENT) is not None


def test_an_incident_is_acknowledged() -> None:
    brands, _ = surging()
    brands.order(say(Action.ACKNOWLEDGE, 1200, case_id=INCIDENT))
    held = brands.held(INCIDENT)
    assert held is not None
    assert (held.standing.owner, held.standing.acknowledged) == ("maria", held.standing.rank)


@pytest.mark.parametrize(
    ("case_id", "brand"),
    [
        (INCIDENT, BRAND),
        (CASE, None),
        (f"{BRAND}:incident:report", None),
        ("a:incident:20130902T1200Z:x", None),
    ],
)
def test_the_id_tells_whose_incident_it_is(case_id: str, brand: str | None) -> None:
    assert brand_of(case_id) == brand


def test_the_id_is_the_one_that_is_said() -> None:
    brands, said = surging()
    assert {m.case_id for m in said} == {case_id_of(brands.incidents[BRAND])}


def test_a_command_survives_the_log() -> None:
    order = Order(command=say(Action.SNOOZE, 0, until=START + timedelta(hours=1)))
    assert decode_event(encode_event(order)) == order


def test_who_has_it_may_let_it_go() -> None:
    partition, _ = opened()
    partition.order(say(Action.ASSIGN, 60, assignee="ben"))
    assert partition.order(say(Action.RELEASE, 70, id="d")) == []
    standing = partition.cases[CASE].standing
    assert (standing.owner, standing.acknowledged, standing.open) == ("", 0, True)


def test_a_snooze_may_be_ended() -> None:
    partition, _ = opened()
    until = START + timedelta(hours=4)
    partition.order(say(Action.SNOOZE, 60, until=until))
    assert partition.cases[CASE].standing.snooze_until > 0
    partition.order(say(Action.WAKE, 70, id="d"))
    standing = partition.cases[CASE].standing
    assert (standing.snoozed, standing.snooze_until, standing.held_until) == (0, 0.0, 0.0)
    assert standing.owner == "maria"
    before = partition.cases[CASE].standing
    partition.order(say(Action.WAKE, 80, id="e"))
    assert partition.cases[CASE].standing is before


def test_what_was_resolved_may_be_opened_again_once() -> None:
    partition, first = opened()
    assert partition.order(say(Action.REOPEN, 30, id="early")) == []  # it is open
    partition.order(say(Action.RESOLVE, 60))
    assert partition.order(say(Action.REOPEN, 70, id="old", episode=7)) == []
    [said] = partition.order(say(Action.REOPEN, 80, id="d", episode=1))
    assert (said.status, said.episode, said.level) == (Status.OPEN, 2, first[0].level)
    assert partition.order(say(Action.REOPEN, 90, id="e")) == []
    assert partition.cases[CASE].standing.open


def test_what_never_was_a_case_is_not_opened_by_hand() -> None:
    partition = Partition(POLICY)
    partition.mention(share("s", 1))
    [case_id] = partition.cases
    assert partition.order(say(Action.REOPEN, 80, case_id=case_id)) == []
