"""Every pod that the chart makes, in every situation: what it may do, and what it is told."""

from pathlib import Path
from typing import Any

import pytest

from helm.tools import rendering
from scoring.policy import load as load_policy
from streams import config
from streams.cli import main
from tests.helm.conftest import Objects, pod_of

SITUATIONS = rendering.situations()


def containers(pod: dict[str, Any]) -> list[dict[str, Any]]:
    return [*pod.get("initContainers", []), *pod["containers"]]


def is_ours(container: dict[str, Any]) -> bool:
    return bool(container.get("command") == ["tocsin"])


def pods(objects: Objects, situation: str) -> list[dict[str, Any]]:
    found = [pod for one in objects(situation) if (pod := pod_of(one))]
    assert found
    return found


@pytest.mark.parametrize("situation", SITUATIONS)
def test_the_restricted_profile_admits_every_pod(situation: str, objects: Objects) -> None:
    """https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted"""
    volumes = {"configMap", "emptyDir", "persistentVolumeClaim", "secret", "projected", "csi"}
    for pod in pods(objects, situation):
        assert not {"hostNetwork", "hostPID", "hostIPC"} & pod.keys()
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["securityContext"]["runAsUser"] != 0
        assert pod["securityContext"]["seccompProfile"]["type"] == "RuntimeDefault"
        for volume in pod["volumes"]:
            assert volume.keys() - {"name"} <= volumes
        for container in containers(pod):
            context = container["securityContext"]
            assert context["allowPrivilegeEscalation"] is False
            assert context["capabilities"] == {"drop": ["ALL"]}
            assert not any("hostPort" in port for port in container.get("ports", []))


@pytest.mark.parametrize("situation", SITUATIONS)
def test_no_pod_has_a_token_or_a_root_to_write_to(situation: str, objects: Objects) -> None:
    for account in objects(situation, "ServiceAccount"):
        assert account["automountServiceAccountToken"] is False
    for pod in pods(objects, situation):
        assert pod["automountServiceAccountToken"] is False
        assert pod["enableServiceLinks"] is False
        for container in filter(is_ours, containers(pod)):
            assert container["securityContext"]["readOnlyRootFilesystem"] is True
            mounted = {mount["mountPath"] for mount in container["volumeMounts"]}
            assert {"/tmp", "/var/lib/tocsin"} <= mounted


@pytest.mark.parametrize("situation", SITUATIONS)
def test_the_program_takes_its_environment(situation: str, objects: Objects) -> None:
    for pod in pods(objects, situation):
        for container in filter(is_ours, containers(pod)):
            environment = {
                one["name"]: one.get("value", "from a Secret") for one in container["env"]
            }
            settings = config.load(environment)
            files = {
                settings.policy,
                settings.sources,
                settings.source_token_file,
                settings.web_token_file,
                settings.sasl_password_file,
                settings.ssl_cafile,
                settings.ssl_certfile,
                settings.ssl_keyfile,
                settings.model,
                settings.state_dir,
            }
            mounts = [mount["mountPath"] for mount in container["volumeMounts"]]
            for file in files - {None}:
                assert any(str(file).startswith(mount) for mount in mounts), file
            for port in container.get("ports", []):
                assert port["containerPort"] == settings.web_port


def test_values_reach_the_program(objects: Objects) -> None:
    def settings(situation: str) -> config.Settings:
        container = objects(situation, "Deployment")[0]["spec"]["template"]["spec"]["containers"][0]
        return config.load({one["name"]: one.get("value", "x") for one in container["env"]})

    small = settings("single-broker")
    assert small.brands == ("acme", "acme-air")
    assert (small.partitions, small.replication, small.batch_wait_s) == (3, 1, 0.2)
    secured = settings("secured-kafka")
    assert secured.brokers == (
        "kafka-0.example:9093",
        "kafka-1.example:9093",
        "kafka-2.example:9094",
    )
    assert (secured.topic_prefix, secured.group_prefix) == ("emea.", "tocsin-emea")
    assert (secured.security_protocol, secured.sasl_mechanism) == ("SASL_SSL", "SCRAM-SHA-256")
    assert (settings("ingress").web_host, settings("ingress").web_port) == ("::", 8080)


@pytest.mark.parametrize("situation", SITUATIONS)
def test_no_secret_stands_in_a_pod(situation: str, objects: Objects) -> None:
    for pod in pods(objects, situation):
        for container in filter(is_ours, containers(pod)):
            given = {one["name"] for one in container["env"] if "value" in one}
            assert not given & {"TOCSIN_SASL_PASSWORD", "TOCSIN_SASL_USERNAME"}


def test_only_the_tickets_are_given_what_ticket_systems_want(objects: Objects) -> None:
    holders = {
        one["metadata"]["labels"]["app.kubernetes.io/component"]
        for one in objects("tickets")
        if (pod := pod_of(one))
        and any(
            volume.get("secret", {}).get("secretName") == "tocsin-sinks"
            for volume in pod["volumes"]
        )
    }
    assert holders == {"tickets", "policy-check", "doctor"}


def test_jobs_need_nothing_of_the_release_they_come_before(objects: Objects) -> None:
    for job in objects("tickets", "Job"):
        weight = int(job["metadata"]["annotations"]["helm.sh/hook-weight"])
        pod = pod_of(job)
        assert pod is not None
        assert pod["serviceAccountName"] == "default"
        maps = [volume["configMap"]["name"] for volume in pod["volumes"] if "configMap" in volume]
        for name in maps:
            [source] = [
                one for one in objects("tickets", "ConfigMap") if one["metadata"]["name"] == name
            ]
            assert int(source["metadata"]["annotations"]["helm.sh/hook-weight"]) < weight


@pytest.mark.parametrize("situation", SITUATIONS)
def test_every_command_is_one_of_the_program(
    situation: str, objects: Objects, capsys: pytest.CaptureFixture[str]
) -> None:
    for pod in pods(objects, situation):
        for container in filter(is_ours, containers(pod)):
            words = [word for word in container["args"] if not word.startswith(("-", "/"))]
            command = words[:2] if words[0] == "policy" else words[:1]
            with pytest.raises(SystemExit) as ended:
                main([*command, "--help"])
            assert ended.value.code == 0
            shown = capsys.readouterr().out
            assert all(word in shown for word in container["args"] if word.startswith("--"))


def test_the_program_takes_the_policies(tmp_path: Path) -> None:
    settings = pytest.importorskip("streams.sinks.settings", reason="no sinks yet")
    for situation in SITUATIONS:
        if text := rendering.values(situation).get("policy", {}).get("content"):
            policy = tmp_path / "policy.toml"
            policy.write_text(text, "utf-8")
            load_policy(policy)
            assert settings.load(policy).sinks
