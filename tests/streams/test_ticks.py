"""Time that passes in silence: a worker's ticks decide what is due, once."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from scoring.mention import Author, Kind, Mention, Role
from streams.kafka.topics import Topics
from tests.streams.helpers import behind, following, publish
from tests.streams.running import Workers

pytestmark = [pytest.mark.process, pytest.mark.broker, pytest.mark.slow]

HASTY = """
allowed_lateness_s = 1
[levels]
cool_down_s = 2
quiet_s = 3
resolve_after_s = 4
"""
COMPLAINT = (
    "You charged my card twice, here is the bank statement, and you refuse to refund me. "
    "You lie to your customers, this is a disgrace. Share this, everybody has to know!"
)


def complaint(number: int, at: datetime) -> Mention:
    return Mention(
        id=f"quiet-{number}",
        brand="skylark-air",
        text=COMPLAINT,
        created_at=at,
        channel="twitter",
        conversation_id="quiet-0",
        promoted=True,
        author=Author(id="someone", handle="someone", followers=40_000, role=Role.CUSTOMER),
    )


def test_silence_resolves_a_case_once_and_a_deletion_takes_its_words_away(
    workers: Workers, tmp_path: Path, until: Callable[..., None]
) -> None:
    settings = workers.settings
    policy = tmp_path / "hasty.toml"
    policy.write_text(HASTY)
    worker = workers(TOCSIN_POLICY=str(policy), TOCSIN_TICK_S="0.2")
    until(lambda: worker.ready, 60)
    with following(settings, Topics.of(settings).escalations) as said:

        def statuses() -> list[str]:
            return [json.loads(record.value)["status"] for record in said.records()]

        # An old stream: its clock starts where its mentions are, and never jumps to now.
        began = datetime.now(UTC) - timedelta(days=30)
        publish(settings, [complaint(0, began)])
        until(lambda: "open" in statuses(), 20)
        assert b"refuse to refund" in worker.get("/api/board")[1]
        deletion = Mention(
            id="gone",
            brand="skylark-air",
            text="",
            created_at=began + timedelta(milliseconds=500),
            channel="twitter",
            kind=Kind.DELETION,
            conversation_id="quiet-0",
            parent_id="quiet-0",
            author=Author(id="someone", role=Role.CUSTOMER),
        )
        publish(settings, [deletion])
        until(lambda: b"refuse to refund" not in worker.get("/api/board")[1], 20)
        until(lambda: "resolved" in statuses(), 30)
        resolved = json.loads(said.records()[-1].value)
        assert resolved["case_id"] == "skylark-air:quiet-0"
        assert datetime.fromisoformat(resolved["at"]) - began < timedelta(seconds=10)
        assert worker.board["cases"] == []
        # The clock is read on, and nothing more is due: no tick, and no second `resolved`.
        until(lambda: not behind(settings), 20)
        assert statuses().count("resolved") == 1
        assert "refuse to refund" not in resolved["headline"] + json.dumps(resolved["why"])
