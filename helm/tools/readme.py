"""The tables of values in the chart's README, from the comments of values.yaml."""

import json
from itertools import groupby
from typing import Any

from helm.tools.comments import Key

BEGIN = "<!-- made by `make chart` from values.yaml -->"
END = "<!-- end of what is made -->"


def tables(keys: list[Key]) -> str:
    """One Markdown table per section."""
    described = [key for top in keys for key in top.walk() if key.description]
    parts = []
    for section, rows in groupby(described, key=lambda key: key.section):
        parts.append(f"### {section}\n\n| key | default | meaning |\n|---|---|---|\n")
        parts[-1] += "\n".join(map(_row, rows)) + "\n"
    return "\n".join(parts)


def with_tables(readme: str, keys: list[Key]) -> str:
    """The README with its tables made anew. Raises ValueError when the marks are not in it."""
    if BEGIN not in readme or END not in readme:
        raise ValueError(f"the chart's README lacks the lines {BEGIN!r} and {END!r}")
    before, after = readme.split(BEGIN)[0], readme.split(END)[1]
    return f"{before}{BEGIN}\n\n{tables(keys)}\n{END}{after}"


def _row(key: Key) -> str:
    meaning = key.description
    if choices := key.schema.get("enum"):
        meaning += f" One of {', '.join(f'`{choice}`' for choice in choices)}."
    return f"| `{'.'.join(key.path)}` | {_default(key.value)} | {_cell(meaning)} |"


def _default(value: Any) -> str:
    return f"`{_cell(json.dumps(value, ensure_ascii=False))}`"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
