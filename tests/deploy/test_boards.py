"""The boards as files: what the code builds, what Grafana reads, what a person can find on them."""

import json
import re
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
import yaml
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.cog.plugins import register_default_plugins
from grafana_foundation_sdk.models.dashboard import Dashboard

from deploy.grafana import boards
from deploy.grafana.links import Runbook
from deploy.grafana.style import LEVEL_COLOURS, Unit, levels
from scoring import policy
from scoring.levels import Level
from streams.metrics_page import described
from tests.conftest import ROOT
from tests.deploy.grafana import BOARDS, VARIABLE, asked, panels, read

GIVEN = {"__rate_interval", "__range", "__all"}
"""Variables that Grafana itself sets."""
BOARD_PAGES = {f"/d/{read(path)['uid']}" for path in BOARDS}
PARTS = {"_bucket", "_count", "_sum"}
each_board = pytest.mark.parametrize("path", BOARDS, ids=lambda path: path.stem)


def test_files_are_what_the_code_builds() -> None:
    written = {path.name: path.read_text("utf-8") for path in BOARDS}
    assert written == boards.files(), "run: python -m deploy.grafana"


@each_board
def test_grafanas_types_read_a_board_and_lose_nothing(path: Path) -> None:
    register_default_plugins()
    board = read(path)
    again = Dashboard.from_json(board)
    assert json.loads(JSONEncoder().encode(again)) == board


@each_board
def test_panels_fill_the_grid_and_overlap_nowhere(path: Path) -> None:
    cells = [(panel["title"], panel["gridPos"]) for panel in read(path)["panels"]]
    for title, cell in cells:
        assert cell["w"] > 0, title
        assert cell["h"] > 0, title
        assert cell["x"] >= 0, title
        assert cell["x"] + cell["w"] <= 24, title
    for (one, a), (other, b) in combinations(cells, 2):
        beside = a["x"] + a["w"] <= b["x"] or b["x"] + b["w"] <= a["x"]
        under = a["y"] + a["h"] <= b["y"] or b["y"] + b["h"] <= a["y"]
        assert beside or under, f"{one} lies over {other}"
    lines: dict[int, int] = {}
    for _, cell in cells:
        lines[cell["y"]] = lines.get(cell["y"], 0) + cell["w"]
    assert set(lines.values()) == {24}, f"a line of panels is not 24 wide: {lines}"


@each_board
def test_every_panel_says_what_it_shows_in_a_known_unit(path: Path) -> None:
    board = read(path)
    own = panels(board)
    titles = [panel["title"] for panel in own]
    assert len(set(titles)) == len(titles)
    assert len({panel["id"] for panel in board["panels"]}) == len(board["panels"])
    for panel in own:
        assert panel["description"].endswith("."), panel["title"]
        assert panel["datasource"] == {"type": "prometheus", "uid": "${source}"}
        assert set(_units(panel)) <= {unit.value for unit in Unit}, panel["title"]
        assert _units(panel), panel["title"]


@each_board
def test_every_variable_that_is_used_is_there_and_the_other_way_round(path: Path) -> None:
    board = read(path)
    known = {variable["name"] for variable in board["templating"]["list"]}
    without = {key: value for key, value in board.items() if key != "templating"}
    variables = VARIABLE.findall(str(without)) + VARIABLE.findall(str(board["templating"]))
    assert set(variables) - GIVEN == known


@each_board
def test_links_lead_to_the_console_and_to_sections_that_exist(path: Path) -> None:
    there = _anchors((ROOT / "docs" / "operations.md").read_text("utf-8"))
    own = panels(read(path))
    urls = [link["url"] for panel in own for link in panel["links"] or []]
    assert "${console}/" in [link.get("url") for link in read(path)["links"]]
    for url in urls:
        page, _, anchor = url.partition("#")
        assert page in ("${handbook}", "${console}/") or page in BOARD_PAGES, url
        assert not anchor or anchor in there, url
    assert any(url.startswith("${handbook}#") for url in urls)


def test_every_section_of_the_runbooks_that_is_named_exists() -> None:
    there = _anchors((ROOT / "docs" / "operations.md").read_text("utf-8"))
    assert {section.value for section in Runbook} <= there


def test_every_metric_exists() -> None:
    ours = {metric.name for metric in described()}
    ours |= {metric.name + part for metric in described() for part in PARTS}
    used = {name for query in asked() for name in query.metrics if name.startswith("tocsin_")}
    assert used
    assert used <= ours


def test_the_score_is_coloured_as_the_policy_calls_its_levels() -> None:
    rules = policy.default().levels
    steps = dict(levels()[1:])
    assert steps == {rules.rule(level).score: LEVEL_COLOURS[level] for level in Level}


def test_provisioning_names_the_source_that_boards_look_for_and_holds_no_address() -> None:
    folder = boards.FOLDER.parent / "provisioning"
    sources = yaml.safe_load((folder / "datasources" / "tocsin.yaml").read_text("utf-8"))
    providers = yaml.safe_load((folder / "dashboards" / "tocsin.yaml").read_text("utf-8"))
    assert sources["apiVersion"] == providers["apiVersion"] == 1
    assert sources["datasources"][0]["type"] == "prometheus"
    assert all(re.fullmatch(r"\$\{TOCSIN_\w+\}", s["url"]) for s in sources["datasources"])
    assert [provider["type"] for provider in providers["providers"]] == ["file"]


def _units(panel: dict[str, Any]) -> list[str]:
    config = panel.get("fieldConfig", {"defaults": {}, "overrides": []})
    units = [config["defaults"]["unit"]] if "unit" in config["defaults"] else []
    if "yAxis" in panel.get("options", {}):
        units.append(panel["options"]["yAxis"]["unit"])
    for override in config["overrides"]:
        units += [own["value"] for own in override["properties"] if own["id"] == "unit"]
    return units


def _anchors(page: str) -> set[str]:
    """Anchors as GitHub gives them to headings."""
    headings = re.findall(r"^#+ (.+)$", page, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
