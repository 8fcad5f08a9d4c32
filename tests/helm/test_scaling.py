"""How many pods there are, who decides it, and what happens to them while they are replaced."""

from typing import Any

import pytest

from helm.tools import copies, rendering
from streams.config import Settings
from streams.kafka.topics import Topics, application_id
from tests.helm.conftest import Objects, Render

SITUATIONS = rendering.situations()


def only(found: list[dict[str, Any]], name: str) -> dict[str, Any]:
    [one] = [one for one in found if one["metadata"]["name"] == name]
    return one


def with_values(render: Render, **given: Any) -> list[dict[str, Any]]:
    base = rendering.values("minimal")
    return list(rendering.objects(rendering.render(base | given)))


def test_who_scales_alone_says_how_many(objects: Objects) -> None:
    for situation in ("hpa", "keda", "persistence"):
        scaled = {
            one["spec"]["scaleTargetRef"]["name"]: one["spec"]["scaleTargetRef"]["kind"]
            for kind in ("HorizontalPodAutoscaler", "ScaledObject")
            for one in objects(situation, kind)
        }
        assert scaled
        for kind in ("Deployment", "StatefulSet"):
            for one in objects(situation, kind):
                name = one["metadata"]["name"]
                assert ("replicas" in one["spec"]) == (name not in scaled)
                assert scaled.get(name, kind) == kind


def test_an_autoscaler_stops_at_the_partitions(objects: Objects, render: Render) -> None:
    asked_for_100 = only(objects("keda", "ScaledObject"), "tocsin-score")["spec"]
    assert asked_for_100["maxReplicaCount"] == rendering.values("keda")["kafka"]["partitions"] == 24
    hpa = {"roles": {"score": {"autoscaling": {"enabled": True, "maxReplicas": 5}}}}
    [scaler] = [
        one for one in with_values(render, **hpa) if one["kind"] == "HorizontalPodAutoscaler"
    ]
    assert scaler["spec"]["maxReplicas"] == 5


def test_keda_looks_at_the_topics_and_groups_of_the_program(objects: Objects) -> None:
    settings = Settings(topic_prefix="live.", partitions=24)
    topics = Topics.of(settings)
    read = {
        "score": {topics.mentions},
        "cases": {topics.scored, topics.pulse, topics.commands},
    }
    for role, names in read.items():
        triggers = only(objects("keda", "ScaledObject"), f"tocsin-{role}")["spec"]["triggers"]
        assert {one["metadata"]["topic"] for one in triggers} == names
        assert {one["metadata"]["consumerGroup"] for one in triggers} == {
            application_id(settings, role)
        }


def test_a_group_that_never_committed_is_scaled_up(objects: Objects) -> None:
    """Workers begin at the earliest offset; KEDA has to count from there, and never from zero."""
    for one in objects("keda", "ScaledObject"):
        assert one["spec"]["minReplicaCount"] >= 1
        for trigger in one["spec"]["triggers"]:
            assert trigger["metadata"]["offsetResetPolicy"] == "earliest"
            assert trigger["metadata"]["scaleToZeroOnInvalidOffset"] == "false"
            assert trigger["metadata"]["allowIdleConsumers"] == "false"


def test_keda_logs_in_with_the_secrets_of_the_workers(objects: Objects) -> None:
    [login] = objects("keda", "TriggerAuthentication")
    assert login["spec"]["secretTargetRef"] == [
        {"parameter": "username", "name": "kafka-login", "key": "username"},
        {"parameter": "password", "name": "kafka-login", "key": "password"},
        {"parameter": "ca", "name": "kafka-tls", "key": "ca.crt"},
    ]
    for one in objects("keda", "ScaledObject"):
        for trigger in one["spec"]["triggers"]:
            assert trigger["authenticationRef"]["name"] == login["metadata"]["name"]
            assert trigger["metadata"]["sasl"] == "scram_sha512"
            assert trigger["metadata"]["tls"] == "enable"


@pytest.mark.parametrize("situation", SITUATIONS)
def test_a_rollout_never_falls_below_capacity(situation: str, objects: Objects) -> None:
    for one in objects(situation, "Deployment"):
        rolling = one["spec"]["strategy"]["rollingUpdate"]
        assert rolling["maxUnavailable"] == 0
        assert rolling["maxSurge"] not in (0, "0%")


@pytest.mark.parametrize("situation", SITUATIONS)
def test_selectors_meet_the_pods_of_one_role(situation: str, objects: Objects) -> None:
    pods = [
        (one["metadata"]["labels"]["app.kubernetes.io/component"], template["metadata"]["labels"])
        for one in objects(situation)
        if (template := one.get("spec", {}).get("template"))
    ]
    for kind in ("Deployment", "StatefulSet", "PodDisruptionBudget"):
        for one in objects(situation, kind):
            wanted = one["spec"]["selector"]["matchLabels"].items()
            met = [component for component, labels in pods if wanted <= labels.items()]
            assert met == [one["metadata"]["labels"]["app.kubernetes.io/component"]]
    for one in objects(situation, "Service"):
        wanted = one["spec"]["selector"].items()
        assert len([1 for _, labels in pods if wanted <= labels.items()]) == 1


def test_a_changed_policy_replaces_every_pod(render: Render) -> None:
    def checksums(text: str) -> set[str]:
        return {
            one["spec"]["template"]["metadata"]["annotations"]["checksum/policy"]
            for one in with_values(render, policy={"content": text})
            if one["kind"] == "Deployment"
        }

    before, after = checksums("cool_down_s = 60\n"), checksums("cool_down_s = 61\n")
    assert len(before) == len(after) == 1
    assert before != after


def test_a_policy_arrives_as_it_was_written(render: Render) -> None:
    text = (copies.ROOT / "scoring" / "policy.toml").read_text("utf-8")
    mounted = [
        one["data"]["policy.toml"]
        for one in with_values(render, policy={"content": text})
        if one["kind"] == "ConfigMap"
    ]
    assert mounted == [text, text], "the policy, and the one to be checked before"


def test_a_role_may_differ_from_the_defaults(render: Render) -> None:
    """Also where what it says is empty or false, which a merge may take for nothing."""
    quiet = {
        "podDisruptionBudget": {"enabled": False},
        "topologySpreadConstraints": [],
        "minReadySeconds": 0,
        "replicas": 0,
    }
    made = with_values(render, roles={"score": quiet})
    spec = only([one for one in made if one["kind"] == "Deployment"], "tocsin-score")["spec"]
    assert (spec["replicas"], spec["minReadySeconds"]) == (0, 0)
    assert "topologySpreadConstraints" not in spec["template"]["spec"]
    budgets = [one["metadata"]["name"] for one in made if one["kind"] == "PodDisruptionBudget"]
    assert budgets == ["tocsin-cases"]
