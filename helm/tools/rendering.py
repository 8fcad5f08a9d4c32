"""What real Helm makes of the chart with the values of one situation (`ci/*-values.yaml`)."""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from helm.tools.copies import CHART

RELEASE = "tocsin"
NAMESPACE = "crisis"
SUFFIX = "-values.yaml"
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""The one in C is many times faster, where PyYAML was built with it."""


def situations() -> list[str]:
    """Names of the situations in `ci/`."""
    return sorted(path.name.removesuffix(SUFFIX) for path in (CHART / "ci").glob(f"*{SUFFIX}"))


def values(situation: str) -> dict[str, Any]:
    """The values of a situation."""
    loaded = yaml.safe_load((CHART / "ci" / f"{situation}{SUFFIX}").read_text("utf-8"))
    return dict(loaded or {})


def committed(situation: str) -> Path:
    """The file with the result that is compared."""
    return CHART / "ci" / "rendered" / f"{situation}.yaml"


def render(given: Mapping[str, Any], *, upgrade: bool = False) -> dict[str, str]:
    """Text by template, those that gave nothing left out.

    Raises HelmValuesError when the schema refuses a value, HelmRenderError when a template does.
    """
    from helm_python import Chart

    with Chart.load(CHART) as chart:
        chart.validate_schema(dict(given))
        made = chart.render(
            dict(given),
            name=RELEASE,
            namespace=NAMESPACE,
            is_install=not upgrade,
            is_upgrade=upgrade,
        )
    return {path: text for path, text in sorted(made.items()) if text.strip()}


def objects(made: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    """The Kubernetes objects of a rendering."""
    for path, text in made.items():
        if not path.endswith("NOTES.txt"):
            yield from (found for found in yaml.load_all(text, Loader=LOADER) if found)


def result(made: Mapping[str, str]) -> str:
    """A rendering as it is committed: boards, which are long and compared elsewhere, as digests."""
    parts = []
    for path, text in made.items():
        if path.endswith("NOTES.txt"):
            text = "".join(f"# {line}".rstrip() + "\n" for line in text.strip().splitlines())
        elif path.endswith("configmap-dashboards.yaml"):
            text = "---\n".join(map(_digested, yaml.safe_load_all(text)))
        text = re.sub(r"\A---\n", "", text.strip("\n") + "\n")
        parts.append(f"---\n# Source: {path}\n{text}")
    return "".join(parts)


def _digested(board: dict[str, Any]) -> str:
    data = {
        name: "sha256:" + hashlib.sha256(json.dumps(json.loads(text)).encode()).hexdigest()
        for name, text in board["data"].items()
    }
    return yaml.safe_dump({**board, "data": data})
