"""Each situation, rendered by real Helm: as committed, valid in three Kubernetes versions."""

import copy
import functools
import json
from typing import Any

import pytest

from helm.tools import copies, rendering
from tests.helm.conftest import Objects, Render

VERSIONS = ("1.27", "1.32", "1.37")
"""The oldest that the chart takes, one between, and the newest whose schemas are at hand."""

CUSTOM = {"PodMonitor", "PrometheusRule", "ScaledObject", "TriggerAuthentication", "HTTPRoute"}
"""Kinds that Kubernetes itself does not define."""

SITUATIONS = rendering.situations()


def test_there_are_situations_enough() -> None:
    assert len(SITUATIONS) >= 10
    assert [path.stem for path in sorted((copies.CHART / "ci" / "rendered").iterdir())] == (
        SITUATIONS
    )


@pytest.mark.parametrize("situation", SITUATIONS)
def test_a_situation_renders_as_committed(situation: str, render: Render) -> None:
    committed = rendering.committed(situation).read_text("utf-8")
    assert rendering.result(render(situation)) == committed, "look at it, then run `make chart`"


def test_an_upgrade_installs_the_same_objects(objects: Objects) -> None:
    upgraded = rendering.render(rendering.values("tickets"), upgrade=True)
    assert list(rendering.objects(upgraded)) == objects("tickets")


@pytest.mark.parametrize("version", VERSIONS)
def test_objects_are_valid(version: str, objects: Objects, monkeypatch: pytest.MonkeyPatch) -> None:
    validator = pytest.importorskip(
        "kubernetes_validate", reason="no schemas: pip install kubernetes-validate"
    )
    # It reads megabytes of definitions for each object, always the same.
    utils = validator.utils
    monkeypatch.setattr(utils, "schema_contents", functools.cache(utils.schema_contents))
    seen: set[str] = set()
    for situation in SITUATIONS:
        for found in objects(situation):
            text = json.dumps(found, sort_keys=True)
            if found["kind"] not in CUSTOM and text not in seen:
                seen.add(text)
                assert validator.validate(found, version, strict=True) == version
    assert len(seen) > 50


@pytest.mark.parametrize("version", VERSIONS)
def test_an_invalid_object_would_be_found(version: str, objects: Objects) -> None:
    validator = pytest.importorskip(
        "kubernetes_validate", reason="no schemas: pip install kubernetes-validate"
    )
    wrong: dict[str, Any] = copy.deepcopy(objects("minimal", "Deployment")[0])
    wrong["spec"]["replicaz"] = 2
    with pytest.raises(validator.ValidationError, match="replicaz"):
        validator.validate(wrong, version, strict=True)


@pytest.mark.parametrize("situation", SITUATIONS)
def test_helm_lints_without_a_warning(situation: str, render: Render) -> None:
    from helm_python import lint

    report = lint(copies.CHART, rendering.values(situation), strict=True, kube_version="v1.27.0")
    assert report["errors"] == []
    assert [one["error"] for one in report["messages"] if one["severity"] > 1] == []


@pytest.mark.parametrize("situation", SITUATIONS)
def test_no_two_objects_have_one_name(situation: str, objects: Objects) -> None:
    names = [
        (one["kind"], one["metadata"].get("namespace"), one["metadata"]["name"])
        for one in objects(situation)
    ]
    assert len(names) == len(set(names))


def test_a_package_carries_what_is_installed_and_no_more(render: Render, tmp_path: Any) -> None:
    from helm_python import Chart, package

    with Chart.load(package(copies.CHART, destination=tmp_path)) as packed:
        names = {file["name"] for file in packed.files}
        made = packed.render(rendering.values("monitoring"), name="tocsin", namespace="crisis")
    assert {"README.md", "UPGRADING.md"} <= names
    assert not [name for name in names if name.startswith("ci/")]
    assert {path: text for path, text in made.items() if text.strip()} == render("monitoring")
