"""The example with sources: what its pod is given is what the program's sources ask for."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from streams.config import Settings
from streams.sources import trial
from streams.sources.settings import Sources, load
from tests.helm.conftest import Objects, pod_of


@pytest.fixture
def sources(objects: Objects, tmp_path: Path) -> Sources:
    """The example's file, with the mounted folder at a place of this test."""
    [text] = [
        one["data"]["sources.toml"]
        for one in objects("sources", "ConfigMap")
        if one["metadata"]["name"] == "tocsin-sources"
    ]
    [mount] = [
        one["mountPath"]
        for one in container(objects)["volumeMounts"]
        if one["name"] == "source-secrets"
    ]
    assert mount in text
    file = tmp_path / "sources.toml"
    file.write_text(text.replace(mount, str(tmp_path)))
    return load(file)


def container(objects: Objects) -> dict[str, Any]:
    [made] = [
        one
        for one in objects("sources", "Deployment")
        if one["metadata"]["name"] == "tocsin-sources"
    ]
    pod = pod_of(made)
    assert pod is not None
    [found] = pod["containers"]
    return dict(found)


def test_its_sources_can_be_built_from_files_and_variables_of_one_secret(
    sources: Sources, objects: Objects, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert container(objects)["envFrom"] == [{"secretRef": {"name": "tocsin-sources"}}]
    (tmp_path / "MASTODON_TOKEN").write_text("token")
    for name in ("META_APP_SECRET", "META_VERIFY_TOKEN"):
        monkeypatch.setenv(name, "secret")
    asyncio.run(trial.check(sources, Settings()))
    assert {one.type for one in sources.sources.values()} == {"bluesky", "mastodon", "meta"}


def test_who_calls_finds_the_two_paths_and_nothing_else(objects: Objects) -> None:
    [ingress] = [
        one for one in objects("sources", "Ingress") if one["metadata"]["name"] == "tocsin-sources"
    ]
    paths = [path["path"] for rule in ingress["spec"]["rules"] for path in rule["http"]["paths"]]
    assert paths == ["/v1/mentions", "/sources"]
    others = [
        one for one in objects("sources", "Deployment") if "sources" not in one["metadata"]["name"]
    ]
    for one in others:
        pod = pod_of(one)
        assert pod is not None
        assert not [v for v in pod["volumes"] if v["name"] in ("sources", "source-secrets")]
