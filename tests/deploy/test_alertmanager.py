"""The example for Alertmanager: valid, the right people, and no page about a symptom."""

import json
import subprocess
import urllib.request
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.conftest import ROOT
from tests.deploy.outside import free_port, program, run
from tests.deploy.rulebook import alerts

pytestmark = pytest.mark.deploy

CONFIG = ROOT / "deploy" / "alertmanager" / "alertmanager.yml"
Ask = Callable[..., Any]


def test_amtool_finds_no_fault() -> None:
    assert "SUCCESS" in run("amtool", "check-config", CONFIG)


def test_critical_alerts_wake_somebody_and_no_others_do() -> None:
    for rule in alerts():
        severity = rule["labels"]["severity"]
        receiver = "pager" if severity == "critical" else "chat"
        labels = f"alertname={rule['alert']}", f"severity={severity}"
        printed = run("amtool", "config", "routes", "test", f"--config.file={CONFIG}", *labels)
        assert receiver in printed.split(), rule["alert"]


def test_inhibitions_name_alerts_that_exist() -> None:
    names = {rule["alert"] for rule in alerts()}
    for rule in yaml.safe_load(CONFIG.read_text())["inhibit_rules"]:
        for matcher in rule["source_matchers"] + rule["target_matchers"]:
            label, _, value = matcher.replace("=~", "=").partition("=")
            if label == "alertname":
                assert _expanded(value.strip('"')) <= names, matcher


@pytest.fixture
def alertmanager(tmp_path: Path, until: Callable[..., None]) -> Iterator[Ask]:
    """A real Alertmanager that tells nobody: `ask("/api/v2/alerts", [...])`."""
    config = yaml.safe_load(CONFIG.read_text())
    config["receivers"] = [{"name": receiver["name"]} for receiver in config["receivers"]]
    file = tmp_path / "alertmanager.yml"
    file.write_text(yaml.safe_dump(config))
    port = free_port()
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(
            [
                program("prometheus-alertmanager"),
                f"--config.file={file}",
                f"--storage.path={tmp_path / 'data'}",
                f"--web.listen-address=127.0.0.1:{port}",
                "--cluster.listen-address=",
            ],
            stdout=log,
            stderr=log,
        )

    def ask(path: str, body: object = None) -> Any:
        request = urllib.request.Request(
            f"http://127.0.0.1:{port}{path}",
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
        )
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return json.loads(answer.read() or b"true")
        except OSError:
            assert process.poll() is None, (tmp_path / "log").read_text()
            return None

    try:
        until(lambda: ask("/api/v2/status"), 60)
        yield ask
    finally:
        process.terminate()
        process.wait(30)


def test_causes_keep_their_symptoms_quiet(alertmanager: Ask, until: Callable[..., None]) -> None:
    firing = [
        ("TocsinWorkerAbsent", "critical"),
        ("TocsinStageStopped", "critical"),
        ("TocsinSourceSilent", "warning"),
        ("TocsinLatencyBudgetBurn", "warning"),
        ("TocsinCrisisOpen", "critical"),
        ("TocsinScoreDrift", "warning"),
        ("TocsinSinkFailing", "critical"),
    ]
    now = datetime.now(UTC).isoformat()
    body = [
        {"labels": {"alertname": name, "severity": severity}, "startsAt": now}
        for name, severity in firing
    ]
    assert alertmanager("/api/v2/alerts", body)
    quiet = {
        "TocsinStageStopped",
        "TocsinSourceSilent",
        "TocsinLatencyBudgetBurn",
        "TocsinScoreDrift",
    }
    states: dict[str, str] = {}

    def told() -> bool:
        states.update(
            (alert["labels"]["alertname"], alert["status"]["state"])
            for alert in alertmanager("/api/v2/alerts")
        )
        return len(states) == len(firing) and "unprocessed" not in states.values()

    until(told, 60)
    assert {name for name, state in states.items() if state == "suppressed"} == quiet


def _expanded(pattern: str) -> set[str]:
    """The names that `Tocsin(A|B)C` stands for."""
    before, _, rest = pattern.partition("(")
    middle, _, after = rest.partition(")")
    return {f"{before}{word}{after}" for word in middle.split("|")} if rest else {pattern}
