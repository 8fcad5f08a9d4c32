"""What the tests of the chart share: real renderings, each made once."""

import functools
from collections.abc import Callable
from typing import Any

import pytest

from helm.tools import rendering

Render = Callable[[str], dict[str, str]]
Objects = Callable[..., list[dict[str, Any]]]


@pytest.fixture(scope="session")
def render() -> Render:
    """`render("keda")`: text by template of a situation in `ci/`."""
    pytest.importorskip("helm_python", reason="no Helm: pip install helm-python-sdk")
    return functools.cache(lambda situation: rendering.render(rendering.values(situation)))


@pytest.fixture(scope="session")
def objects(render: Render) -> Objects:
    """`objects("keda", "Deployment")`: Kubernetes objects of a situation, of one kind if given."""
    parsed = functools.cache(lambda situation: list(rendering.objects(render(situation))))

    def found(situation: str, kind: str = "") -> list[dict[str, Any]]:
        return [one for one in parsed(situation) if kind in ("", one["kind"])]

    return found


def pod_of(found: dict[str, Any]) -> dict[str, Any] | None:
    """The pod's spec in an object that makes pods."""
    spec = found.get("spec", {})
    if found["kind"] == "Pod":
        return dict(spec)
    template = spec.get("template") if found["apiVersion"] in ("apps/v1", "batch/v1") else None
    return dict(template["spec"]) if template else None
