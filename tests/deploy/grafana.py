"""Reads boards as Grafana does: panels, their queries, and what the variables stand for."""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from deploy.grafana.boards import FOLDER

BOARDS = sorted(FOLDER.glob("*.json"))
METRIC = re.compile(r"\b((?:tocsin|process)_[a-z_]+)\b")
VARIABLE = re.compile(r"\$\{?(\w+)\}?")


class Asked(NamedTuple):
    """One query of one panel; `name` says which, for a test's report."""

    name: str
    expr: str
    legend: str

    @property
    def metrics(self) -> set[str]:
        """The metrics it reads."""
        return set(METRIC.findall(self.expr))

    def with_values(self, values: Mapping[str, str]) -> str:
        """The expression with each variable's value in its place."""
        return VARIABLE.sub(lambda found: values[found[1]], self.expr)


def read(path: Path) -> dict[str, Any]:
    """A board."""
    board: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return board


def panels(board: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Its panels, rows left out."""
    return [panel for panel in board["panels"] if panel["type"] != "row"]


def asked() -> Iterator[Asked]:
    """Every query of every board."""
    for path in BOARDS:
        for panel in panels(read(path)):
            for target in panel["targets"]:
                name = f"{path.stem}: {panel['title']}, {target['refId']}"
                yield Asked(name, target["expr"], target["legendFormat"])
