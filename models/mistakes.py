"""What is wrong with a labelled row, in words: the field, and what it should hold.

msgspec says it in the terms of its types (``Expected `int`, got `str` - at `$.anger` ``).
"""

import re

from models.heads import ANSWERS, BINARY_HEADS

_WANTED = {
    "anger": "0, 1, 2 or 3",
    **dict.fromkeys(BINARY_HEADS, "0 or 1"),
    "answer": f"one of {', '.join(ANSWERS)}",
    "text": "a string",
    "lang": "a string such as fr",
    "role": "a string such as customer",
    "channel": "a string such as twitter",
    "pair": "a string that both rows of the pair share",
    "public": "true or false",
}
_MISSING = re.compile(r"Object missing required field `(\w+)`")
_GIVEN = re.compile(r"Invalid enum value (.{1,60}) - at", re.DOTALL)
_FIELD = re.compile(r" - at `\$\.(\w+)`$")
_MALFORMED = "JSON is malformed: "


def told(message: str) -> str:
    """The word of msgspec about a row; a message of our own is left as it is."""
    if missing := _MISSING.match(message):
        return f"{missing[1]} is missing: expected {_wanted(missing[1])}"
    if found := _FIELD.search(message):
        given = _GIVEN.match(message)
        subject = f"{found[1]} is {given[1]}" if given else found[1]
        return f"{subject}: expected {_wanted(found[1])}"
    if message.startswith("Expected `object`"):
        return 'expected a JSON object such as {"text": "...", "anger": 0, ...}'
    if message == "Input data was truncated":
        return "the JSON ends in the middle"
    if message.startswith(_MALFORMED):
        return f"no valid JSON: {message.removeprefix(_MALFORMED)}"
    return message.removesuffix(" - at `$`")


def _wanted(field: str) -> str:
    return _WANTED.get(field, "a string")
