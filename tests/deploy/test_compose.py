"""`deploy/compose.yaml` against the compose specification, the settings, and what it mounts."""

import json
import re
import shutil
import subprocess
from importlib.util import find_spec
from itertools import chain
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from streams import config, stories
from streams.cli.group import version
from streams.environment import PREFIX
from streams.worker.application import Role
from tests.conftest import ROOT

FILE = ROOT / "deploy" / "compose.yaml"
COMPOSE: dict[str, Any] = yaml.safe_load(FILE.read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = {name: one for name, one in SERVICES.items() if one["image"].startswith("tocsin")}
COMING: set[str] = set()
"""Roles with a service before `Role` knows them."""
WRITTEN = {
    "docs/deploy.md": {"deploy/.env", "deploy/compose.mine.yaml", "deploy/policy.toml"},
    "docs/operations.md": {"mentions.jsonl", "recorded.jsonl"},
    "helm/tocsin/README.md": {"values.yaml", "policy.toml"},
}
"""Files that commands and examples of a page make or take; some hold what is nobody else's."""
IN_IMAGE = {
    # entry points and scripts of each image, as its Dockerfile lays them out
    "tocsin": {"/opt/tocsin/bin/python"},
    "tocsin-score": {"/opt/tocsin/bin/python"},
    "apache/kafka": {"/opt/kafka/bin/kafka-broker-api-versions.sh"},
    "prom/prometheus": {"wget"},  # BusyBox
    "prom/alertmanager": {"wget"},
    "grafana/grafana": {"wget"},  # Alpine's BusyBox
}


def filled(text: str, **given: str) -> str:
    """`text` with each ${NAME:-default} replaced, as compose does."""
    return re.sub(r"\$\{(\w+):-([^}]*)\}", lambda m: given.get(m[1], m[2]), text)


def name_of(image: str) -> str:
    return image.rpartition(":")[0]


def specification() -> jsonschema.Draft7Validator | None:
    """The compose specification, as a package carries it."""
    found = find_spec("check_jsonschema")
    if found is None or not found.submodule_search_locations:
        return None
    folder = Path(found.submodule_search_locations[0])
    text = (folder / "builtin_schemas/vendor/compose-spec.json").read_text()
    return jsonschema.Draft7Validator(json.loads(text))


def test_it_follows_the_compose_specification() -> None:
    validator = specification()
    if validator is None:
        pytest.skip("no compose specification: pip install check-jsonschema")
    assert [error.message for error in validator.iter_errors(COMPOSE)] == []
    misspelt = COMPOSE | {"services": {"kafka": {"imagee": "apache/kafka:4.1.1"}}}
    assert not validator.is_valid(misspelt)


def test_the_page_shows_additions_that_fit() -> None:
    page = (ROOT / "docs" / "deploy.md").read_text("utf-8")
    file = yaml.safe_load(page.partition("```yaml\n")[2].partition("```")[0])
    if (validator := specification()) is not None:
        assert [error.message for error in validator.iter_errors(file)] == []
    added: dict[str, dict[str, Any]] = file["services"]
    assert {"cases", "tickets"} <= added.keys() <= OURS.keys()
    for one in added.values():
        inside = {mount["target"] for mount in one["volumes"]}
        # a file that is not there would become an empty folder
        assert not any(mount["bind"]["create_host_path"] for mount in one["volumes"])
        given = {key: value for key, value in one["environment"].items() if value}
        settings = config.load(given)
        assert {str(settings.policy), str(settings.sources)} & inside
    taken = {filled(port).split(":")[1] for one in OURS.values() for port in one.get("ports", ())}
    assert not {port.split(":")[1] for port in added["tickets"]["ports"]} & taken


@pytest.mark.parametrize("page", ["docs/deploy.md", "docs/operations.md", "helm/tocsin/README.md"])
def test_git_ignores_what_the_pages_have_people_write(page: str) -> None:
    if shutil.which("git") is None or not (ROOT / ".git").exists():
        pytest.skip("no git, or no repository: nothing to ask")
    text = (ROOT / page).read_text("utf-8")
    written = {name for name in WRITTEN[page] if name.rpartition("/")[2] in text}
    assert written == WRITTEN[page], "a page that says it no more"
    for name in written:
        done = subprocess.run(["git", "check-ignore", "-q", name], cwd=ROOT, check=False)
        assert done.returncode == 0, name


@pytest.mark.parametrize("name", SERVICES)
def test_images_are_pinned_to_a_release(name: str) -> None:
    tag = SERVICES[name]["image"].rpartition(":")[2]
    assert re.fullmatch(r"v?\d+\.\d+\.\d+", tag)
    if name in OURS:
        assert tag == version()


@pytest.mark.parametrize("name", OURS)
def test_our_containers_get_settings_that_exist(name: str) -> None:
    variables = OURS[name]["environment"]
    assert all(key.startswith(PREFIX) for key in variables)
    environment = {key: filled(value) for key, value in variables.items()}
    assert config.load(environment).broker == "kafka:19092"


def test_brands_have_labels_of_their_own() -> None:
    brands = config.load(
        {key: filled(value) for key, value in OURS["cases"]["environment"].items()}
    ).brands
    assert set(brands) == {stories.load(slug).outcome.brand for slug in stories.slugs()}


def test_each_role_has_a_service() -> None:
    roles = {
        one["command"][2] for one in OURS.values() if one["command"][:2] == ["worker", "--role"]
    }
    assert {role.value for role in Role} <= roles
    assert roles <= {role.value for role in Role} | COMING


@pytest.mark.parametrize("name", OURS)
def test_our_containers_may_write_nothing_but_their_folders(name: str) -> None:
    service = OURS[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert set(service["tmpfs"]) == {"/tmp", "/var/lib/tocsin"}
    assert "user" not in service  # the image's own, who is not root


def test_what_is_mounted_exists_or_is_declared() -> None:
    mounts = [one.split(":") for service in SERVICES.values() for one in service.get("volumes", ())]
    assert mounts
    for source, _, *options in mounts:
        if source.startswith("."):
            assert (FILE.parent / source).resolve().exists(), f"{source} is not there"
            assert options == ["ro"]
        else:
            assert source in COMPOSE["volumes"]
    named = {source for source, *_ in mounts if not source.startswith(".")}
    assert named == set(COMPOSE["volumes"])


def test_ports_are_open_to_this_machine_alone() -> None:
    ports = list(chain.from_iterable(service.get("ports", ()) for service in SERVICES.values()))
    assert ports
    assert all(port.startswith("127.0.0.1:") for port in ports)
    published = [filled(port).split(":")[1] for port in ports]
    assert len(published) == len(set(published))


def test_health_is_asked_with_what_the_image_holds() -> None:
    for name, service in SERVICES.items():
        if check := service.get("healthcheck"):
            assert check["test"][0] == "CMD", f"{name}: no shell is needed"
            assert check["test"][1] in IN_IMAGE[name_of(service["image"])]


def test_each_starts_after_what_it_needs_is_well() -> None:
    for name, service in SERVICES.items():
        for needed, how in service.get("depends_on", {}).items():
            if how["condition"] == "service_healthy":
                assert "healthcheck" in SERVICES[needed], f"{name} waits for {needed} for ever"
            else:
                assert how["condition"] == "service_completed_successfully"
                assert SERVICES[needed]["restart"] == "no"
            assert "profiles" not in SERVICES[needed]


def test_the_console_and_the_check_use_the_port_that_is_the_default() -> None:
    port = config.load({}).web_port
    assert OURS["cases"]["ports"][0].endswith(f":{port}")
    assert f":{port}/readyz" in OURS["cases"]["healthcheck"]["test"][-1]
    scraped = yaml.safe_load((FILE.parent / "compose/prometheus.yml").read_text())
    (job,) = scraped["scrape_configs"]
    (dns,) = job["dns_sd_configs"]
    assert dns["port"] == port
    workers = {name for name, one in OURS.items() if one["command"][0] == "worker"}
    assert set(dns["names"]) == workers


@pytest.mark.deploy
@pytest.mark.parametrize(
    ("tool", "command", "file", "package"),
    [
        ("promtool", "check config", "prometheus.yml", "prometheus"),
        ("amtool", "check-config", "alertmanager.yml", "prometheus-alertmanager"),
    ],
)
def test_the_real_tools_accept_what_is_mounted(
    tool: str, command: str, file: str, package: str
) -> None:
    if shutil.which(tool) is None:
        pytest.skip(f"no {tool}: run `make tools`, or install Debian's {package}")
    done = subprocess.run(
        [tool, *command.split(), str(FILE.parent / "compose" / file)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
