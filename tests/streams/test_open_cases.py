"""What the metrics of open cases say: how many there are, and how long nobody has taken one."""

from datetime import UTC, datetime, timedelta

from scoring.escalation import Status
from scoring.levels import Level
from scoring.standing import Standing
from streams.config import Settings
from streams.kafka.topics import Topics
from streams.metrics import Metrics
from streams.worker.board import Board
from tests.streams.test_demo_board import escalation

BRAND = "ferrolock"
CASE = "ferrolock:lock-1"
DAY_S = 86_400


class Measured:
    """A board, and what its metrics say."""

    def __init__(self) -> None:
        self._metrics = Metrics([BRAND], Topics.of(Settings()))
        self.board = Board(self._metrics)

    @property
    def since(self) -> datetime:
        """Since when the only case has stood at its level."""
        (case,) = self.board.open_cases
        return case.level_since

    def waits(self, level: Level) -> float:
        """Seconds that the oldest case of a level has waited for somebody to take it."""
        return self._value("tocsin_case_unacknowledged_seconds", level=level)

    def open(self, level: Level) -> float:
        """Open cases of the brand."""
        return self._value("tocsin_cases_open", brand=BRAND, level=level)

    def taken(self, level: Level) -> float:
        """Open cases of the brand that somebody has in hand."""
        return self._value("tocsin_cases_acknowledged", brand=BRAND, level=level)

    def _value(self, name: str, **labels: str) -> float:
        self.board.publish()
        value = self._metrics.registry.get_sample_value(name, labels)
        assert value is not None
        return value


def test_a_case_counts_at_its_present_level_and_zeros_are_said() -> None:
    seen = Measured()
    assert seen.open(Level.CRISIS) == 0
    seen.board.say(escalation(level=Level.RESPOND))
    seen.board.say(escalation(level=Level.CRISIS, status=Status.UPDATE))
    assert (seen.open(Level.RESPOND), seen.open(Level.CRISIS)) == (0, 1)
    seen.board.say(escalation(level=Level.CRISIS, status=Status.RESOLVED))
    assert seen.open(Level.CRISIS) == 0


def test_the_wait_begins_with_the_level_and_a_fall_does_not_end_it() -> None:
    seen = Measured()
    seen.board.say(escalation(level=Level.WATCH))
    watching = seen.since
    seen.board.say(escalation(level=Level.CRISIS, status=Status.UPDATE))
    risen = seen.since
    assert risen > watching
    seen.board.say(escalation(level=Level.ESCALATE, status=Status.UPDATE))
    assert seen.since == risen
    assert seen.waits(Level.ESCALATE) > 0
    assert seen.waits(Level.CRISIS) == 0


def test_who_takes_a_case_ends_the_wait_until_it_rises() -> None:
    seen = Measured()
    seen.board.say(escalation(level=Level.ESCALATE))
    seen.board.order(CASE, Standing(rank=3, acknowledged=3, owner="ana"))
    assert seen.waits(Level.ESCALATE) == 0
    seen.board.say(escalation(level=Level.CRISIS, status=Status.UPDATE))
    assert seen.waits(Level.CRISIS) > 0


def test_who_takes_a_case_is_counted_at_its_level_until_it_rises_or_ends() -> None:
    seen = Measured()
    assert seen.taken(Level.CRISIS) == 0
    seen.board.say(escalation(level=Level.ESCALATE))
    assert seen.taken(Level.ESCALATE) == 0
    seen.board.order(CASE, Standing(rank=3, acknowledged=3, owner="ana"))
    assert seen.taken(Level.ESCALATE) == seen.open(Level.ESCALATE) == 1
    seen.board.say(escalation(level=Level.CRISIS, status=Status.UPDATE))
    assert (seen.taken(Level.CRISIS), seen.open(Level.CRISIS)) == (0, 1)
    seen.board.order(CASE, Standing(rank=4, acknowledged=4, owner="ana"))
    assert seen.taken(Level.CRISIS) == 1
    seen.board.say(escalation(level=Level.RESPOND, status=Status.UPDATE))
    assert (seen.taken(Level.CRISIS), seen.taken(Level.RESPOND)) == (0, 1)
    seen.board.say(escalation(level=Level.RESPOND, status=Status.RESOLVED))
    assert seen.taken(Level.RESPOND) == 0


def test_who_took_a_case_is_known_after_a_restart() -> None:
    seen = Measured()
    standing = Standing(rank=4, acknowledged=4, said_at=1_000_000.0)
    seen.board.recover(CASE, BRAND, standing, watermark=1_000_000.0)
    assert seen.taken(Level.CRISIS) == 1


def test_a_restart_does_not_begin_the_wait_anew() -> None:
    seen = Measured()
    said_at = 1_000_000.0
    standing = Standing(rank=4, said_at=said_at)
    seen.board.recover(CASE, BRAND, standing, watermark=said_at + DAY_S)
    assert seen.open(Level.CRISIS) == 1
    assert seen.waits(Level.CRISIS) >= DAY_S
    assert datetime.now(UTC) - seen.since >= timedelta(seconds=DAY_S)
