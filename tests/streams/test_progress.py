"""When a worker says that it stands still, and when it waits rightly."""

from streams.config import Settings
from streams.kafka.topics import Topics
from streams.metrics import Metrics
from streams.worker.progress import RECOVERY_STUCK_S, Progress

HERE, THERE = ("mentions", 0), ("mentions", 1)


class Clock:
    """A monotonic clock that goes when it is told to."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


def made() -> tuple[Progress, Clock]:
    clock = Clock()
    return Progress(Metrics((), Topics.of(Settings())), stuck_s=100, now=clock), clock


def test_one_partition_that_stands_still_is_named_while_others_move() -> None:
    progress, clock = made()
    for step in range(12):
        clock.now_s = 10.0 * step
        progress.look({HERE: 5, THERE: step}, {HERE: 9, THERE: 50})
    assert progress.suspects == {HERE: 5}
    assert progress.standstills() == [], "nobody has looked into it yet"
    progress.prove(HERE, holds=True)
    (said,) = progress.standstills()
    assert "mentions, partition 0, at offset 5" in said
    assert progress.standstills(2.0) == []
    progress.look({HERE: 6, THERE: 13}, {HERE: 9, THERE: 50})
    assert progress.standstills() == []
    assert progress.suspects == {}


def test_without_input_nothing_stands_still() -> None:
    progress, clock = made()
    for clock.now_s in (0.0, 500.0):
        progress.look({HERE: 9}, {HERE: 9, THERE: 0})
        assert progress.suspects == {}


def test_an_end_behind_which_there_is_nothing_is_no_standstill() -> None:
    """Retention took the messages away, or another program's transaction ended there."""
    progress, clock = made()
    progress.look({HERE: 5}, {HERE: 9})
    clock.now_s = 101.0
    progress.look({HERE: 5}, {HERE: 9})
    assert progress.suspects == {HERE: 5}
    progress.prove(HERE, holds=False)
    assert progress.standstills() == []
    assert progress.suspects == {}


def test_what_waits_for_a_ticket_system_does_not_stand_still() -> None:
    progress, clock = made()
    for clock.now_s in (0.0, 500.0):
        progress.look({HERE: 5}, {HERE: 9}, lambda partition: partition == HERE)
    assert progress.suspects == {}


def test_while_the_broker_is_away_no_time_passes() -> None:
    progress, clock = made()
    progress.look({HERE: 5}, {HERE: 9})
    clock.now_s = 90.0
    progress.paused()
    clock.now_s = 120.0
    progress.look({HERE: 5}, {HERE: 9})
    assert progress.suspects == {}


def test_a_batch_that_is_halved_again_and_again_comes_on() -> None:
    progress, clock = made()
    progress.look({HERE: 5}, {HERE: 9})
    for clock.now_s in (60.0, 120.0, 180.0):
        progress.moved()
        progress.look({HERE: 5}, {HERE: 9})
        assert progress.suspects == {}


def test_a_recovery_that_reads_on_is_none_that_hangs() -> None:
    progress, clock = made()
    for step in range(20):
        clock.now_s = 30.0 * step
        progress.paused(recovering=(1.0, step))
        assert progress.standstills() == []


def test_a_recovery_that_reads_nothing_any_more_is_named() -> None:
    progress, clock = made()
    progress.paused(recovering=(1.0, 48))
    clock.now_s = RECOVERY_STUCK_S + 1
    progress.paused(recovering=(1.0, 48))
    assert progress.standstills(2.0) == ["the recovery of its tables"]
    progress.paused(recovering=(clock.now_s, 48))
    assert progress.standstills() == [], "another one has begun"


def test_while_the_broker_is_away_no_recovery_hangs() -> None:
    progress, clock = made()
    progress.paused(recovering=(1.0, 48))
    clock.now_s = RECOVERY_STUCK_S
    progress.paused()
    clock.now_s += 1
    progress.paused(recovering=(1.0, 48))
    assert progress.standstills() == []
    progress.look({HERE: 5}, {HERE: 9})
    clock.now_s += RECOVERY_STUCK_S + 1
    assert progress.standstills() == []
