"""Where two policies differ, key by key."""

from typing import Any

import msgspec

from scoring.policy import Policy


class Change(msgspec.Struct, frozen=True):
    """One key as the file has it (`levels.watch.score`), before and after; None: not there."""

    key: str
    old: Any
    new: Any


def changes(old: Policy, new: Policy) -> list[Change]:
    """What is different in `new`, brands' own values included, in the order of the file."""
    before, after = _flat(old), _flat(new)
    keys = [*before, *(key for key in after if key not in before)]
    return [
        Change(key, before.get(key), after.get(key))
        for key in keys
        if before.get(key) != after.get(key)
    ]


def _flat(policy: Policy) -> dict[str, Any]:
    flat: dict[str, Any] = {}
    _flatten("", msgspec.to_builtins(policy), flat)
    return flat


def _flatten(path: str, value: Any, flat: dict[str, Any]) -> None:
    if isinstance(value, dict):
        for key, inner in value.items():
            _flatten(f"{path}.{key}" if path else str(key), inner, flat)
    elif isinstance(value, list | tuple) and any(isinstance(inner, dict) for inner in value):
        for number, inner in enumerate(value):
            _flatten(f"{path}[{number}]", inner, flat)
    elif value != () and value != []:
        flat[path] = ", ".join(map(str, value)) if isinstance(value, list | tuple) else value
