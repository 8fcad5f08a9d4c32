"""From bytes to a Mention, or to a named reason why not."""

import json
import re
from datetime import UTC, datetime, timedelta

import msgspec

from scoring.errors import BadMentionError
from scoring.mention import Kind, Mention
from scoring.mistakes import told

MAX_BYTES = 1_000_000
_EARLIEST, _LATEST = datetime(1970, 1, 2, tzinfo=UTC), datetime(9998, 1, 1, tzinfo=UTC)
FUTURE_TOLERANCE = timedelta(minutes=5)
REASONS = (
    "too_large",
    "bad_utf8",
    "not_json",
    "too_deep",
    "not_an_object",
    "missing_field",
    "wrong_type",
    "bad_value",
    "bad_date",
    "too_long",
    "empty_text",
    "null_byte",
    "missing_parent",
    "future",
)
"""Every reason that `decode` and `check_not_future` give; labels of a metric, so bounded."""

_TEXTLESS = frozenset({Kind.SHARE, Kind.DELETION, Kind.ENGAGEMENT})
_CHANGES = frozenset({Kind.DELETION, Kind.EDIT, Kind.ENGAGEMENT})
_decoder = msgspec.json.Decoder(Mention)


def decode(raw: bytes) -> Mention:
    """The mention in `raw` (JSON, UTF-8).

    Raises BadMentionError with one of `REASONS`; never anything else, whatever the bytes.
    """
    if len(raw) > MAX_BYTES:
        raise BadMentionError("too_large", f"{len(raw)} bytes, at most {MAX_BYTES} are read")
    try:
        mention = _decoder.decode(raw)
    except msgspec.ValidationError as error:
        raise _invalid(str(error)) from error
    except RecursionError as error:
        raise BadMentionError("too_deep", "objects or lists nested too deeply") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise _unreadable(raw, str(error)) from error
    _check(mention, raw)
    return mention


def check_not_future(mention: Mention, now: datetime) -> None:
    """Raises BadMentionError when a live mention claims to come from more than 5 minutes ahead."""
    if mention.created_at > now + FUTURE_TOLERANCE:
        ahead = timedelta(seconds=round((mention.created_at - now).total_seconds()))
        raise BadMentionError("future", f"created_at is {ahead} ahead of the clock")


def _check(mention: Mention, raw: bytes) -> None:
    kind = mention.kind or Kind.POST
    if not mention.text and kind not in _TEXTLESS:
        raise BadMentionError("empty_text", f"`text` may not be empty for kind `{kind}`")
    if kind in _CHANGES and not mention.parent_id:
        raise BadMentionError(
            "missing_parent", f"kind `{kind}` names what it changes in `parent_id`"
        )
    if not _EARLIEST <= mention.created_at <= _LATEST:
        raise BadMentionError("bad_date", "`created_at` is out of range (1970 to 9998)")
    if b"\\u0000" in raw and _has_null(mention):
        raise BadMentionError("null_byte", "a string holds the character U+0000")


def _has_null(mention: Mention) -> bool:
    return b"\\u0000" in msgspec.json.encode(mention).replace(b"\\\\", b"")


_TRUNCATED, _MALFORMED = "Input data was truncated", "JSON is malformed: "
_MISSING = re.compile(r"missing required field `(\w+)`")


def _invalid(message: str) -> BadMentionError:
    """A named reason for msgspec's message, such as "Expected `str`, got `int` - at `$.text`"."""
    if missing := _MISSING.search(message):
        return BadMentionError("missing_field", f"field `{missing.group(1)}` is required")
    detail = told(message, Mention)
    if message.startswith("Expected `object`, got") and " - at" not in message:
        return BadMentionError("not_an_object", detail)
    if "$.created_at" in message:
        return BadMentionError("bad_date", detail)
    if "of length <=" in message:
        return BadMentionError("too_long", detail)
    if ", got `" in message:
        return BadMentionError("wrong_type", detail)
    return BadMentionError("bad_value", detail)


def _unreadable(raw: bytes, message: str) -> BadMentionError:
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError as error:
        return BadMentionError("bad_utf8", f"byte {error.start} is no UTF-8")
    if b"\x00" in raw:
        return BadMentionError("null_byte", "the message holds a raw NUL byte")
    try:
        json.loads(raw)
    except RecursionError:
        return BadMentionError("too_deep", "objects or lists nested too deeply")
    except ValueError:
        pass
    if message == _TRUNCATED:
        message = "it ends in the middle" if raw.strip() else "it is empty"
    return BadMentionError("not_json", message.removeprefix(_MALFORMED))
