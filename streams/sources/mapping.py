"""Other shapes of JSON to items: a JMESPath expression (https://jmespath.org) for each field."""

import difflib
import re
import tomllib
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, tzinfo
from hashlib import sha256
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import jmespath
import msgspec
from jmespath.exceptions import JMESPathError

from scoring.decoding import decode
from scoring.errors import BadMentionError
from scoring.mention import MAX_TEXT, Author, Engagement, Mention
from streams.errors import ConfigError
from streams.sources.folding import slug
from streams.sources.item import NOBODY, UNREADABLE, identity
from streams.sources.source import Item, Unreadable
from streams.sources.times import point

ITEMS, ADDRESSED = "items", "addressed"
"""Keys of a mapping that are no field of a mention: the list within a message, and handles."""
_NESTED = {"author": Author, "engagement": Engagement}
_INNER = tuple(f"{o}.{inner}" for o, one in _NESTED.items() for inner in one.__struct_fields__)
FIELDS = (
    ITEMS,
    ADDRESSED,
    *(name for name in Mention.__struct_fields__ if name not in _NESTED),
    *_INNER,
)
_WHOLE = frozenset(name for name in _INNER if name.startswith("engagement.")) | {"author.followers"}
_TRUTHS = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False, "": None}
_THOUSANDS = re.compile(r"\d{1,3}(?:[., '\u00a0\u202f]\d{3})+")
_ESSENTIAL = frozenset(
    {"id", "brand", "text", "created_at", "channel", "kind", "conversation_id", "parent_id"}
)
"""What a mention is not itself without; anything else that cannot be read is left out."""
_EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
"""What is older was no time, but a number of days, a year or a row."""


class Shape:
    """A compiled mapping: from one message to its items."""

    def __init__(self, fields: Mapping[str, Any], zone: tzinfo = UTC) -> None:
        self._items = fields.get(ITEMS)
        self._fields = {name: one for name, one in fields.items() if name != ITEMS}
        self._zone = zone

    def items(
        self, message: object, prefix: str, channel: str | None
    ) -> Iterator[Item | Unreadable]:
        """The items of one message, and why others are no mentions.

        `prefix` makes ids of those that have none of their own, `channel` stands where none is
        mapped.
        """
        try:
            found = message if self._items is None else self._items.search(message)
        except (JMESPathError, *UNREADABLE):
            yield Unreadable("items: the expression fails")
            return
        if found is None:
            yield Unreadable("items: there are none where the mapping says")
            return
        for one in found if isinstance(found, list) else [found]:
            try:
                yield self._item(one, prefix, channel)
            except _FieldError as error:
                yield Unreadable(str(error))
            except BadMentionError as error:
                yield Unreadable(error.detail)
            except UNREADABLE as error:
                yield Unreadable(type(error).__name__)

    def _item(self, one: object, prefix: str, channel: str | None) -> Item:
        """Raises _FieldError, BadMentionError, one of UNREADABLE."""
        raw = {
            name: value for name in self._fields if (value := self._value(name, one)) is not None
        }
        addressed = raw.pop(ADDRESSED, None)
        if "created_at" not in raw:
            raise _FieldError("created_at: there is none where the mapping says")
        flat = raw
        flat.setdefault("text", "")
        flat["text"] = flat["text"][:MAX_TEXT]
        if not flat.get("channel") and channel:
            flat["channel"] = channel
        named = bool(flat.get("brand"))
        if not named:
            flat["brand"] = NOBODY
        if not flat.get("id"):
            whole = msgspec.json.encode(one, order="deterministic", enc_hook=str)
            flat["id"] = identity(prefix, sha256(whole).hexdigest()[:32])
        return Item(mention=_decoded(flat), named=named, addressed=_texts(addressed))

    def _value(self, name: str, one: object) -> Any:
        """A field as Mention v1 wants it, None where there is none. Raises _FieldError."""
        try:
            value = self._fields[name].search(one)
            if value is None or name == ADDRESSED:
                return value
            return self._time(value) if name == "created_at" else _typed(name, value)
        except (JMESPathError, *UNREADABLE) as error:
            if name not in _ESSENTIAL:
                return None
            what = "the expression fails" if isinstance(error, JMESPathError) else "not as wanted"
            raise _FieldError(f"{name}: {what}") from error

    def _time(self, value: object) -> str:
        try:
            at = point(value, self._zone)
        except (TypeError, *UNREADABLE) as error:
            raise _FieldError("created_at: it is no time") from error
        if at < _EARLIEST:
            raise _FieldError("created_at: a time before the year 2000 is taken for a mistake")
        return at.isoformat()


class _FieldError(Exception):
    """A field without which there is no mention."""


def _decoded(flat: Mapping[str, Any]) -> Mention:
    """Raises BadMentionError. What is beyond the bounds of Mention v1 and may be left out, is."""
    try:
        return decode(msgspec.json.encode(_nested(flat)))
    except BadMentionError:
        essential = {name: value for name, value in flat.items() if name in _ESSENTIAL}
        names = {n: flat[n] for n in ("author.id", "author.handle", "author.role") if n in flat}
        try:
            return decode(msgspec.json.encode(_nested(essential | names)))
        except BadMentionError:
            return decode(msgspec.json.encode(_nested(essential)))


def _typed(name: str, value: object) -> Any:
    """What JSON and CSV write in many ways, as Mention v1 wants it."""
    if name in _WHOLE:
        said = str(value).strip()
        if _THOUSANDS.fullmatch(said):
            return int("".join(c for c in said if c.isdigit()))
        return round(float(said)) if said else None
    if name in ("promoted", "author.verified"):
        return value if isinstance(value, bool) else _TRUTHS.get(str(value).strip().lower())
    if name in ("created_at", "attachments"):
        return value
    text = value if isinstance(value, str) else msgspec.json.encode(value).decode()
    if name in ("brand", "channel"):
        return slug(text)
    if name == "author.role":
        return text.strip().lower()
    return text if name == "text" else text.strip() or None


def _nested(flat: Mapping[str, Any]) -> dict[str, Any]:
    whole: dict[str, Any] = {}
    for name, value in flat.items():
        outer, _, inner = name.partition(".")
        if inner:
            whole.setdefault(outer, {})[inner] = value
        else:
            whole[name] = value
    return whole


def _texts(value: object) -> tuple[str, ...]:
    values = value if isinstance(value, list) else [value]
    return tuple(one for one in values if isinstance(one, str))


def shape(table: Mapping[str, Any], zone: str = "UTC") -> Shape:
    """Compiles a table of a mapping. Raises ConfigError that names the field."""
    expressions = dict(_flat(table))
    for name in expressions:
        if name not in FIELDS:
            near = difflib.get_close_matches(name, FIELDS, n=1)
            hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(FIELDS)}"
            raise ConfigError(f"mapping.{name}: there is no such field; {hint}")
    for name in ("text", "created_at"):
        if name not in expressions:
            raise ConfigError(f"mapping: {name} is missing: say where it stands in your messages")
    compiled = {}
    for name, expression in expressions.items():
        try:
            compiled[name] = jmespath.compile(expression)
        except (ValueError, RecursionError) as error:  # JMESPathError is a ValueError
            said = " ".join(str(error).split())
            raise ConfigError(f"mapping.{name}: {expression!r} is no JMESPath: {said}") from error
    try:
        return Shape(compiled, ZoneInfo(zone))
    except (OSError, ValueError, KeyError) as error:
        raise ConfigError(f"timezone: {zone!r} is none, such as Europe/Paris") from error


def load(file: str) -> dict[str, Any]:
    """The table of a mapping file (TOML). Raises ConfigError."""
    path = Path(file).expanduser()
    try:
        return tomllib.loads(path.read_text("utf-8-sig"))
    except (OSError, ValueError, RecursionError) as error:
        raise ConfigError(f"mapping_file: {path} cannot be read: {error}") from error


def _flat(table: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, str]]:
    for name, value in table.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{before}{name}.")
        elif isinstance(value, str):
            yield before + name, value
        else:
            raise ConfigError(f"mapping.{before}{name}: an expression in quotes is wanted")


def of_settings(mapping: Mapping[str, Any] | None, mapping_file: str, zone: str) -> Shape | None:
    """The shape that a source's settings name, None for Mention v1. Raises ConfigError."""
    if mapping and mapping_file:
        raise ConfigError("mapping and mapping_file are both set: keep one")
    table = load(mapping_file) if mapping_file else mapping
    return shape(table, zone) if table else None
