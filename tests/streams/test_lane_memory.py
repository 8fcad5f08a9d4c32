"""What a sink is told of a case, by what it was told before; and when."""

import pytest

from streams.sinks.job import Job
from streams.sinks.kinds import Kind
from streams.sinks.memory import Kept, Verdict, after, verdict
from streams.sinks.retry import Retry
from streams.sinks.settings import Delivery
from tests.streams.escalations import said
from tests.streams.lane_rig import Broken, job_of

KEYLESS = Kind(name="chat", settings=Delivery, build=lambda *_: Broken())
KEYED = Kind(name="pager", settings=Delivery, build=lambda *_: Broken(), keyed=True)
LOG = Kind(name="log", settings=Delivery, build=lambda *_: Broken(), events=True)
OPEN = after(Kept(), job_of(said(3, "update")), {"ticket": "7"})
OVER = after(OPEN, job_of(said(4, "resolved")), {})


@pytest.mark.parametrize(
    ("kept", "made", "one", "wanted"),
    [
        (Kept(), KEYLESS, job_of(said(0)), Verdict.SEND),
        (OPEN, KEYLESS, job_of(said(3, "update")), Verdict.DUPLICATE),
        (OPEN, KEYLESS, job_of(said(2, "update")), Verdict.SUPERSEDED),
        (OPEN, LOG, job_of(said(2, "update")), Verdict.SEND),
        (OPEN, KEYLESS, job_of(said(4, "resolved")), Verdict.SEND),
        (Kept(), KEYLESS, job_of(said(4, "resolved")), Verdict.UNOPENED),
        (Kept(), KEYED, job_of(said(4, "resolved")), Verdict.SEND),
        (OVER, KEYLESS, job_of(said(1)), Verdict.SUPERSEDED),
        (OVER, KEYLESS, job_of(said(5, episode=2)), Verdict.SEND),
        (OPEN, KEYLESS, job_of(said(3, "update"), "ann"), Verdict.SEND),
        (after(OPEN, job_of(said(3), "ann")), LOG, job_of(said(5), "ann"), Verdict.DUPLICATE),
        (OVER, LOG, job_of(said(3, "update"), "ann"), Verdict.UNOPENED),
        (OPEN, KEYED, job_of(said(5, episode=2), "ann"), Verdict.UNOPENED),
    ],
)
def test_what_a_sink_is_told(kept: Kept, made: Kind, one: Job, wanted: Verdict) -> None:
    assert verdict(kept, made, one) is wanted


def test_an_end_closes_and_what_is_overtaken_does_not_open_again() -> None:
    assert OPEN.open
    assert not OVER.open
    assert not after(OVER, job_of(said(2, "update"))).open
    assert not after(OVER, job_of(said(3), "ann")).open
    assert after(OPEN, job_of(said(2, "update"))).memory == {"ticket": "7"}


def test_the_published_schedule_is_kept() -> None:
    from streams.sinks.webhook import SCHEDULE

    retry = Retry(schedule=SCHEDULE)
    waits = [retry.wait_s(tries, 0.0, None, 0.0) for tries in range(1, 11)]
    assert waits[-1] is None
    assert sum(wait or 0.0 for wait in waits) == 75 * 3600 + 35 * 60 + 5
    assert retry.wait_s(1, 0.0, 60.0, 1.0) == 60.0
    assert Retry().wait_s(20, 0.0, None, 0.5) == 150.0
    assert Retry().wait_s(20, 0.0, None, 0.0) == 0.0
