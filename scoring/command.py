"""Case command, version 1: what a person decides about a case."""

import enum
from typing import Annotated

import msgspec
from msgspec import Meta

from scoring.errors import BadCommandError
from scoring.times import Moment

MAX_NAME = 256
MAX_BYTES = 10_000
Name = Annotated[str, Meta(min_length=1, max_length=MAX_NAME)]


class Action(enum.StrEnum):
    """What is asked; `assign` names `assignee`, `snooze` names `until`.

    `release`, `wake` and `reopen` take back what the others did.
    """

    ACKNOWLEDGE = "acknowledge"
    ASSIGN = "assign"
    RESOLVE = "resolve"
    SNOOZE = "snooze"
    RELEASE = "release"
    WAKE = "wake"
    REOPEN = "reopen"


class Verdict(enum.StrEnum):
    """What a person says that it was, looking back."""

    CRISIS = "crisis"
    NO_CRISIS = "no_crisis"


class Command(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One thing that a person (`by`) decides about a case at a time (`at`).

    A second arrival of the same `id` changes nothing, nor does a command about an `episode` that
    is not the open one. `verdict` and `note` change nothing about the case: what a person found
    that it was is for those who fit the policy and the model. Unknown fields are ignored.
    """

    id: Name
    action: Action
    case_id: Annotated[str, Meta(min_length=1, max_length=512)]
    at: Moment
    by: Name
    assignee: Name | None = None
    until: Moment | None = None
    episode: Annotated[int, Meta(ge=1)] | None = None
    verdict: Verdict | None = None
    note: Annotated[str, Meta(max_length=1000)] | None = None


class Order(msgspec.Struct, frozen=True, kw_only=True, tag="command"):
    """A command in the log that its case is made from, so that the log tells the whole story."""

    command: Command


_decoder = msgspec.json.Decoder(Command)
_encoder = msgspec.json.Encoder()


def decode_command(raw: bytes) -> Command:
    """The command in `raw` (JSON, UTF-8); BadCommandError when it is none, and nothing else."""
    if len(raw) > MAX_BYTES:
        raise BadCommandError(f"{len(raw)} bytes, at most {MAX_BYTES} are read")
    try:
        command = _decoder.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadCommandError(str(error)) from error
    if command.action is Action.ASSIGN and command.assignee is None:
        raise BadCommandError("`assign` names the new owner in `assignee`")
    if command.assignee is not None and not command.assignee.strip():
        raise BadCommandError("`assignee` is blank")
    if command.action is Action.SNOOZE and command.until is None:
        raise BadCommandError("`snooze` says in `until` when to ask again")
    if command.until is not None and command.until <= command.at:
        raise BadCommandError("`until` is not after `at`")
    return command


def encode_command(command: Command) -> bytes:
    """JSON, UTF-8."""
    return _encoder.encode(command)
