"""What the metrics say of cases: how they ended, and how the open ones stand."""

from datetime import UTC, datetime

import pytest

from scoring.escalation import Status, Why
from scoring.levels import Level
from streams.config import Settings
from streams.kafka.topics import Topics
from streams.metrics import Metrics
from streams.worker import situation
from streams.worker.board import Board, OpenCase
from streams.worker.situation import Present
from tests.streams.test_demo_board import escalation

BRAND = "ferrolock"


@pytest.fixture
def metrics() -> Metrics:
    return Metrics([BRAND], Topics.of(Settings()))


def test_an_ended_episode_is_counted_under_the_score_it_opened_with(metrics: Metrics) -> None:
    board = Board(metrics)
    board.say(escalation(status=Status.OPEN, level=Level.WATCH, score=0.34))
    board.say(escalation(status=Status.UPDATE, level=Level.CRISIS, score=0.97))
    assert _outcomes(metrics) == 0
    board.say(escalation(status=Status.RESOLVED, level=Level.CRISIS, score=0.1))
    assert _outcomes(metrics, score="0.3", outcome="crisis") == 1
    assert _outcomes(metrics) == 1


@pytest.mark.parametrize(("dismissed", "outcome"), [(True, "dismissed"), (False, "calmed")])
def test_a_person_who_ends_a_case_is_told_from_the_clock(
    metrics: Metrics, dismissed: bool, outcome: str
) -> None:
    board = Board(metrics)
    board.say(escalation(status=Status.OPEN, level=Level.RESPOND, score=1.0))
    end = escalation(status=Status.RESOLVED, level=Level.RESPOND, score=0.2)
    board.say(end, dismissed=dismissed)
    assert _outcomes(metrics, score="0.9", outcome=outcome) == 1


def test_an_episode_whose_opening_was_not_heard_is_not_judged(metrics: Metrics) -> None:
    board = Board(metrics)
    board.say(escalation(status=Status.UPDATE, level=Level.CRISIS, score=0.97))
    board.say(escalation(status=Status.RESOLVED, level=Level.CRISIS, score=0.1))
    assert _outcomes(metrics) == 0


def test_what_happens_seldom_is_there_before_it_happens(metrics: Metrics) -> None:
    read = metrics.registry.get_sample_value
    assert read("tocsin_case_commands_total", {"action": "resolve", "level": "crisis"}) == 0
    assert read("tocsin_case_outcomes_total", {"score": "0.9", "outcome": "crisis"}) == 0
    opened = {"brand": BRAND, "level": "crisis", "status": "open"}
    assert read("tocsin_escalations_total", opened) == 0
    lost = {"topic": "mentions", "reason": "missing_field"}
    assert read("tocsin_dead_letters_total", lost) == 0


class Weighed:
    """Cases that stand as they are told."""

    def __init__(self, cases: dict[str, Present]) -> None:
        self.cases = cases
        self.asked: list[str] = []

    def present(self, case_id: str) -> Present | None:
        self.asked.append(case_id)
        return self.cases.get(case_id)


def test_gauges_show_the_worst_of_a_brand_and_count_its_evidence(metrics: Metrics) -> None:
    why = (Why(signal="anger", weight=1.0), Why(signal="calm", weight=-0.4))
    weighed = Weighed(
        {
            "a": Present(0.7, 1.2, 40.0, 60.0, why),
            "b": Present(0.9, 0.3, 900.0, 30.0, why[:1]),
        }
    )
    cases = [_case("a"), _case("b"), _case("gone")]
    situation.publish(metrics, cases, [weighed])
    at = {"brand": BRAND, "level": "escalate"}
    read = metrics.registry.get_sample_value
    assert read("tocsin_case_score", at) == 0.9
    assert read("tocsin_case_reproduction", at) == 1.2
    assert read("tocsin_case_forecast_shares", at) == 900
    assert read("tocsin_case_silence_seconds", at) == 60
    evidence = {"brand": BRAND, "signal": "anger", "effect": "raises"}
    assert read("tocsin_case_evidence", evidence) == 2
    situation.publish(metrics, [], [weighed])
    assert read("tocsin_case_score", at) is None


def test_no_more_cases_are_weighed_than_a_scrape_has_time_for(metrics: Metrics) -> None:
    weighed = Weighed({})
    cases = [_case(str(number)) for number in range(situation.MOST + 5)]
    situation.publish(metrics, cases, [weighed])
    assert len(weighed.asked) == situation.MOST


def _outcomes(metrics: Metrics, **labels: str) -> float:
    return sum(
        sample.value
        for family in metrics.registry.collect()
        for sample in family.samples
        if sample.name == "tocsin_case_outcomes_total" and labels.items() <= sample.labels.items()
    )


def _case(case_id: str) -> OpenCase:
    now = datetime.now(UTC)
    return OpenCase(
        escalation=None,
        case_id=case_id,
        brand=BRAND,
        level=Level.ESCALATE,
        seen_at=now,
        level_since=now,
    )
