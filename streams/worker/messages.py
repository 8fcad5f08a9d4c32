"""Records that more than one agent writes: escalations as CloudEvents, dead letters."""

from datetime import UTC, datetime

from faust.types import Message

from scoring.escalation import Escalation, encode
from scoring.timeline import CaseTimeline, encode_timeline
from streams.kafka import dead_letters
from streams.kafka.topics import Topics
from streams.worker.output import Record

SOURCE = "tocsin"
TYPE = "tocsin.escalation.v1"
NOT_SCORED = "not_scored"
"""Dead-letter reason of a record in one of our own topics that is not ours."""
NOT_FOLDED = "not_folded"
"""Dead-letter reason of a scored mention at which the decision fails: a bug worth reporting."""


def escalation(topics: Topics, said: Escalation) -> Record:
    """An escalation in the Kafka binding's binary mode of CloudEvents 1.0."""
    return Record(
        topic=topics.escalations,
        key=said.case_id.encode(),
        value=encode(said),
        headers=[
            ("ce_id", said.id.encode()),
            ("ce_source", f"{SOURCE}/{said.brand}".encode()),
            ("ce_type", TYPE.encode()),
            ("ce_specversion", b"1.0"),
            ("ce_time", said.at.isoformat().replace("+00:00", "Z").encode()),
            ("content-type", b"application/json"),
        ],
    )


def timeline(topics: Topics, told: CaseTimeline) -> Record:
    """What happened in a case."""
    return Record(topic=topics.timeline, key=told.case_id.encode(), value=encode_timeline(told))


def dead_letter(
    topics: Topics, message: Message, reason: str, detail: str, *, sink: str | None = None
) -> Record:
    """What cannot be used, as it came, with the reason; its own headers are kept.

    With `sink` (empty: none in particular) it is a dead letter of the tickets.
    """
    return Record(
        topic=topics.dead_letters if sink is None else topics.tickets_dead_letters,
        key=message.key,
        value=message.value,
        headers=dead_letters.build(
            reason=reason,
            detail=detail,
            topic=message.topic,
            partition=message.partition,
            offset=message.offset,
            time=datetime.now(UTC),
            sink=sink or "",
            original=headers(message),
        ),
    )


def headers(message: Message) -> list[tuple[str, bytes | None]]:
    """The headers of a message, however Faust hands them over."""
    found: object = message.headers
    if isinstance(found, dict):
        return list(found.items())
    return list(found) if isinstance(found, list | tuple) else []
