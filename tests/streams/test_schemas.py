"""The JSON Schemas say what the code does: same bytes, same messages taken and refused."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest

from scoring.command import encode_command
from scoring.decoding import decode
from scoring.errors import BadMentionError
from scoring.escalation import Escalation
from scoring.escalation import encode as encode_escalation
from scoring.history import replay
from scoring.policy import default
from scoring.scored import Scored, Tick, encode_event
from streams import schemas, stories
from tests.scoring.test_command import raw as command
from tests.scoring.test_decoding import FULL, VALID
from tests.scoring.test_history import recorded
from tests.scoring.test_incident import minutes, outage

# The contract's tables: names, in order.
MENTION = [
    "id",
    "brand",
    "text",
    "created_at",
    "channel",
    "kind",
    "conversation_id",
    "parent_id",
    "author",
    "url",
    "lang",
    "promoted",
    "attachments",
    "engagement",
]
ESCALATION = [
    "id",
    "case_id",
    "conversation_id",
    "episode",
    "kind",
    "brand",
    "status",
    "level",
    "at",
    "opened_at",
    "score",
    "signals",
    "spread",
    "silence_s",
    "why",
    "advice",
    "headline",
    "url",
    "mention_ids",
    "model",
    "policy",
]
INNER = {
    "Author": "id handle followers verified role",
    "Attachment": "type url",
    "Engagement": "shares likes replies views",
    "Signals": "anger objective_fact corporate_denial influencer_sharing",
    "SpreadSummary": (
        "mentions authors shares reach reproduction forecast_shares forecast_low forecast_high"
    ),
    "Why": "signal weight mention_id quote note",
}


@cache
def validator(name: str) -> Any:
    schema = json.loads((schemas.FOLDER / f"{name}.json").read_bytes())
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def takes(name: str, message: bytes) -> bool:
    return bool(validator(name).is_valid(json.loads(message)))


@pytest.fixture(scope="module")
def said() -> list[Escalation]:
    return list(replay(recorded(), default()))


@pytest.mark.parametrize("name", schemas.NAMES)
def test_the_files_are_what_the_types_say(name: str) -> None:
    """`python -m streams.schemas` writes them anew."""
    assert (schemas.FOLDER / f"{name}.json").read_bytes() == schemas.encoded(name)


def test_they_can_be_written_elsewhere(tmp_path: Path) -> None:
    schemas.write(tmp_path / "new")
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == sorted(
        f"{name}.json" for name in schemas.NAMES
    )


@pytest.mark.parametrize("name", schemas.NAMES)
def test_each_is_a_schema_with_identity_and_descriptions(name: str) -> None:
    schema = validator(name).schema
    assert schema["$id"] == f"{name}.json"
    assert schema["title"].endswith("version 1")
    parts = [schema, *schema.get("$defs", {}).values()]
    assert all(part.get("description") or "anyOf" in part for part in parts)


def test_fields_stand_as_in_the_contract(said: list[Escalation]) -> None:
    assert list(validator("mention.v1").schema["properties"]) == MENTION
    assert validator("mention.v1").schema["required"] == MENTION[:5]
    escalation = validator("escalation.v1").schema
    assert list(escalation["properties"]) == escalation["required"] == ESCALATION
    parts = validator("mention.v1").schema["$defs"] | escalation["$defs"]
    for part, names in INNER.items():
        assert list(parts[part]["properties"]) == names.split(), part
    for message in said:
        assert list(json.loads(encode_escalation(message))) == ESCALATION


@pytest.mark.parametrize("slug", stories.slugs())
def test_the_librarys_mentions_are_taken(slug: str) -> None:
    lines = (stories.folder() / f"{slug}.jsonl").read_bytes().splitlines()
    for line in lines:
        validator("mention.v1").validate(json.loads(line))
    for mention in stories.load(slug).mentions[:20]:
        assert takes("mention.v1", msgspec.json.encode(mention))


def test_escalations_are_taken(said: list[Escalation]) -> None:
    assert {message.kind.value for message in said} == {"conversation", "incident"}
    for message in said:
        validator("escalation.v1").validate(json.loads(encode_escalation(message)))


def test_what_is_no_escalation_is_refused(said: list[Escalation]) -> None:
    good = json.loads(encode_escalation(said[0]))
    for name in ESCALATION:
        assert not takes(
            "escalation.v1", json.dumps({k: good[k] for k in good if k != name}).encode()
        )
    for changes in (
        {"episode": 0},
        {"score": 1.2},
        {"level": "panic"},
        {"status": "closed"},
        {"at": "today"},
        {"headline": "x" * 201},
        {"mention_ids": ["m"] * 51},
    ):
        assert not takes("escalation.v1", json.dumps(good | changes).encode())


def test_the_log_is_taken() -> None:
    events: list[Scored | Tick] = [*recorded()[:20], Tick(at=recorded()[0].mention.created_at)]
    for event in events:
        validator("scored-mention.v1").validate(json.loads(encode_event(event)))
        assert not takes("brand-pulse.v1", encode_event(event)) or isinstance(event, Tick)
    for pulse in minutes(outage(9)):
        validator("brand-pulse.v1").validate(json.loads(msgspec.json.encode(pulse)))


def test_commands_are_taken_and_refused_alike() -> None:
    from scoring.command import decode_command

    for good in (command(), command(action="assign", assignee="jo")):
        assert takes("case-command.v1", good)
        assert takes("case-command.v1", encode_command(decode_command(good)))
    for bad in (
        {"action": "assign"},
        {"action": "snooze"},
        {"action": "x"},
        {"by": ""},
        {"at": ""},
    ):
        assert not takes("case-command.v1", command(**bad))


STRUCTURAL: list[dict[str, Any]] = [
    *({name: 3.5} for name in MENTION),
    *({name: {}} for name in MENTION if name not in ("author", "engagement")),
    *({name: None} for name in MENTION[:5]),
    {"author": {"id": 7}},
    {"author": {"followers": -1}},
    {"author": {"followers": 10**13}},
    {"author": {"followers": True}},
    {"author": {"verified": "yes"}},
    {"author": {"role": 3}},
    {"attachments": [{}]},
    {"attachments": [{"type": "gif"}]},
    {"attachments": [{"type": "link"}] * 101},
    {"engagement": {"views": "1"}},
    {"kind": "boost"},
    {"id": ""},
    {"id": "x" * 257},
    {"parent_id": ""},
    {"text": "x" * 20_001},
    {"text": ""},
    {"text": "", "kind": "reply"},
    {"text": "", "kind": "edit"},
    {"text": "", "kind": None},
    {"kind": "deletion", "parent_id": None},
    {"kind": "edit", "parent_id": None},
    {"kind": "engagement", "parent_id": None},
    {"brand": "Skylark"},
    {"brand": "skylark\n"},
    {"brand": "x" * 101},
    {"channel": ""},
    {"lang": "x" * 36},
    {"url": "x" * 4097},
    {"created_at": "2013-09-02"},
    {"created_at": "2013-09-02T12:00:00"},
    {"created_at": "2013-09-02T12:00:00Z\n"},
    {"created_at": "yesterday"},
]


@pytest.mark.parametrize("changes", STRUCTURAL, ids=str)
def test_the_schema_refuses_what_the_decoder_refuses(changes: dict[str, Any]) -> None:
    message = json.dumps(FULL | changes).encode()
    with pytest.raises(BadMentionError):
        decode(message)
    assert not takes("mention.v1", message)


@pytest.mark.parametrize("name", MENTION[:5])
def test_the_schema_wants_the_fields_that_the_decoder_wants(name: str) -> None:
    assert not takes(
        "mention.v1", json.dumps({k: v for k, v in VALID.items() if k != name}).encode()
    )


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"author": {"role": "boss"}},
        {"author": {}},
        {"zz": {"more": 1}},
        {"kind": "share", "text": ""},
        {"kind": "deletion", "text": ""},
        {"channel": "threads-2"},
        {"created_at": "2013-09-02t14:00:00.123+02:00"},
        *({name: None} for name in MENTION[5:]),
    ],
    ids=str,
)
def test_the_schema_takes_what_the_decoder_takes(changes: dict[str, Any]) -> None:
    message = json.dumps(FULL | changes).encode()
    decode(message)
    assert takes("mention.v1", message)
