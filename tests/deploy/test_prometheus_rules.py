"""The rules: what Prometheus's own tool says of them, and whether a page leads anywhere."""

import re
from pathlib import Path

import pytest

from deploy import runbooks
from streams import metrics_page
from streams.web import files
from tests.conftest import ROOT
from tests.deploy.outside import run
from tests.deploy.rulebook import FILES, FOLDER, TESTS, alerts, checked, rules

pytestmark = pytest.mark.deploy

METRIC = re.compile(r"(?<![\w:])(tocsin_\w+)(?![\w:])")
RECORDED = re.compile(r"(?:\w+:tocsin\w*|tocsin):\w+(?::\w+)?")
OF_HISTOGRAMS = re.compile(r"_(bucket|count|sum)$")


def test_promtool_finds_no_fault_in_configuration_and_rules() -> None:
    printed = run("promtool", "check", "config", "--lint-fatal", FOLDER / "prometheus.yml")
    assert f"{len(FILES)} rule files found" in printed
    run("promtool", "check", "rules", "--lint-fatal", *FILES)


@pytest.mark.slow
@pytest.mark.parametrize("file", TESTS, ids=lambda file: file.stem)
def test_alerts_fire_when_they_should_and_only_then(file: Path) -> None:
    assert "SUCCESS" in run("promtool", "test", "rules", file)


def test_each_alert_is_tested_both_firing_and_not() -> None:
    checks = [check for file in TESTS for check in checked(file)]
    for rule in alerts():
        severity = rule["labels"]["severity"]
        own = [check for check in checks if check["alertname"] == rule["alert"]]
        fired = [alert for check in own for alert in check["exp_alerts"]]
        assert any(alert["exp_labels"]["severity"] == severity for alert in fired), rule
        assert any(not check["exp_alerts"] for check in own), rule


def test_each_alert_says_how_urgent_it_is_what_it_means_and_what_to_do() -> None:
    for rule in alerts():
        assert rule["labels"]["severity"] in {"critical", "warning", "info"}
        assert set(rule["annotations"]) == {"summary", "description", "runbook_url"}
        assert len(rule["annotations"]["summary"]) < 100, rule["alert"]


def test_each_runbook_link_leads_to_the_section_of_its_alert() -> None:
    for rule in alerts():
        page, _, section = rule["annotations"]["runbook_url"].partition("#")
        assert page == runbooks.BASE
        assert section == runbooks.anchor(rule["alert"])
        assert f'<h3 id="{section}">' in runbooks.PAGE.read_text("utf-8")


def test_page_and_links_of_the_runbooks_are_as_they_are_made() -> None:
    stale = [path for path, text in runbooks.files().items() if path.read_text("utf-8") != text]
    assert not stale, "run `make chart`"


def test_a_worker_serves_the_page_that_the_links_name() -> None:
    page = (files.content(runbooks.BASE.rpartition("/")[2]) or b"").decode()
    assert page
    # Everything that it loads is served too, and nothing in it needs what the policy forbids.
    for address in re.findall(r'(?:href|src)="(/[^"]*)"', page):
        assert files.content(address.removeprefix("/static/"))
    assert not re.findall(r"<script|style=|\son\w+=", page)
    for address in re.findall(r'href="([^"]*)"', page):
        assert address.startswith(("http", "/static/", "#")), address
        assert not address.startswith("#") or f'id="{address[1:]}"' in page, address


def test_no_runbook_is_left_of_an_alert_that_is_gone() -> None:
    page = (ROOT / "docs" / "operations.md").read_text()
    sections = set(re.findall(r"^### (Tocsin\w+)$", page, re.MULTILINE))
    assert sections == {rule["alert"] for rule in alerts()}


def test_rules_read_metrics_that_a_worker_exports() -> None:
    exported = {metric.name for metric in metrics_page.described()}
    read = {name for rule in rules() for name in METRIC.findall(rule["expr"])}
    assert {OF_HISTOGRAMS.sub("", name) for name in read} <= exported
    recorded = {rule["record"] for rule in rules() if "record" in rule}
    used = {name for rule in rules() for name in RECORDED.findall(rule["expr"])}
    assert used <= recorded
