"""The example for Alertmanager: valid, the right people, and no page about a symptom."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml

from tests.deploy.alertmanager import CONFIG, Alertmanager, running
from tests.deploy.outside import run
from tests.deploy.rulebook import alerts

pytestmark = pytest.mark.deploy


def test_amtool_finds_no_fault() -> None:
    assert "SUCCESS" in run("amtool", "check-config", CONFIG)


def test_critical_alerts_wake_somebody_and_no_others_do() -> None:
    for rule in alerts():
        severity = rule["labels"]["severity"]
        receiver = "pager" if severity == "critical" else "chat"
        labels = f"alertname={rule['alert']}", f"severity={severity}"
        printed = run("amtool", "config", "routes", "test", f"--config.file={CONFIG}", *labels)
        assert receiver in printed.split(), rule["alert"]


def test_what_is_marked_as_a_test_wakes_nobody() -> None:
    labels = "alertname=TocsinCase", "severity=critical", "test=true"
    printed = run("amtool", "config", "routes", "test", f"--config.file={CONFIG}", *labels)
    assert printed.split()[0] == "chat"


def test_inhibitions_name_alerts_that_exist() -> None:
    names = {rule["alert"] for rule in alerts()}
    for rule in yaml.safe_load(CONFIG.read_text())["inhibit_rules"]:
        for matcher in rule["source_matchers"] + rule["target_matchers"]:
            label, _, value = matcher.replace("=~", "=").partition("=")
            if label == "alertname":
                assert _expanded(value.strip('"')) <= names, matcher


@pytest.fixture
def alertmanager(tmp_path: Path) -> Iterator[Alertmanager]:
    """One that tells nobody."""
    config = yaml.safe_load(CONFIG.read_text())
    config["receivers"] = [{"name": receiver["name"]} for receiver in config["receivers"]]
    with running(config, tmp_path) as started:
        yield started


def test_causes_keep_their_symptoms_quiet(
    alertmanager: Alertmanager, until: Callable[..., None]
) -> None:
    firing = [
        ("TocsinWorkerAbsent", "critical"),
        ("TocsinStageStopped", "critical"),
        ("TocsinSourceSilent", "warning"),
        ("TocsinLatencyBudgetBurn", "warning"),
        ("TocsinCrisisOpen", "critical"),
        ("TocsinScoreDrift", "warning"),
        ("TocsinSinkFailing", "critical"),
    ]
    alertmanager.tell(
        {"labels": {"alertname": name, "severity": severity}} for name, severity in firing
    )
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
            for alert in alertmanager.alerts()
        )
        return len(states) == len(firing) and "unprocessed" not in states.values()

    until(told, 60)
    assert {name for name, state in states.items() if state == "suppressed"} == quiet


def test_a_crisis_that_nobody_has_keeps_quiet_those_that_somebody_has_of_its_brand(
    alertmanager: Alertmanager, until: Callable[..., None]
) -> None:
    firing = [
        ("critical", "skylark-air", "active"),
        ("warning", "skylark-air", "suppressed"),
        ("warning", "tavrel", "active"),
    ]
    alertmanager.tell(
        {"labels": {"alertname": "TocsinCrisisOpen", "severity": severity, "brand": brand}}
        for severity, brand, _ in firing
    )

    def states() -> set[tuple[str, str, str]]:
        return {
            (one["labels"]["severity"], one["labels"]["brand"], one["status"]["state"])
            for one in alertmanager.alerts()
        }

    until(lambda: states() == set(firing), 60)


def test_alertmanager_has_nothing_to_say_against_the_example(alertmanager: Alertmanager) -> None:
    assert "Completed loading of configuration file" in alertmanager.log
    assert "repeat_interval is greater" not in alertmanager.log, "than --data.retention"


def _expanded(pattern: str) -> set[str]:
    """The names that `Tocsin(A|B)C` stands for."""
    before, _, rest = pattern.partition("(")
    middle, _, after = rest.partition(")")
    return {f"{before}{word}{after}" for word in middle.split("|")} if rest else {pattern}
