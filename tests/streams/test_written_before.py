"""State and messages as an earlier release left them are read and gone on from."""

import json
from collections.abc import Callable, Collection
from pathlib import Path

import msgspec
import pytest

from scoring import escalation
from scoring.command import decode_command
from scoring.decoding import decode
from scoring.errors import BadMentionError
from scoring.pulse import PulseEvent
from scoring.scored import decode_event
from streams.config import Settings
from streams.kafka import clients, topics
from streams.kafka.topics import Topics
from streams.sinks.memory import CaseMemory
from tests.stored.records import FOLDER, PARTITIONS, Stored, load
from tests.streams.helpers import received
from tests.streams.running import running

Until = Callable[..., None]
FILES = sorted(FOLDER.glob("*.jsonl.xz"))
THEN = Topics.of(Settings(topic_prefix="", group_prefix="stored"))
PATIENCE_S = 120
_pulses = msgspec.json.Decoder(PulseEvent)
_memories = msgspec.msgpack.Decoder(CaseMemory)
READ: dict[str, Callable[[bytes], object]] = {
    THEN.mentions: decode,
    THEN.scored: decode_event,
    THEN.escalations: escalation.decode,
    THEN.commands: decode_command,
    THEN.tickets_commands: decode_command,
    THEN.tickets_state: _memories.decode,
}

files = pytest.mark.parametrize("path", FILES, ids=[path.name for path in FILES])


@files
def test_every_message_is_read(path: Path) -> None:
    seen = set()
    for record in load(path):
        if record.value is None or record.topic not in READ:
            continue
        seen.add(record.topic)
        try:
            READ[record.topic](record.value)
        except BadMentionError:
            assert record.value == b"not a mention"
    assert seen == READ.keys()


@files
def test_every_minute_of_a_brand_is_read(path: Path) -> None:
    minutes = [record.value for record in load(path) if record.topic == THEN.pulse]
    assert len(minutes) > 100
    for value in minutes:
        if value and json.loads(value)["type"] != "command":
            _pulses.decode(value)


@pytest.mark.process
@pytest.mark.broker
@pytest.mark.slow
@files
def test_a_worker_goes_on_from_the_state(
    path: Path, settings: Settings, tmp_path: Path, until: Until
) -> None:
    settings = msgspec.structs.replace(settings, partitions=PARTITIONS)
    topics.create(settings)
    records = load(path)
    write(settings, [record for record in records if not record.later])
    known = {r.key for r in records if r.topic == THEN.cases_state and b"|case|" in (r.key or b"")}
    before = {said["id"]: said for said in escalations(settings)}
    opened = {said["case_id"] for said in before.values()}
    with running(settings, tmp_path) as workers:
        worker = workers("--role", "cases")
        until(lambda: worker.ready, PATIENCE_S)
        until(lambda: worker.metric("tocsin_conversations") == len(known), PATIENCE_S)
        later = [r for r in records if r.later and r.topic == THEN.scored]
        write(settings, [r for r in later if json.loads(r.value or b"")["type"] == "mention"])
        until(lambda: opened & resolved(settings, before), PATIENCE_S)
    after = escalations(settings)
    assert len(after) == len({said["id"] for said in after}), "folded again, not gone on from"
    assert len(received(settings, Topics.of(settings).dead_letters)) == 1, "more than was there"


def resolved(settings: Settings, before: Collection[str]) -> set[str]:
    """Cases that came to rest since."""
    said = [one for one in escalations(settings) if one["id"] not in before]
    return {one["case_id"] for one in said if one["status"] == "resolved"}


def escalations(settings: Settings) -> list[dict[str, str]]:
    """What was said, in order."""
    return [json.loads(r.value) for r in received(settings, Topics.of(settings).escalations)]


def write(settings: Settings, records: list[Stored]) -> None:
    """Puts records where they were."""
    now = Topics.of(settings)
    names = {getattr(THEN, field): getattr(now, field) for field in now.__struct_fields__}
    with clients.producer(settings) as producer:
        for record in records:
            producer.send(
                names[record.topic],
                key=record.key,
                value=record.value,
                headers=list(record.headers),
                partition=record.partition,
            )
        producer.flush()
