"""What a person decides in the console, as a command."""

import secrets
from datetime import UTC, datetime, timedelta
from typing import Annotated

import msgspec
from msgspec import Meta

from scoring.command import Action, Command, Name, Verdict, decode_command, encode_command
from scoring.errors import BadCommandError
from streams.errors import UsageError

LONGEST_S = 30 * 86_400


class Decision(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Body of `POST /api/v1/commands`; a snooze lasts `for_s` seconds.

    A request that is sent again under the same `id` has no second effect. `by` counts where the
    token bears no name of its own.
    """

    action: Action
    case_id: Annotated[str, Meta(min_length=1, max_length=512)]
    id: Name | None = None
    by: Annotated[str, Meta(max_length=256)] = ""
    assignee: Name | None = None
    for_s: Annotated[float, Meta(ge=60, le=LONGEST_S)] | None = None
    episode: Annotated[int, Meta(ge=1)] | None = None
    verdict: Verdict | None = None
    note: Annotated[str, Meta(max_length=1000)] | None = None


_decoder = msgspec.json.Decoder(Decision)


def command(raw: bytes, caller: str) -> Command:
    """The command that a request asks for. Raises UsageError that says how to mend it."""
    try:
        asked = _decoder.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"the body is no decision: {error}") from None
    by = caller or asked.by.strip()
    if not by:
        raise UsageError("say in `by` who decides")
    assignee = None if asked.assignee is None else asked.assignee.strip()
    if assignee == "":
        raise UsageError("`assignee` is blank: say who takes it")
    now = datetime.now(UTC)
    until = now + timedelta(seconds=asked.for_s) if asked.for_s else None
    made = Command(
        id=asked.id or f"console-{secrets.token_hex(12)}",
        action=asked.action,
        case_id=asked.case_id,
        at=now,
        by=by,
        assignee=assignee,
        until=until,
        episode=asked.episode,
        verdict=asked.verdict,
        note=asked.note or None,
    )
    try:
        decode_command(encode_command(made))
    except BadCommandError as error:
        raise UsageError(str(error).replace("`until`", "`for_s`")) from None
    return made
