"""One text in all three partitions of a real broker: one case, which hears of all of it."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from scoring.mention import Author, Mention, Role
from streams.kafka.topics import Topics
from tests.streams.crowd import partition_of
from tests.streams.helpers import behind, following, publish
from tests.streams.running import Workers
from tests.streams.test_ticks import complaint

pytestmark = [pytest.mark.process, pytest.mark.broker, pytest.mark.slow]


UNHURRIED = """
allowed_lateness_s = 10
[levels]
cool_down_s = 8
quiet_s = 10
resolve_after_s = 12
"""
"""The case lasts while its copies are on their way, and the test need not wait for long."""


def copies(first: Mention, partitions: int) -> list[Mention]:
    """By others, a tenth of a second apart: two in each partition but that of the first."""
    found: dict[int, list[Mention]] = {}
    for number in range(1, 100):
        copy = replace(
            first,
            id=f"copy-{number}",
            conversation_id=f"copy-{number}",
            created_at=first.created_at + timedelta(seconds=number / 10),
            promoted=None,
            author=Author(id=f"someone-{number}", followers=300, role=Role.CUSTOMER),
        )
        held = found.setdefault(partition_of(copy, partitions), [])
        if len(held) < 2:
            held.append(copy)
    found.pop(partition_of(first, partitions))
    return [copy for held in found.values() for copy in held]


def test_a_text_in_every_partition_is_one_case(
    workers: Workers, tmp_path: Path, until: Callable[..., None]
) -> None:
    settings = workers.settings
    names = Topics.of(settings)
    policy = tmp_path / "unhurried.toml"
    policy.write_text(UNHURRIED)
    worker = workers(TOCSIN_POLICY=str(policy), TOCSIN_TICK_S="0.2")
    until(lambda: worker.ready, 60)
    first = complaint(0, datetime.now(UTC) - timedelta(days=30))
    later = copies(first, settings.partitions)
    with (
        following(settings, names.scored) as log,
        following(settings, names.escalations) as said,
    ):

        def told(kind: str) -> list[Any]:
            rows = (json.loads(record.value) for record in log.records())
            return [row for row in rows if row["type"] == kind]

        def messages() -> list[Any]:
            return [json.loads(record.value) for record in said.records()]

        publish(settings, [first])
        until(lambda: len(told("case")) == settings.partitions - 1, 30)
        publish(settings, later)
        until(lambda: {row["mention_id"] for row in told("echo")} == {m.id for m in later}, 30)
        # Their time comes for the case with the ticks of its own partition, and then its end.
        until(lambda: any(message["status"] == "resolved" for message in messages()), 60)
        assert {message["case_id"] for message in messages()} == {"skylark-air:quiet-0"}
        assert [message["status"] for message in messages()].count("open") == 1
        assert set(messages()[-1]["mention_ids"]) == {first.id, *(copy.id for copy in later)}
        until(lambda: any(row.get("until") for row in told("case")), 30)
        until(lambda: not behind(settings), 30)
