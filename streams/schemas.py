"""JSON Schemas of the messages, made from their types: `python -m streams.schemas` writes them."""

import inspect
import json
import sys
from pathlib import Path
from typing import Any, Final

import msgspec

from scoring import command, escalation, mention, pulse, scored, timeline

FOLDER: Final = Path(__file__).resolve().parent.parent / "deploy" / "schemas"
_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_DATE_TIME = r"^\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}(\.\d+)?([Zz]|[+-]\d{2}:?\d{2})$(?!\n)"
_TYPES: Final[dict[str, tuple[str, Any]]] = {
    "mention.v1": ("Mention, version 1", mention.Mention),
    "escalation.v1": ("Escalation, version 1", escalation.Escalation),
    "scored-mention.v1": (
        "Scored mention, tick of the clock, case command, news of an incident or a case, or echo, "
        "version 1",
        scored.Event,
    ),
    "brand-pulse.v1": (
        "Brand pulse, tick of the clock, or case command, version 1",
        pulse.PulseEvent | command.Order,
    ),
    "case-command.v1": ("Case command, version 1", command.Command),
    "case-timeline.v1": ("Case timeline, version 1", timeline.CaseTimeline),
}

NAMES: Final = tuple(_TYPES)
"""The messages, as their files are called."""


def _when(field: str, values: list[str], **consequence: Any) -> dict[str, Any]:
    """A rule that `then` or `else` holds for messages whose `field` has one of `values`."""
    condition = {"properties": {field: {"enum": values}}, "required": [field]}
    return {"if": condition, **consequence}


def _named(field: str) -> dict[str, Any]:
    return {"properties": {field: {"not": {"type": "null"}}}, "required": [field]}


_RULES: Final[dict[str, list[dict[str, Any]]]] = {
    "Mention": [
        _when(
            "kind",
            ["share", "deletion", "engagement"],
            **{"else": {"properties": {"text": {"minLength": 1}}}},
        ),
        _when("kind", ["deletion", "edit", "engagement"], then=_named("parent_id")),
    ],
    "Command": [
        _when("action", ["assign"], then=_named("assignee")),
        _when("action", ["snooze"], then=_named("until")),
    ],
}
"""What the decoders check beyond types."""

_OPEN_ENUMS = frozenset({"Role"})
"""Enumerations that take any other text for `unknown`."""


def schema(name: str) -> dict[str, Any]:
    """The JSON Schema (2020-12) of a message of `NAMES`."""
    title, message = _TYPES[name]
    made = msgspec.json.schema(message)
    parts = {part: _tidy(part, made["$defs"][part]) for part in sorted(made["$defs"])}
    root = made.get("$ref", "").rpartition("/")[2]
    body = parts.pop(root) if root else {"anyOf": made["anyOf"]}
    head = {"$schema": _DIALECT, "$id": f"{name}.json"}
    return head | body | {"title": title} | ({"$defs": parts} if parts else {})


def encoded(name: str) -> bytes:
    """The file of a message's schema."""
    return (json.dumps(schema(name), indent=2, ensure_ascii=False) + "\n").encode()


def write(folder: Path) -> None:
    """Writes every schema."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in NAMES:
        (folder / f"{name}.json").write_bytes(encoded(name))


def _tidy(name: str, part: dict[str, Any]) -> dict[str, Any]:
    tidy = {**part}
    if "description" in tidy:
        tidy["description"] = " ".join(inspect.cleandoc(tidy["description"]).split())
    if name in _OPEN_ENUMS:
        tidy |= {"type": "string", "examples": tidy.pop("enum")}
    tidy["properties"] = {key: _dated(value) for key, value in tidy.get("properties", {}).items()}
    if not tidy["properties"]:
        del tidy["properties"]
    if not tidy.get("required", True):
        del tidy["required"]
    if name in _RULES:
        tidy["allOf"] = _RULES[name]
    return tidy


def _dated(field: Any) -> Any:
    """The field with the form of a date and time spelt out, as most validators skip `format`."""
    if isinstance(field, dict):
        found = {key: _dated(value) for key, value in field.items()}
        return found | {"pattern": _DATE_TIME} if field.get("format") == "date-time" else found
    return [_dated(item) for item in field] if isinstance(field, list) else field


if __name__ == "__main__":
    write(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER)
