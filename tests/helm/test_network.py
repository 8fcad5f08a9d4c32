"""What may be reached, from where, and under which names."""

from typing import Any

from helm.tools import rendering
from tests.helm.conftest import Objects, Render


def policies(objects: Objects, situation: str) -> dict[str, dict[str, Any]]:
    return {one["metadata"]["name"]: one["spec"] for one in objects(situation, "NetworkPolicy")}


def ports(rules: list[dict[str, Any]]) -> set[tuple[int | str, str]]:
    return {(port["port"], port["protocol"]) for rule in rules for port in rule["ports"]}


def test_without_a_word_only_names_and_kafka_are_reached(objects: Objects) -> None:
    release = policies(objects, "tickets")["tocsin"]
    assert release["policyTypes"] == ["Ingress", "Egress"]
    assert ports(release["egress"]) == {(53, "UDP"), (53, "TCP"), (9092, "TCP")}
    assert ports(release["ingress"]) == {("http", "TCP")}
    assert release["ingress"][0]["from"] == [{"podSelector": {}}]


def test_the_tickets_alone_reach_ticket_systems(objects: Objects) -> None:
    found = policies(objects, "tickets")
    assert found.keys() == {"tocsin", "tocsin-tickets"}
    tickets = found["tocsin-tickets"]
    assert tickets["policyTypes"] == ["Egress"]
    assert tickets["podSelector"]["matchLabels"]["app.kubernetes.io/component"] == "tickets"
    assert ports(tickets["egress"]) == {(443, "TCP"), (9093, "TCP"), (3128, "TCP")}


def test_jobs_reach_kafka_too(objects: Objects) -> None:
    """Their pods bear the labels that the release's policy selects."""
    wanted = policies(objects, "tickets")["tocsin"]["podSelector"]["matchLabels"]
    jobs = objects("tickets", "Job")
    assert len(jobs) == 2
    for job in jobs:
        assert wanted.items() <= job["spec"]["template"]["metadata"]["labels"].items()


def test_peers_can_be_named(objects: Objects) -> None:
    names, kafka, vault = policies(objects, "locked-down")["tocsin"]["egress"]
    space = "kubernetes.io/metadata.name"
    assert names["to"] == [{"namespaceSelector": {"matchLabels": {space: "kube-system"}}}]
    assert kafka["to"] == [{"namespaceSelector": {"matchLabels": {space: "kafka"}}}]
    assert ports([kafka]) == {(9092, "TCP"), (9094, "TCP")}
    assert ports([vault]) == {(8200, "TCP")}


def test_what_comes_back_from_ticket_systems_is_let_in_alone(objects: Objects) -> None:
    [ingress] = objects("tickets", "Ingress")
    [rule] = ingress["spec"]["rules"]
    [path] = rule["http"]["paths"]
    assert path["path"] == "/hooks"
    assert path["backend"]["service"]["name"] == "tocsin-tickets"
    assert "tocsin-tickets" in {one["metadata"]["name"] for one in objects("tickets", "Service")}


def test_no_name_is_too_long_for_kubernetes(render: Render) -> None:
    from helm_python import Chart

    values = rendering.values("tickets")
    values["roles"]["tickets"]["persistence"] = {"enabled": True}
    with Chart.load(rendering.CHART) as chart:
        made = chart.render(values, name="r" * 53, namespace="n")
    names = [one["metadata"]["name"] for one in rendering.objects(made)]
    assert max(map(len, names)) <= 63
