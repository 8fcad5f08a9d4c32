"""Escalations for tests of tickets, and sending them as the role `cases` does."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from scoring import escalation as escalations
from scoring.escalation import CaseKind, Escalation, Signals, SpreadSummary, Status, Why
from scoring.levels import Level
from streams.config import Settings
from streams.kafka import clients
from streams.kafka.topics import Topics
from streams.worker import messages

OPENED = datetime(2026, 3, 2, 9, tzinfo=UTC)
BASE = Escalation(
    id="e-0",
    case_id="skylark-air:root-1",
    conversation_id="root-1",
    episode=1,
    kind=CaseKind.CONVERSATION,
    brand="skylark-air",
    status=Status.OPEN,
    level=Level.ESCALATE,
    at=OPENED,
    opened_at=OPENED,
    score=0.62,
    signals=Signals(anger=0.9, objective_fact=0.8, corporate_denial=0.7, influencer_sharing=0.1),
    spread=SpreadSummary(
        mentions=12,
        authors=9,
        shares=4,
        reach=120_000,
        reproduction=1.1,
        forecast_shares=40.0,
        forecast_low=20.0,
        forecast_high=90.0,
    ),
    silence_s=7200.0,
    why=(
        Why(
            signal="deletion",
            weight=1.4,
            mention_id="m-3",
            quote="you <b>deleted</b> my post @skylark",
            note="the brand deleted 1 message(s)",
        ),
        Why(signal="calm", weight=-0.2, note="nothing new for 1 h"),
    ),
    advice=("restore-deleted-post", "answer-in-public"),
    headline="[ESCALATE] skylark-air 62%: the brand deleted 1 message(s)",
    url="https://social.example/root-1",
    mention_ids=("root-1", "m-3"),
    model="m@1",
    policy="default@1",
)


def said(number: int = 0, status: str = "open", level: str = "escalate", **more: Any) -> Escalation:
    """The `number`-th message of a case, a minute after the one before."""
    changes = {"id": f"e-{number}", "at": OPENED + timedelta(minutes=number)} | more
    return msgspec.structs.replace(BASE, status=Status(status), level=Level(level), **changes)


def say(settings: Settings, *sent: Escalation) -> None:
    """Sends escalations as the role `cases` does."""
    topics = Topics.of(settings)
    with clients.producer(settings) as producer:
        for one in sent:
            record = messages.escalation(topics, one)
            producer.send(
                record.topic, value=record.value, key=record.key, headers=list(record.headers)
            )
        producer.flush()


def raw(one: Escalation) -> bytes:
    """Its bytes in the topic."""
    return escalations.encode(one)
