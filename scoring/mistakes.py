"""What is wrong with a decoded value, in one line that names the field and what is wanted.

msgspec says why a value is refused in the terms of its types (``Expected `str`, got `int` - at
`$.text` ``); who wrote the file or the message gets it in words.
"""

import difflib
import re
from functools import cache
from typing import Any

from msgspec import inspect

from scoring.mention import SLUG

_UNKNOWN = re.compile(r"Object contains unknown field `(.*?)`(?: - at `\$(.*)`)?$", re.DOTALL)
_MISSING = re.compile(r"Object missing required field `(.*?)`(?: - at `\$(.*)`)?$", re.DOTALL)
_NO_CHOICE = re.compile(r"Invalid enum value (.*) - at `\$(.*)`$", re.DOTALL)
_OTHER = re.compile(r"(.*?)(?: - at `\$(.*)`)?$", re.DOTALL)
_GOT = re.compile(r", got `(\w+)`$")
_TOO_LONG = re.compile(r" of length <= \d+$")
_LONGEST = 60
"""Characters of a refused value that are told."""

_FOUND = {
    "str": "a string",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "array": "a list",
    "datetime": "a date and time",
    "date": "a date",
    "time": "a time of day",
    "null": "null",
}
_SLUG = "a slug such as acme-air: a-z and 0-9, with . _ or - between them"
_MOMENT = "an RFC 3339 date and time with an offset, such as 2026-03-01T22:00:00+01:00"


def told(message: str, kind: type, table: str = "an object") -> str:
    """The word of msgspec about a value of the struct `kind`, and what would be allowed.

    `table` is what a struct is called where it was written: an object of JSON, a table of TOML.
    """
    if found := _UNKNOWN.match(message):
        key, path = found[1], _path(found[2])
        keys = _keys(_at(kind, path))
        near = difflib.get_close_matches(key, keys, n=1)
        here = path or "the file"
        hint = f"did you mean {near[0]}?" if near else f"{here} holds {', '.join(keys)}"
        return f"{_under(path, key)}: there is no such key; {hint}"
    if found := _MISSING.match(message):
        path = _under(_path(found[2]), found[1])
        return f"{path} is missing: expected {_wanted(_at(kind, path), table)}"
    if found := _NO_CHOICE.match(message):
        path = _path(found[2])
        return f"{path} is {_short(found[1])}: expected {_wanted(_at(kind, path), table)}"
    found = _OTHER.match(message)
    if found is None or (found[2] is None and "got" not in message):
        return message
    path = _path(found[2])
    return f"{_subject(path, found[1], table)}: expected {_wanted(_at(kind, path), table)}"


def _subject(path: str, complaint: str, table: str) -> str:
    if got := _GOT.search(complaint):
        found = table if got[1] == "object" else _FOUND.get(got[1], got[1])
        return f"{path or 'this'} is {found}"
    return f"{path} is too long" if _TOO_LONG.search(complaint) else path


def _path(found: str | None) -> str:
    return (found or "").lstrip(".")


def _under(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key


def _short(value: str) -> str:
    return value if len(value) <= _LONGEST else value[: _LONGEST - 1] + "…"


@cache
def _type(kind: type) -> inspect.Type:
    return inspect.type_info(kind)


def _at(kind: type, path: str) -> inspect.Type:
    """The type of the value at `levels.watch` or `quiet_hours[0].unless`."""
    found = _type(kind)
    for step in re.findall(r"[^.\[\]]+|\[[^\]]*\]", path):
        found = _inner(found)
        if step.startswith("["):
            if isinstance(found, inspect.VarTupleType):
                found = found.item_type
            elif isinstance(found, inspect.DictType):
                found = found.value_type
        elif isinstance(found, inspect.StructType):
            found = next(field.type for field in found.fields if field.encode_name == step)
    return _inner(found)


def _inner(found: inspect.Type) -> inspect.Type:
    """What is meant by a type: nobody is told that an optional field may be null."""
    if isinstance(found, inspect.Metadata):
        return _inner(found.type)
    if isinstance(found, inspect.UnionType):
        return _inner(next(t for t in found.types if not isinstance(t, inspect.NoneType)))
    return found


def _keys(found: inspect.Type) -> list[str]:
    fields = found.fields if isinstance(found, inspect.StructType) else ()
    return [field.encode_name for field in fields]


def _wanted(found: inspect.Type, table: str) -> str:
    match found:
        case inspect.EnumType():
            return "one of " + ", ".join(str(member.value) for member in found.cls)
        case inspect.LiteralType():
            values: tuple[Any, ...] = found.values
            return "one of " + ", ".join(map(str, values))
        case inspect.StrType(pattern=pattern) if pattern == SLUG:
            return f"{_SLUG}, at most {found.max_length} characters"
        case inspect.StrType():
            return "a string" + _length(found, "characters")
        case inspect.IntType():
            return "a whole number" + _range(found)
        case inspect.FloatType():
            return "a number" + _range(found)
        case inspect.BoolType():
            return "true or false"
        case inspect.DateTimeType():
            return _MOMENT
        case inspect.VarTupleType():
            return "a list" + _length(found, "entries")
        case inspect.StructType() | inspect.DictType():
            return table
    return "another value"


def _length(found: inspect.StrType | inspect.VarTupleType, noun: str) -> str:
    least, most = found.min_length or 0, found.max_length
    if most is None:
        return f" of at least {least:,} {noun}" if least else ""
    return f" of {least:,} to {most:,} {noun}" if least else f" of at most {most:,} {noun}"


def _range(found: inspect.IntType | inspect.FloatType) -> str:
    bounds = (("over", found.gt), ("from", found.ge), ("below", found.lt), ("to", found.le))
    told = " ".join(f"{word} {_number(bound)}" for word, bound in bounds if bound is not None)
    return f" {told.replace(' below', ' and below')}" if told else ""


def _number(bound: float) -> str:
    return f"{bound:,g}" if bound % 1 else f"{int(bound):,}"
