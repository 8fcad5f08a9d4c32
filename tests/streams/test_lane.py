"""A lane: order, retries, giving up, and what it does not cut off. Over real HTTP."""

import asyncio

import pytest

from streams.sinks.kinds import kind
from streams.sinks.retry import lasted
from tests.streams.escalations import said
from tests.streams.lane_rig import Broken, Rig, with_lane
from tests.streams.vendors import PagerDutyVendor


def test_it_is_tried_again_with_backoff_and_no_sooner_than_asked(vendor: PagerDutyVendor) -> None:
    vendor.plan.extend([503, (429, {"Retry-After": "7"}), 500])

    async def told(rig: Rig) -> None:
        await rig.put(said(0))
        await rig.until(lambda: rig.desk.settled)

    rig = with_lane(vendor, told)
    assert len(vendor.requests) == 4
    assert vendor.alerts == {"skylark-air:root-1": ["trigger"]}
    assert rig.time.slept == [2.0, 7.0, 8.0]
    assert rig.desk.letters == []
    assert rig.outcomes("created") == 1


def test_one_case_waits_and_others_go_on_each_in_order(vendor: PagerDutyVendor) -> None:
    vendor.plan.append(503)

    async def told(rig: Rig) -> None:
        await rig.put(said(0), said(1, "update"), said(2, "resolved"))
        await rig.until(lambda: vendor.requests)
        await rig.put(said(0, id="o-0", case_id="skylark-air:other"))
        await rig.until(lambda: len(rig.desk.settled) == 4)

    rig = with_lane(vendor, told, parallel=2)
    assert vendor.alerts["skylark-air:root-1"] == ["trigger", "trigger", "resolve"]
    assert [one for one in rig.desk.settled if one != "o-0"] == ["e-0", "e-1", "e-2"]


def test_it_gives_up_in_the_end_and_goes_on_with_the_next(vendor: PagerDutyVendor) -> None:
    vendor.plan.extend([500] * 5)

    async def told(rig: Rig) -> None:
        await rig.put(said(0), said(1, "update"))
        await rig.until(lambda: len(rig.desk.settled) == 2)

    # With chance 1 the waits are 2, 4, 8 and 16 s (the breaker's 15 s among them), then 32.
    rig = with_lane(vendor, told, give_up_after_s=50)
    ((id_, reason, detail),) = rig.desk.letters
    assert (id_, reason) == ("e-0", "gave_up")
    assert detail.startswith("5 tries in 30 s: HTTP 500: ")
    assert vendor.alerts == {"skylark-air:root-1": ["trigger"]}


def test_a_log_names_the_case_and_says_when_the_sink_takes_again(
    vendor: PagerDutyVendor, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    vendor.plan.extend([503] * 5)

    async def told(rig: Rig) -> None:
        await rig.put(said(0))
        await rig.until(lambda: rig.desk.settled)

    with_lane(vendor, told)
    about = "sink pager, case skylark-air:root-1: "
    tries = [line for line in caplog.messages if line.startswith(f"{about}try ")]
    assert len(tries) == 5
    assert tries[0] == f'{about}try 1: HTTP 503: {{"message": "planned"}}; again in 2 s'
    assert f"{about}the sink fails: HTTP 503" in caplog.text
    assert caplog.messages[-1] == "sink pager takes again: case skylark-air:root-1"


def test_what_went_wrong_beside_a_delivery_is_said_once(
    vendor: PagerDutyVendor, caplog: pytest.LogCaptureFixture
) -> None:
    async def told(rig: Rig) -> None:
        for note in ("recipient 1 of 2", "recipient 1 of 2", "", "recipient 1 of 2"):
            rig.lane._noted(note)

    with_lane(vendor, told)
    assert caplog.messages == ["sink pager: recipient 1 of 2"] * 2


@pytest.mark.parametrize(
    ("seconds", "told"),
    [(0.4, "0 s"), (90, "90 s"), (900, "15 min"), (21600, "6 h"), (272_100, "75.6 h")],
)
def test_times_are_told_as_people_do(seconds: float, told: str) -> None:
    assert lasted(seconds) == told


def test_410_disables_the_sink(vendor: PagerDutyVendor) -> None:
    vendor.plan.append(410)

    async def told(rig: Rig) -> None:
        await rig.put(said(0), said(1, "update"))
        await rig.until(lambda: len(rig.desk.settled) == 2)

    rig = with_lane(vendor, told)
    assert [letter[:2] for letter in rig.desk.letters] == [("e-0", "disabled"), ("e-1", "disabled")]
    assert len(vendor.requests) == 1


def test_a_call_that_outlasts_its_time_is_made_again(vendor: PagerDutyVendor) -> None:
    vendor.hold()

    async def told(rig: Rig) -> None:
        await rig.put(said(0))
        await rig.until(lambda: rig.desk.letters)

    rig = with_lane(vendor, told, timeout_s=0.05, give_up_after_s=3)
    assert rig.desk.letters == [("e-0", "gave_up", "2 tries in 2 s: not done within 0.05 s")]


def test_a_call_that_does_not_end_is_cut_off_when_its_partition_leaves(
    vendor: PagerDutyVendor,
) -> None:
    vendor.hold()

    async def told(rig: Rig) -> None:
        (job,) = await rig.put(said(0))
        await rig.until(lambda: vendor.requests)
        job.dropped = True
        await rig.lane.drop()
        assert rig.desk.settled == [], "whoever reads it next makes the call again"
        vendor.let_go()
        await rig.put(said(0))
        await rig.until(lambda: rig.desk.settled)

    with_lane(vendor, told, grace_s=0.05)
    assert len(vendor.requests) == 2


def test_an_acknowledgement_is_passed_on_once(vendor: PagerDutyVendor) -> None:
    async def told(rig: Rig) -> None:
        await rig.put(said(0))
        await rig.put(said(0), by="ann")
        await rig.until(lambda: len(rig.desk.settled) == 2)
        await rig.put(said(0), by="ann")  # read again after a crash
        await rig.until(lambda: len(rig.desk.settled) == 3)

    rig = with_lane(vendor, told)
    assert vendor.alerts["skylark-air:root-1"] == ["trigger", "acknowledge"]
    assert rig.outcomes("duplicate") == 1


def test_a_call_under_way_is_ended_and_remembered_when_its_partition_leaves(
    vendor: PagerDutyVendor,
) -> None:
    vendor.hold()

    async def told(rig: Rig) -> None:
        jobs = await rig.put(said(0), said(1, "update"))
        await rig.until(lambda: vendor.requests)
        for job in jobs:
            job.dropped = True
        dropping = asyncio.ensure_future(rig.lane.drop())
        await asyncio.sleep(0)
        assert not dropping.done()
        vendor.let_go()
        await dropping
        assert rig.desk.cases["skylark-air:root-1"].of("pager").ids == ("e-0",)
        assert rig.desk.settled == []
        # Whoever reads both again makes the second call alone.
        await rig.put(said(0), said(1, "update"))
        await rig.until(lambda: len(rig.desk.settled) == 2)

    rig = with_lane(vendor, told)
    assert len(vendor.requests) == 2
    assert rig.outcomes("duplicate") == 1


def test_a_bug_costs_a_ticket_and_tells_no_secret(caplog: pytest.LogCaptureFixture) -> None:
    async def run() -> Rig:
        rig = Rig(Broken(), kind("pagerduty"))
        await rig.put(said(0), said(1, "update"))
        await rig.until(lambda: len(rig.desk.settled) == 2)
        return rig

    rig = asyncio.run(run())
    assert [letter[1:] for letter in rig.desk.letters] == [("failed", "ValueError")] * 2
    assert "R123" not in caplog.text
