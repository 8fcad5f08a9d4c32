"""What a newer producer says, and this release does not know, reaches whoever does."""

import json

import pytest

from scoring.command import Order, decode_command
from scoring.decoding import decode
from scoring.scored import Scored, TextScores, decode_event, encode_event, encode_passed

MENTION = {
    "id": "m-1",
    "brand": "skylark-air",
    "text": "My bag never came [sic] {",
    "created_at": "2026-03-01T10:00:00Z",
    "channel": "forum",
    "author": {"id": "ana", "mood": "grim"},
    "sentiment": {"by": "vendor", "values": [1, 2.5, None]},
}
COMMAND = {
    "id": "c-1",
    "action": "acknowledge",
    "case_id": "skylark-air:m-1",
    "at": "2026-03-01T10:00:00Z",
    "by": "ana",
    "priority": "high",
}


def scored(raw: bytes) -> Scored:
    return Scored(mention=decode(raw), scores=TextScores(anger=0.5), model="m@1")


def test_unknown_fields_of_a_mention_pass_on() -> None:
    raw = json.dumps(MENTION, ensure_ascii=False, indent=1).encode()
    passed = encode_passed(scored(raw), raw)
    assert json.loads(passed)["mention"] == MENTION
    assert decode_event(passed) == scored(raw)
    assert json.loads(passed)["scores"] == json.loads(encode_event(scored(raw)))["scores"]


def test_unknown_fields_of_a_command_pass_on() -> None:
    raw = json.dumps(COMMAND).encode()
    order = Order(command=decode_command(raw))
    passed = encode_passed(order, raw)
    assert json.loads(passed)["command"] == COMMAND
    assert decode_event(passed) == order


@pytest.mark.parametrize(
    "extra", [b'"x":"\xff"', b'"x":' + b"[" * 400 + b"]" * 400], ids=["no UTF-8", "deep"]
)
def test_what_others_could_not_read_is_left_out(extra: bytes) -> None:
    raw = json.dumps(MENTION).encode()[:-1] + b"," + extra + b"}"
    passed = encode_passed(scored(raw), raw)
    assert passed == encode_event(scored(raw))
    assert "sentiment" not in json.loads(passed)["mention"]
