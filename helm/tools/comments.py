"""The comments of values.yaml: what each key means, and what its default does not say of its type.

Two public conventions are read, as far as the chart uses them: `# -- description` and
`# @section -- title` of helm-docs (https://github.com/norwoodj/helm-docs), and a YAML block between
two lines `# @schema` of helm-schema (https://github.com/dadav/helm-schema).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml

DESCRIPTION = "# --"
SCHEMA = "# @schema"
SECTION = re.compile(r"^# @section -- (.+)$", re.MULTILINE)


@dataclass(frozen=True)
class Key:
    """A key of values.yaml; `children` is empty but for a map with keys."""

    path: tuple[str, ...]
    value: Any
    section: str
    description: str
    schema: dict[str, Any]
    children: "tuple[Key, ...]"

    def walk(self) -> "Iterator[Key]":
        """The key and all below it, in the order of the file."""
        yield self
        for child in self.children:
            yield from child.walk()


def read(text: str) -> list[Key]:
    """The keys at the top of values.yaml. Raises ValueError for a comment that is not closed."""
    document = yaml.compose(text, Loader=yaml.SafeLoader)
    return list(_keys(document, text.splitlines(), ()))


def _keys(node: Any, lines: list[str], path: tuple[str, ...]) -> Iterator[Key]:
    for key, value in node.value:
        row = key.start_mark.line
        description, schema = _above(lines, row)
        titles = SECTION.findall("\n".join(lines[:row]))
        block = isinstance(value, yaml.MappingNode) and not value.flow_style
        below = (*path, key.value)
        yield Key(
            path=below,
            value=yaml.SafeLoader("").construct_document(value),
            section=titles[-1] if titles else "",
            description=description,
            schema=schema,
            children=tuple(_keys(value, lines, below)) if block else (),
        )


def _above(lines: list[str], row: int) -> tuple[str, dict[str, Any]]:
    """Description and schema from the comment that ends just above a row."""
    first = row
    while first and lines[first - 1].lstrip().startswith("#"):
        first -= 1
    words: list[str] = []
    block: list[str] | None = None
    schema: dict[str, Any] = {}
    for line in map(str.strip, lines[first:row]):
        if line == SCHEMA:
            if block is not None:
                schema = yaml.safe_load("\n".join(block))
            block = [] if block is None else None
        elif block is not None:
            block.append(line.removeprefix("# "))
        elif line.startswith(DESCRIPTION):
            words = [line.removeprefix(DESCRIPTION).strip()]
        elif words:
            words.append(line.removeprefix("#").strip())
    if block is not None:
        raise ValueError(f"values.yaml, line {row}: a block `{SCHEMA}` has no end")
    return " ".join(words), schema
