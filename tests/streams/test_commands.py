"""What people decide reaches the case: acknowledged, resolved, and what is no command put aside."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from scoring.command import Action, Command, encode_command
from streams.config import Settings
from streams.kafka import clients
from streams.kafka.topics import Topics
from tests.streams.helpers import following, publish
from tests.streams.running import Workers
from tests.streams.test_ticks import complaint

pytestmark = [pytest.mark.process, pytest.mark.broker, pytest.mark.slow]

CASE = "skylark-air:quiet-0"


def decide(settings: Settings, *values: bytes, key: bytes) -> None:
    """Sends commands under any key at all."""
    with clients.producer(settings) as producer:
        for value in values:
            producer.send(Topics.of(settings).commands, value=value, key=key)
        producer.flush()


def command(action: Action, id: str, at: datetime) -> bytes:
    return encode_command(Command(id=id, action=action, case_id=CASE, at=at, by="maria"))


def test_people_decide_about_a_case(workers: Workers, until: Callable[..., None]) -> None:
    settings = workers.settings
    topics = Topics.of(settings)
    worker = workers(TOCSIN_TICK_S="0.2")
    until(lambda: worker.ready, 60)
    began = datetime.now(UTC) - timedelta(days=30)
    with (
        following(settings, topics.escalations) as said,
        following(settings, topics.dead_letters) as dead,
    ):
        publish(settings, [complaint(number, began) for number in range(2)])
        until(lambda: said.records(), 30)
        (open_case,) = worker.board["cases"]
        assert (open_case["acknowledged"], open_case["owner"]) == (0, None)
        level = open_case["level"]
        waiting = "tocsin_case_unacknowledged_seconds"
        until(lambda: worker.metric(waiting, level=level) > 0, 20)

        now = datetime.now(UTC)
        decide(settings, command(Action.ACKNOWLEDGE, "c-1", now), b"no command", key=b"anything")
        until(lambda: worker.board["cases"][0]["owner"] == "maria", 30)
        assert worker.metric(waiting, level=level) == 0
        until(lambda: dead.records(), 20)
        (letter,) = dead.records()
        assert letter.value == b"no command"
        assert dict(letter.headers)["tocsin_reason"] == b"bad_command"

        # Sent twice, and resolved once: in the event time of the case, not in people's.
        resolve = command(Action.RESOLVE, "c-2", now)
        decide(settings, resolve, resolve, key=b"something else")
        until(lambda: worker.board["cases"] == [], 30)
        decide(settings, command(Action.RESOLVE, "c-3", now), b"{}", key=b"last")
        until(lambda: len(dead.records()) == 2, 20)
        rows = [json.loads(record.value) for record in said.records()]
        assert [row["status"] for row in rows].count("resolved") == 1
        assert rows[-1]["status"] == "resolved"
        assert rows[-1]["case_id"] == CASE
        assert datetime.fromisoformat(rows[-1]["at"]) - began < timedelta(hours=1)
