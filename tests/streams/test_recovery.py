"""Workers of role `cases` that start anew: what they know of the log before they read on."""

import signal
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from scoring.escalation import moment
from scoring.scored import Tick, encode_event
from streams.config import Settings
from streams.kafka import clients, topics
from streams.kafka.topics import Topics
from tests.streams.running import Running, Workers

pytestmark = [pytest.mark.process, pytest.mark.broker, pytest.mark.slow]

Until = Callable[..., None]
PATIENCE_S = 120
BEGUN = datetime(2026, 1, 1, tzinfo=UTC)


def test_a_log_that_was_made_anew_is_read_from_its_start(workers: Workers, until: Until) -> None:
    settings, log = workers.settings, Topics.of(workers.settings).scored
    first = workers("--role", "cases")
    until(lambda: first.ready, PATIENCE_S)
    tick(settings, 5)
    until(lambda: done(first) == 5, PATIENCE_S)
    assert first.end(signal.SIGTERM) == 0
    second = workers("--role", "cases")
    until(lambda: second.ready, PATIENCE_S)
    until(lambda: second.metric("tocsin_committed_offset", topic=log) == 5, PATIENCE_S)
    assert done(second) == 0, "known before anything is read"
    assert second.end(signal.SIGTERM) == 0

    with clients.admin(settings) as client:
        client.delete_topics([log])
    topics.create(settings)
    third = workers("--role", "cases")
    until(lambda: third.ready, PATIENCE_S)
    tick(settings, 3)
    until(lambda: third.metric("tocsin_committed_offset", topic=log) == 3, PATIENCE_S)
    assert "was made anew" in third.log
    assert "was made anew" not in first.log + second.log


def tick(settings: Settings, count: int) -> None:
    """Lets time pass in one partition of the log."""
    with clients.producer(settings) as producer:
        for number in range(count):
            at = moment((BEGUN + timedelta(minutes=number)).timestamp())
            event = encode_event(Tick(at=at))
            producer.send(Topics.of(settings).scored, value=event, partition=0)
        producer.flush()


def done(worker: Running) -> float:
    """Messages that the stage `cases` finished."""
    return worker.metric("tocsin_stage_done_total", stage="cases")
