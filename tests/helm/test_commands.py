"""The commands of the chart's jobs and of its test, run as a pod would against a real broker."""

import uuid
from pathlib import Path
from typing import Any

import pytest

from helm.tools import copies, rendering
from tests.conftest import Cli
from tests.helm.conftest import Render, pod_of

pytestmark = [pytest.mark.broker, pytest.mark.process]


def test_the_jobs_and_the_test_of_a_release_succeed(
    broker: str, render: Render, cli: Cli, tmp_path: Path
) -> None:
    policy = tmp_path / "policy.toml"
    prefix = f"t{uuid.uuid4().hex[:12]}."
    made = rendering.render(
        {
            "image": {"repository": "tocsin"},
            "kafka": {
                "brokers": [broker],
                "topicPrefix": prefix,
                "partitions": 2,
                "replication": 1,
            },
            "policy": {"content": (copies.ROOT / "scoring" / "policy.toml").read_text("utf-8")},
            "config": {"brands": ["acme"], "cascade": False},
        }
    )
    objects = {one["metadata"]["name"]: one for one in rendering.objects(made)}
    policy.write_text(objects["tocsin-policy-candidate"]["data"]["policy.toml"], "utf-8")

    def run(name: str) -> str:
        pod = pod_of(objects[name])
        assert pod is not None
        [container] = pod["containers"]
        given = {one["name"]: one["value"] for one in container["env"]}
        # What the pod mounts lies elsewhere here, and its port may be taken.
        given |= {
            "TOCSIN_STATE_DIR": str(tmp_path / "state"),
            "TOCSIN_WEB_HOST": "127.0.0.1",
            "TOCSIN_WEB_PORT": "0",
        }
        if "TOCSIN_POLICY" in given:
            given["TOCSIN_POLICY"] = str(policy)
        return succeeds(cli, container, policy, given)

    assert "is valid" in run("tocsin-policy-check")
    assert f"{prefix}mentions-scored" in run("tocsin-topics")
    assert "created" not in run("tocsin-topics"), "an upgrade runs it again"
    assert "fail" not in run("tocsin-doctor")


def succeeds(cli: Cli, container: dict[str, Any], policy: Path, given: dict[str, str]) -> str:
    words = [word.replace("/etc/tocsin/policy.toml", str(policy)) for word in container["args"]]
    done = cli(*words, timeout_s=240, **given)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
