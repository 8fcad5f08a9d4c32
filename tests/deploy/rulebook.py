"""The alerting and recording rules as the files hold them."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from tests.conftest import ROOT

FOLDER = ROOT / "deploy" / "prometheus"
FILES = sorted((FOLDER / "rules").glob("*.yaml"))
TESTS = sorted((FOLDER / "tests").glob("*.yaml"))


def rules() -> Iterator[dict[str, Any]]:
    """Every rule of every file."""
    for file in FILES:
        for group in yaml.safe_load(file.read_text())["groups"]:
            yield from group["rules"]


def alerts() -> list[dict[str, Any]]:
    """Those that alert."""
    return [rule for rule in rules() if "alert" in rule]


def checked(file: Path) -> list[dict[str, Any]]:
    """The checks of alerts in a file of promtool's unit tests."""
    tests = yaml.safe_load(file.read_text())["tests"]
    return [check for test in tests for check in test["alert_rule_test"]]
