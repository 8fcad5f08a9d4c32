"""What nobody foresaw costs a message, not the worker: it is set aside, and the rest is said."""

import asyncio
import math
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from scoring import brands as brands_module
from scoring import case as case_module
from scoring import incident as incident_module
from scoring import policy as policies
from scoring.brands import Brands
from scoring.command import Action, Command, Order
from scoring.escalation import Status
from scoring.partition import Partition
from scoring.pulse import Pulse
from scoring.scored import Tick, encode_event
from streams.config import Settings
from streams.kafka.topics import Topics
from streams.metrics import Metrics
from streams.worker.application import Role, application
from streams.worker.board import Board
from streams.worker.cases import CasesAgent
from streams.worker.disk import DiskError
from streams.worker.incidents import IncidentsAgent
from streams.worker.logfold import LogFold, Tools
from streams.worker.output import Output
from streams.worker.progress import Progress
from tests.scoring.helpers import BRAND, FURIOUS, mention, scored, seconds
from tests.scoring.test_incident import minutes, outage

POLICY = policies.load(None)


@pytest.fixture
def tools() -> Tools:
    settings = Settings()
    topics = Topics.of(settings)
    metrics = Metrics([BRAND], topics)
    return Tools(
        app=application(settings, Role.CASES),
        settings=settings,
        topics=topics,
        output=Output(settings),
        metrics=metrics,
        progress=Progress(metrics),
        board=Board(metrics),
    )


def flood(agent: LogFold[Brands], fold: Brands, brand: str) -> list[Status]:
    """Many people complain about a brand: what is said of it."""
    found = []
    for pulse in minutes(outage(60)):
        changed = msgspec.structs.replace(pulse, brand=brand)
        found += [said.status for said in agent.step(fold, msgspec.json.encode(changed)).said]
    return found


def tick(at: float) -> bytes:
    return encode_event(Tick(at=datetime.fromtimestamp(at, UTC)))


def test_a_minute_at_which_the_fold_fails_is_set_aside_and_moves_no_clock(tools: Tools) -> None:
    agent, fold = IncidentsAgent(tools, POLICY, 1), Brands(POLICY)
    assert flood(agent, fold, BRAND)[0] is Status.OPEN
    before = fold.watermark, fold.incidents[BRAND]
    step = agent.step(
        fold,
        msgspec.json.encode(Pulse(brand=BRAND, at=fold.watermark, anger=1e308, complaints=10**300)),
    )
    assert step.failed
    assert step.said == []
    assert (fold.watermark, fold.incidents[BRAND]) == before


def test_a_brand_at_which_a_check_fails_costs_no_other_brand_its_own(
    tools: Tools, monkeypatch: pytest.MonkeyPatch
) -> None:
    agent, fold = IncidentsAgent(tools, POLICY, 1), Brands(POLICY)
    for brand in ("first", "second", "third"):
        assert flood(agent, fold, brand)[0] is Status.OPEN
    advance = incident_module.advance

    def broken(incident: Any, *rest: Any) -> Any:
        if incident.brand == "second":
            raise ZeroDivisionError
        return advance(incident, *rest)

    monkeypatch.setattr(incident_module, "advance", broken)
    late = fold.watermark + 30 * 86_400
    failed, said = agent.step(fold, tick(late)), agent.step(fold, tick(late + 1))
    assert failed.failed == "ZeroDivisionError: "
    assert (failed.said[-1].brand, failed.said[-1].status) == ("first", Status.RESOLVED)
    assert not said.failed, "it is looked at again when its next check is due"
    assert (said.said[-1].brand, said.said[-1].status) == ("third", Status.RESOLVED)
    assert agent.step(fold, tick(fold.next_due())).failed


def resolved(agent: IncidentsAgent, fold: Brands) -> Order:
    """Ann resolves the only incident that is open."""
    (case_id,) = agent.case_ids(fold)
    at = datetime.fromtimestamp(fold.watermark, UTC)
    return Order(command=Command(id="c", action=Action.RESOLVE, case_id=case_id, at=at, by="ann"))


def test_news_and_commands_are_within_the_boundary_too(
    tools: Tools, monkeypatch: pytest.MonkeyPatch
) -> None:
    agent, fold = IncidentsAgent(tools, POLICY, 1), Brands(POLICY)
    flood(agent, fold, BRAND)
    order = resolved(agent, fold)

    def broken(*_: Any) -> Any:
        raise KeyError("x")

    monkeypatch.setattr(brands_module, "ordered", broken)
    assert agent.step(fold, encode_event(order)).failed == "KeyError: 'x'"


def test_a_disk_that_refuses_is_not_the_fault_of_a_message(
    tools: Tools, monkeypatch: pytest.MonkeyPatch
) -> None:
    agent, fold = IncidentsAgent(tools, POLICY, 1), Brands(POLICY)
    flood(agent, fold, BRAND)
    order = resolved(agent, fold)

    def refused(*_: Any) -> Any:
        raise DiskError("state folder /state cannot be written: Not a directory")

    monkeypatch.setattr(brands_module, "ordered", refused)
    with pytest.raises(DiskError):
        agent.step(fold, encode_event(order))


def test_what_was_decided_before_a_case_failed_is_said(
    tools: Tools, monkeypatch: pytest.MonkeyPatch
) -> None:
    agent, fold = CasesAgent(tools, POLICY, 1), Partition(POLICY)
    for thread in ("a", "b"):
        opened = scored(mention(thread, 0.0, by=thread, thread=thread, promoted=True), FURIOUS)
        agent.step(fold, encode_event(opened))
    cases = sorted(case.case_id for case in fold.cases.values() if case.standing.open)
    assert len(cases) == 2
    advance = case_module.advance
    seen = []

    def broken(case: Any, *rest: Any) -> Any:
        seen.append(case.case_id)
        if case.case_id == cases[1]:
            raise ZeroDivisionError
        return advance(case, *rest)

    monkeypatch.setattr(case_module, "advance", broken)
    step = agent.step(fold, tick(seconds(30 * 86_400)))
    again = agent.step(fold, tick(seconds(30 * 86_400 + 1)))
    said = [escalation for one in (step, again) for escalation in one.said]
    assert step.failed == "ZeroDivisionError: "
    assert not again.failed
    assert agent.step(fold, tick(seconds(31 * 86_400))).failed, "it is looked at again"
    assert [(one.case_id, one.status) for one in said][-1] == (cases[0], Status.RESOLVED)


def test_gauges_of_partitions_that_left_are_taken_away(tools: Tools) -> None:
    agent = CasesAgent(tools, POLICY, 3)
    read = tools.metrics.registry.get_sample_value

    def held(number: int) -> float | None:
        agent.publish()
        return read("tocsin_conversations", {"partition": str(number)})

    for number in (0, 2):
        agent.folds[number] = Partition(POLICY, number)
        agent._heard[number] = 0.0
    agent.step(agent.folds[2], encode_event(scored(mention("a", 0.0), FURIOUS)))
    assert (held(0), held(1), held(2)) == (0, None, 1)
    lag = read("tocsin_event_time_lag_seconds")
    assert lag is not None
    assert lag > 0
    asyncio.run(agent.release([2]))
    assert (held(0), held(2)) == (0, None)
    lag = read("tocsin_event_time_lag_seconds")
    assert lag is not None
    assert math.isnan(lag), "it has no event time any more"


def test_offsets_of_partitions_that_left_are_taken_away(tools: Tools) -> None:
    progress, read = tools.progress, tools.metrics.registry.get_sample_value

    def committed(number: int) -> float | None:
        return read("tocsin_committed_offset", {"topic": "t", "partition": str(number)})

    progress.begin({("t", 0): 5, ("t", 1): 7, ("t", 2): None})
    progress.publish(lambda topic, partition: 10)
    assert (committed(0), committed(1), committed(2)) == (5, 7, None)
    progress.begin({("t", 0): 5})
    progress.publish(lambda topic, partition: 10)
    assert (committed(0), committed(1)) == (5, None)


def test_the_offsets_of_a_topic_are_told_by_one_role() -> None:
    from streams.worker.reads import MEASURED_BY, READ_BY

    told = [topic for topics in MEASURED_BY.values() for topic in topics]
    assert len(told) == len(set(told))
    assert set(told) == {topic for topics in READ_BY.values() for topic in topics}
