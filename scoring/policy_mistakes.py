"""What is wrong with a policy file, in one line that says what would be right."""

import difflib
import re
from typing import Any

from msgspec import inspect

_UNKNOWN = re.compile(r"Object contains unknown field `(.*?)`(?: - at `\$(.*)`)?$", re.DOTALL)
_NO_CHOICE = re.compile(r"Invalid enum value (.*) - at `\$(.*)`$", re.DOTALL)


def told(message: str, policy: type) -> str:
    """The word of msgspec about a value of the struct `policy`, and what would be allowed."""
    if found := _UNKNOWN.match(message):
        key, path = found[1], (found[2] or "").lstrip(".")
        keys = _keys(_at(policy, path))
        where = path or "a policy"
        near = difflib.get_close_matches(key, keys, n=1)
        hint = f"did you mean {near[0]}?" if near else f"{where} holds {', '.join(keys)}"
        return f"{path + '.' if path else ''}{key}: there is no such key; {hint}"
    if found := _NO_CHOICE.match(message):
        path = found[2].lstrip(".")
        return f"{path} is {found[1]}: one of {', '.join(_choices(_at(policy, path)))} is wanted"
    return message


def _at(policy: type, path: str) -> inspect.Type:
    """The type of the value at `levels.watch` or `quiet_hours[0].unless`."""
    found: inspect.Type = inspect.type_info(policy)
    for step in re.findall(r"[^.\[\]]+|\[[^\]]*\]", path):
        found = _inner(found)
        if step.startswith("["):
            found = found.item_type if isinstance(found, inspect.VarTupleType) else found
        elif isinstance(found, inspect.StructType):
            found = next(field.type for field in found.fields if field.encode_name == step)
    return _inner(found)


def _inner(found: inspect.Type) -> inspect.Type:
    return _inner(found.type) if isinstance(found, inspect.Metadata) else found


def _keys(found: inspect.Type) -> list[str]:
    fields = found.fields if isinstance(found, inspect.StructType) else ()
    return [field.encode_name for field in fields]


def _choices(found: inspect.Type) -> list[str]:
    if isinstance(found, inspect.EnumType):
        return [str(member.value) for member in found.cls]
    values: tuple[Any, ...] = found.values if isinstance(found, inspect.LiteralType) else ()
    return [str(value) for value in values]
