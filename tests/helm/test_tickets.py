"""The example with tickets: what its pod is given is what the program's sinks ask for."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from streams.sinks import settings as sinks
from streams.sinks.kinds import kind
from streams.sinks.runner import build, http_session
from streams.sinks.settings import Tickets
from tests.helm.conftest import Objects, pod_of


@pytest.fixture
def tickets(objects: Objects, tmp_path: Path) -> Tickets:
    """The example's sinks, with the mounted folder at a place of this test."""
    [text] = [
        one["data"]["policy.toml"]
        for one in objects("tickets", "ConfigMap")
        if one["metadata"]["name"] == "tocsin-policy"
    ]
    [mount] = [
        one["mountPath"] for one in _container(objects)["volumeMounts"] if one["name"] == "sinks"
    ]
    assert mount in text
    policy = tmp_path / "policy.toml"
    policy.write_text(text.replace(mount, str(tmp_path)))
    return sinks.load(policy)


def test_its_sinks_can_be_built_from_files_and_variables_of_one_secret(
    tickets: Tickets, objects: Objects, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert _container(objects)["envFrom"][0] == {"secretRef": {"name": "tocsin-sinks"}}
    for key in ("PAGERDUTY_ROUTING_KEY", "PAGERDUTY_HOOK_SECRET"):
        (tmp_path / key).write_text("r" * 32)
        monkeypatch.setenv(key, "r" * 32)

    back = kind(tickets.sinks["oncall"].type).hook
    assert back is not None

    async def built() -> int:
        async with http_session() as session:
            targets = [build(sink, session) for sink in tickets.sinks.values()]
            for target in targets:
                await target.close()
            way = back("oncall", tickets.sinks["oncall"].options, session)
            assert way is not None, "the ingress leads nowhere"
            return len(targets)

    assert asyncio.run(built()) == 2
    assert {name for route in tickets.routes for name in route.sinks} == set(tickets.sinks)


def _container(objects: Objects) -> dict[str, Any]:
    [made] = [
        one
        for one in objects("tickets", "Deployment")
        if one["metadata"]["name"] == "tocsin-tickets"
    ]
    pod = pod_of(made)
    assert pod is not None
    [container] = pod["containers"]
    return dict(container)
