"""A lane whose sink is away: what waits, what makes room, and what it is told in the end."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from scoring.escalation import Escalation
from tests.streams.escalations import said
from tests.streams.lane_rig import Rig, with_lane
from tests.streams.vendors import PagerDutyVendor


def test_of_too_many_the_oldest_go_and_nobody_waits_for_a_call(vendor: PagerDutyVendor) -> None:
    vendor.hold()

    async def told(rig: Rig) -> None:
        cases = [said(0, id=f"c-{n}", case_id=f"acme:{n}") for n in range(5)]
        await rig.put(cases[0])
        await rig.until(lambda: vendor.requests)
        await rig.put(*cases[1:])  # returns, although no call does
        assert [letter[:2] for letter in rig.desk.letters] == [
            ("c-1", "overflow"),
            ("c-2", "overflow"),
        ]
        assert rig.desk.settled == ["c-1", "c-2"]
        vendor.let_go()
        await rig.until(lambda: len(rig.desk.settled) == 5)

    rig = with_lane(vendor, told, queue=2, parallel=1)
    assert sorted(vendor.alerts) == ["acme:0", "acme:3", "acme:4"]
    assert rig.outcomes("dead_letter") == 2


def away(vendor: PagerDutyVendor, told: Callable[[Rig], Awaitable[None]], **delivery: Any) -> Rig:
    """A story that begins when the sink has failed often enough to be left in peace."""
    vendor.plan.extend([503] * 5)

    async def failed(rig: Rig) -> None:
        rig.time.rests = asyncio.Event()
        await rig.put(*(said(0, id=f"x-{n}", case_id=f"acme:{n}") for n in range(5)))
        await rig.until(lambda: len(vendor.requests) == 5)
        await rig.until(lambda: rig.gauge("tocsin_ticket_breaker_state") == 2)
        await told(rig)

    return with_lane(vendor, failed, **{"parallel": 5} | delivery)


@pytest.mark.parametrize(
    ("waiting", "wanted"),
    [
        ([said(0), said(1, "update"), said(2, "update", "crisis")], ["trigger"]),
        ([said(0), said(1, "update"), said(2, "resolved")], ["resolve"]),
        ([said(0), said(2, "resolved"), said(3, episode=2)], ["resolve", "trigger"]),
    ],
)
def test_a_sink_that_was_away_is_told_the_newest_state(
    vendor: PagerDutyVendor, waiting: list[Escalation], wanted: list[str]
) -> None:
    async def told(rig: Rig) -> None:
        await rig.put(*waiting)
        before = len(waiting) - len(wanted)
        assert rig.outcomes("superseded") == before
        assert len(rig.desk.settled) == before, "their offsets may be committed"
        rig.time.go_on()
        await rig.until(lambda: len(rig.desk.settled) == 5 + len(waiting))

    rig = away(vendor, told)
    assert vendor.alerts["skylark-air:root-1"] == wanted
    assert rig.desk.letters == []


def test_what_a_sink_may_have_taken_is_told_before_its_end(vendor: PagerDutyVendor) -> None:
    async def told(rig: Rig) -> None:
        await rig.put(said(1, "resolved", id="x-0-over", case_id="acme:0"))
        rig.time.go_on()
        await rig.until(lambda: len(rig.desk.settled) == 6)

    away(vendor, told)
    assert vendor.alerts["acme:0"] == ["trigger", "resolve"]


def test_an_acknowledgement_stays_between_what_came_before_and_after(
    vendor: PagerDutyVendor,
) -> None:
    async def told(rig: Rig) -> None:
        await rig.put(said(0))
        await rig.put(said(0), by="ann")
        await rig.put(said(1, "update"), said(2, "update"))
        rig.time.go_on()
        await rig.until(lambda: len(rig.desk.settled) == 9)

    rig = away(vendor, told)
    assert vendor.alerts["skylark-air:root-1"] == ["trigger", "acknowledge", "trigger"]
    assert rig.outcomes("superseded") == 1


def test_what_waits_in_vain_is_let_go_though_it_was_never_tried(vendor: PagerDutyVendor) -> None:
    async def told(rig: Rig) -> None:
        rig.time.at = 40.0
        await rig.put(said(0))
        rig.time.at = 101.0
        await rig.lane.expire()
        letters = {letter[:2] for letter in rig.desk.letters}
        assert letters == {(f"x-{n}", "gave_up") for n in range(5)}
        rig.time.at = 141.0
        await rig.lane.expire()
        *last, detail = rig.desk.letters[-1]
        assert last == ["e-0", "gave_up"]
        assert re.fullmatch(r"never tried in \d+ s: the sink was away or busy with others", detail)
        assert len(rig.desk.settled) == 6

    away(vendor, told, give_up_after_s=100)
    assert vendor.alerts == {}
