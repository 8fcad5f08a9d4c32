"""The PrometheusRule: what promtool says of it, and what its values change."""

import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy import runbooks
from helm.tools import copies, rendering
from tests.helm.conftest import Objects, Render

pytestmark = pytest.mark.deploy


@pytest.fixture
def promtool() -> str:
    found = shutil.which("promtool")
    if found is None:
        pytest.skip("no promtool: make tools (Debian: apt-get install prometheus)")
    return found


def alerts(rule: dict[str, Any]) -> list[dict[str, Any]]:
    return [one for group in rule["spec"]["groups"] for one in group["rules"] if "alert" in one]


def rule_with(render: Render, **given: Any) -> dict[str, Any]:
    values = rendering.values("minimal") | {"prometheusRule": {"enabled": True, **given}}
    [rule] = [
        one
        for one in rendering.objects(rendering.render(values))
        if one["kind"] == "PrometheusRule"
    ]
    return rule


def test_promtool_takes_the_rules(objects: Objects, promtool: str, tmp_path: Path) -> None:
    [rule] = objects("monitoring", "PrometheusRule")
    file = tmp_path / "rules.yaml"
    file.write_text(yaml.safe_dump(rule["spec"]), "utf-8")
    done = subprocess.run(
        [promtool, "check", "rules", "--lint=all", "--lint-fatal", file],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "SUCCESS" in done.stdout


def test_the_rules_are_those_of_deploy_and_ones_own(render: Render) -> None:
    own = {"name": "own", "rules": [{"record": "own:up:sum", "expr": "sum(up)"}]}
    given = [
        group
        for path in copies.present()
        if path.parent.name == "rules"
        for group in yaml.safe_load(path.read_text("utf-8"))["groups"]
    ]
    assert rule_with(render, extraGroups=[own])["spec"]["groups"] == [*given, own]


def test_values_change_every_alert(render: Render) -> None:
    plain = alerts(rule_with(render))
    if not plain:
        pytest.skip("deploy/prometheus is not there: no alert to change")
    changed = alerts(
        rule_with(
            render,
            alertLabels={"team": "care"},
            alertAnnotations={"contact": "#care"},
            runbookUrl="https://wiki.example/tocsin",
            disabled=[plain[0]["alert"]],
        )
    )
    assert [one["alert"] for one in changed] == [
        one["alert"] for one in plain if one["alert"] != plain[0]["alert"]
    ]
    kept = [one for one in plain if one["alert"] != plain[0]["alert"]]
    for one, old in zip(changed, kept, strict=True):
        assert one["expr"] == old["expr"]
        assert one["labels"] == {**old["labels"], "team": "care"}
        page, _, section = one["annotations"]["runbook_url"].partition("#")
        assert page == "https://wiki.example/tocsin"
        assert section == old["annotations"]["runbook_url"].partition("#")[2] != ""
        assert one["annotations"]["contact"] == "#care"


def test_each_board_becomes_a_config_map(objects: Objects) -> None:
    boards = {
        path.name: path.read_text("utf-8") for path in copies.present() if path.suffix == ".json"
    }
    if not boards:
        pytest.skip("deploy/grafana is not there: no board to install")
    made = {}
    for one in objects("monitoring", "ConfigMap"):
        assert one["metadata"]["labels"]["grafana_dashboard"] == "1"
        assert len(one["data"]) == 1
        made.update(one["data"])
    wanted = rendering.values("monitoring")["prometheusRule"]["runbookUrl"]
    assert {name: text.rstrip("\n") for name, text in made.items()} == {
        name: text.rstrip("\n").replace(runbooks.BASE, wanted) for name, text in boards.items()
    }
    assert all(f'"{wanted}"' in text for text in made.values())
