"""A brand with a case at stake is told of while others wait; nothing else changes."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from scoring import policy
from scoring.escalation import CaseKind
from scoring.history import replay
from scoring.mention import Author, Mention, Role
from streams import stories
from streams.kafka.topics import Topics
from streams.scorer.reader import Reader
from streams.worker.hot import HotBrands
from tests.streams import crowd
from tests.streams.helpers import behind, following, publish
from tests.streams.running import Workers

Until = Callable[..., None]
PATIENCE_S = 240
OTHERS = 1_500
SLOW = {"TOCSIN_CASCADE": "false", "TOCSIN_BATCH_SIZE": "32"}
"""Every text is read by the encoder, so that there is a backlog."""


def said(case_id: str, status: str, level: str) -> bytes:
    brand = case_id.partition(":")[0]
    row = {"id": "e", "case_id": case_id, "brand": brand, "status": status, "level": level}
    return json.dumps(row).encode()


def test_a_brand_is_hot_while_one_of_its_cases_is_at_escalate_or_above(settings: object) -> None:
    hot = HotBrands(settings, "escalations")  # type: ignore[arg-type]
    hot.hear(said("a:1", "open", "respond"))
    assert hot.brands == frozenset()
    hot.hear(said("a:1", "update", "escalate"))
    hot.hear(said("a:2", "open", "crisis"))
    hot.hear(said("b:1", "open", "crisis"))
    hot.hear(b"{")
    assert hot.brands == {"a", "b"}
    hot.hear(said("a:1", "resolved", "escalate"))
    hot.hear(said("b:1", "update", "respond"))
    assert hot.brands == {"a"}


def others(like: Mention) -> list[Mention]:
    """Mentions of other brands, each with a text of its own."""
    return [
        Mention(
            id=f"other-{number}",
            brand=f"calm-{number % 60}",
            text=f"Thank you, parcel {number} came with {number % 97} labels, all is well",
            created_at=like.created_at + timedelta(milliseconds=number),
            channel="forum",
            author=Author(id=f"customer-{number}", role=Role.CUSTOMER),
        )
        for number in range(OTHERS)
    ]


@pytest.mark.process
@pytest.mark.broker
@pytest.mark.slow
def test_what_is_at_stake_does_not_wait_for_the_backlog(workers: Workers, until: Until) -> None:
    settings = workers.settings
    story = stories.load("airline-2013").mentions
    last = crowd.closing(story, settings.partitions)
    wanted = list(replay(Reader(cascade=False).read([*story, *last]), policy.default()))
    half = len(story) // 2
    names = Topics.of(settings)
    fast = {"TOCSIN_FAST_LANE": "true"}
    worker = workers(**SLOW, **fast)
    until(lambda: worker.ready, PATIENCE_S)
    with following(settings, names.escalations) as heard, following(settings, names.scored) as log:
        publish(settings, story[:half])
        until(lambda: {"escalate", "crisis"} & {_row(r)["level"] for r in heard.records()}, 120)
        publish(settings, [*others(story[half]), *story[half:]])
        until(lambda: worker.metric("tocsin_fast_lane_mentions_total") >= 1, PATIENCE_S)
        until(lambda: behind(settings) == 0, PATIENCE_S)
        publish(settings, last)
        wanted_ids = {one.id for one in wanted if one.kind is CaseKind.CONVERSATION}
        until(lambda: set(heard.said()) >= wanted_ids, PATIENCE_S)
        bodies = heard.said()
        rows = [_row(record) for record in log.records() if b'"type":"mention"' in record.value]
    ahead = [row for row in rows if row.get("ahead")]
    assert {row["mention"]["brand"] for row in ahead} == {story[0].brand}
    in_turn = [row["mention"]["id"] for row in rows if not row.get("ahead")]
    assert sorted(in_turn) == sorted([m.id for m in (*story, *others(story[half]), *last)])
    assert all(len(contents) == 1 for contents in bodies.values())
    places = {m.id: place for place, m in enumerate(story)}
    own: dict[str, list[int]] = {}
    for row in ahead:
        said_in = msgspec.convert(row["mention"], Mention).partition_key
        own.setdefault(said_in, []).append(places[row["mention"]["id"]])
    assert all(told == sorted(told) for told in own.values()), "in the order of the conversation"


def _row(record: Any) -> dict[str, Any]:
    return json.loads(record.value)
