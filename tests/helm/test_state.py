"""Tables on disks and tokens of people: what the pods of that example have, and the others not."""

from pathlib import Path
from typing import Any

from helm.tools import rendering
from streams import config
from streams.web import tokens
from streams.worker.application import Role
from tests.helm.conftest import Objects, Render, pod_of
from tests.helm.test_values import merged

SITUATION = "rocksdb"
STATE, TOKENS = "/var/lib/tocsin", "/var/run/secrets/tocsin/web"


def workers(found: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """The objects that make workers, by role."""
    return {
        one["metadata"]["labels"]["app.kubernetes.io/component"]: one
        for one in found
        if one["kind"] in ("Deployment", "StatefulSet")
    }


def container(made: dict[str, Any]) -> dict[str, Any]:
    pod = pod_of(made)
    assert pod is not None
    [found] = pod["containers"]
    return dict(found)


def settings(made: dict[str, Any]) -> config.Settings:
    return config.load({one["name"]: one["value"] for one in container(made)["env"]})


def test_roles_with_tables_have_a_disk_each_and_the_program_is_told(objects: Objects) -> None:
    made = workers(objects(SITUATION))
    assert {role: one["kind"] for role, one in made.items()} == {
        "score": "Deployment",
        "cases": "StatefulSet",
        "tickets": "Deployment",  # it says so itself: an emptyDir
    }
    [claim] = made["cases"]["spec"]["volumeClaimTemplates"]
    assert claim["spec"]["resources"]["requests"]["storage"] == "20Gi"
    mounted = {one["name"]: one["mountPath"] for one in container(made["cases"])["volumeMounts"]}
    assert mounted[claim["metadata"]["name"]] == STATE
    stores = {role: settings(one).state_store for role, one in made.items()}
    assert stores == {"score": "memory", "cases": "rocksdb", "tickets": "rocksdb"}
    assert settings(made["cases"]).state_dir == Path(STATE)


def test_every_role_of_the_program_has_its_store(render: Render) -> None:
    """Roles with a table are those whose worker locks a folder: all of Faust's but `score`."""
    everything = merged(
        rendering.values("minimal"),
        {
            "state": {"store": "rocksdb"},
            "roles": {"tickets": {"enabled": True}, "sources": {"enabled": True}},
        },
    )
    made = workers(list(rendering.objects(rendering.render(everything))))
    assert set(made) == set(Role)
    kinds = {role for role, one in made.items() if one["kind"] == "StatefulSet"}
    assert kinds == {Role.CASES, Role.TICKETS}


def test_tokens_come_from_the_secret_into_every_worker(objects: Objects, tmp_path: Path) -> None:
    found = [*workers(objects(SITUATION)).values(), *objects(SITUATION, "Pod")]
    assert len(found) == 4  # the last is `helm test`, whose doctor looks at them too
    for one in found:
        pod = pod_of(one)
        assert pod is not None
        [secret] = [v["secret"] for v in pod["volumes"] if v["name"] == "web"]
        assert secret["secretName"] == "tocsin-people"
        assert secret["items"] == [{"key": "people", "path": "tokens"}]
        assert settings(one).web_token_file == Path(TOKENS) / "tokens"
    (tmp_path / "tokens").write_text("ana a-token-of-sixteen\n")
    known = tokens.load("web_token", None, tmp_path / "tokens")
    assert known.bearer("Bearer a-token-of-sixteen") == "ana"


def test_without_a_secret_nothing_is_mounted(objects: Objects) -> None:
    for one in workers(objects("minimal")).values():
        assert settings(one).web_token_file is None
        assert settings(one).state_store == "memory"
