"""Bodies of decisions: whatever is sent is a valid command, or told in one line what is wrong."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.command import Action, Command, decode_command, encode_command
from streams.console.decision import LONGEST_S, command
from streams.errors import UsageError

GOOD: dict[str, Any] = {"action": "snooze", "case_id": "b:1", "by": "Ana", "for_s": 3600}
texts = st.text(max_size=600)
fields = st.fixed_dictionaries(
    {},
    optional={
        "action": st.sampled_from([*Action, "destroy"]) | texts,
        "case_id": texts,
        "id": texts,
        "by": texts,
        "assignee": texts | st.none(),
        "for_s": st.floats() | st.integers() | st.none(),
        "episode": st.integers(),
        "verdict": st.sampled_from(["crisis", "no_crisis", "maybe"]),
        "note": texts,
        "other": st.none(),
    },
)


def attempt(body: bytes, caller: str) -> Command | str:
    try:
        return command(body, caller)
    except UsageError as error:
        return str(error)


@given(st.binary(max_size=300) | fields.map(lambda made: json.dumps(GOOD | made).encode()), texts)
def test_anything_is_a_command_or_one_line(body: bytes, caller: str) -> None:
    made = attempt(body, caller)
    if isinstance(made, str):
        assert "\n" not in made
        return
    assert decode_command(encode_command(made)) == made
    made.case_id.encode()  # it becomes the key of a record
    assert made.by.strip()


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"by": " "}, "`by`"),
        ({"for_s": None}, "`for_s`"),
        ({"for_s": LONGEST_S + 1}, "for_s"),
        ({"for_s": 5}, "for_s"),
        ({"action": "assign"}, "`assignee`"),
        ({"action": "assign", "assignee": " \t "}, "`assignee`"),
        ({"verdict": "maybe"}, "verdict"),
        ({"until": "2026-01-31T12:00:00Z"}, "until"),
    ],
)
def test_it_says_what_is_wrong(change: dict[str, Any], told: str) -> None:
    with pytest.raises(UsageError, match=told):
        command(json.dumps(GOOD | change).encode(), "")


def test_the_name_of_the_token_goes_before_that_of_the_body() -> None:
    assert command(json.dumps(GOOD).encode(), "Ben").by == "Ben"

    assert command(json.dumps(GOOD | {"by": ""}).encode(), "Ben").by == "Ben"


def test_names_lose_the_spaces_around_them() -> None:
    made = command(json.dumps(GOOD | {"action": "assign", "assignee": " Ben "}).encode(), "")
    assert made.assignee == "Ben"


def test_a_request_has_an_id_of_its_own_unless_it_brings_one() -> None:
    one, other = (command(json.dumps(GOOD).encode(), "") for _ in range(2))
    assert one.id != other.id
    assert command(json.dumps(GOOD | {"id": "mine"}).encode(), "").id == "mine"
