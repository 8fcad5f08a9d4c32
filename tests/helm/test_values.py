"""Values that are wrong: refused, with the key and what would be right."""

from typing import Any

import pytest

from helm.tools import comments, copies, rendering, schema
from tests.helm.conftest import Render


def merged(first: dict[str, Any], second: dict[str, Any]) -> dict[str, Any]:
    both = dict(first)
    for key, value in second.items():
        old = both.get(key)
        both[key] = (
            merged(old, value) if isinstance(old, dict) and isinstance(value, dict) else value
        )
    return both


def refusal(values: dict[str, Any]) -> str:
    from helm_python import HelmRenderError, HelmValuesError

    with pytest.raises((HelmValuesError, HelmRenderError)) as refused:
        rendering.render(merged(rendering.values("minimal"), values))
    return str(refused.value)


def nested(path: tuple[str, ...], value: Any) -> dict[str, Any]:
    for key in reversed(path):
        value = {key: value}
    return dict(value)


MAPS = [
    key.path
    for top in comments.read((copies.CHART / "values.yaml").read_text("utf-8"))
    for key in top.walk()
    if key.children and not schema.passed_on(key)
]


@pytest.mark.parametrize(
    "path", [(), *MAPS, ("config",), ("roles", "score"), ("roles", "score", "autoscaling")]
)
def test_an_unknown_key_is_refused(path: tuple[str, ...], render: Render) -> None:
    told = refusal(nested((*path, "replicaz"), 3))
    assert "'replicaz' not allowed" in told
    assert f"at '{''.join(f'/{key}' for key in path)}'" in told


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"kafka": {"brokers": "kafka:9092"}}, "/kafka/brokers"),
        ({"kafka": {"brokers": ["kafka"]}}, "/kafka/brokers/0"),
        ({"kafka": {"partitions": 0}}, "/kafka/partitions"),
        ({"kafka": {"partitions": "12"}}, "/kafka/partitions"),
        ({"kafka": {"securityProtocol": "TLS"}}, "/kafka/securityProtocol"),
        ({"kafka": {"sasl": {"mechanism": "GSSAPI"}}}, "/kafka/sasl/mechanism"),
        ({"image": {"digest": "latest"}}, "/image/digest"),
        ({"image": {"pullPolicy": "Sometimes"}}, "/image/pullPolicy"),
        ({"roles": {"scroe": {"replicas": 3}}}, "'scroe' not allowed"),
        ({"roles": {"score": {"replicas": "three"}}}, "/roles/score/replicas"),
        ({"roles": {"score": {"autoscaling": {"type": "vpa"}}}}, "/roles/score/autoscaling/type"),
        (
            {"roles": {"score": {"autoscaling": {"minReplicas": 0}}}},
            "/roles/score/autoscaling/minReplicas",
        ),
        ({"defaults": {"terminationGracePeriodSeconds": 10}}, "terminationGracePeriodSeconds"),
        ({"config": {"batch_size": 0}}, "/config/batch_size"),
        ({"config": {"broker": "kafka:9092"}}, "'broker' not allowed"),
        ({"config": {"state_store": "rocksdb"}}, "'state_store' not allowed"),
        ({"state": {"store": "disk"}}, "/state/store"),
        ({"config": {"log_level": "LOUD"}}, "/config/log_level"),
        ({"web": {"port": 70000}}, "/web/port"),
        ({"commonLabels": {"team": 7}}, "/commonLabels/team"),
        ({"podMonitor": {"interval": "often"}}, "/podMonitor/interval"),
        ({"topics": {"hooks": "pre-delete"}}, "/topics/hooks"),
    ],
)
def test_a_wrong_value_is_refused(values: dict[str, Any], told: str, render: Render) -> None:
    assert told in refusal(values)


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"image": {"repository": ""}}, "image.repository is empty: set it"),
        ({"kafka": {"brokers": []}}, "kafka.brokers is empty: set it"),
        ({"kafka": {"securityProtocol": "SASL_SSL"}}, "set kafka.sasl.existingSecret"),
        ({"kafka": {"sasl": {"existingSecret": "s"}}}, "set it to SASL_SSL or SASL_PLAINTEXT"),
        ({"kafka": {"tls": {"existingSecret": "s"}}}, "set it to SSL or SASL_SSL"),
        ({"kafka": {"tls": {"keyKey": "tls.key"}}}, "set kafka.tls.certKey too"),
        ({"kafka": {"tls": {"certKey": "tls.crt"}}}, "set kafka.tls.existingSecret to the Secret"),
        ({"config": {"web_reads": "token"}}, "web_reads is token: set web.existingSecret"),
        (
            {"web": {"existingSecret": "s"}, "config": {"web_token_file": "/f"}},
            "web.existingSecret and config.web_token_file are both set: keep one",
        ),
        ({"sinks": {"asEnvironment": True}}, "set sinks.existingSecret to the Secret"),
        (
            {"prometheusRule": {"disabled": ["TocsinScoreDrift", "TocsinDrift"]}},
            "names TocsinDrift, which is no alert of the chart: there are TocsinAvail",
        ),
        (
            {"defaults": {"autoscaling": {"enabled": True, "minReplicas": 4, "maxReplicas": 3}}},
            "minReplicas is 4 and maxReplicas 3: set maxReplicas to as many at least, or to 0",
        ),
        (
            {"roles": {"tickets": {"ingress": {"enabled": True, "hosts": ["a"]}}}},
            "roles.tickets has an ingress or httpRoute and does not run: set roles.tickets.enabled",
        ),
        (
            {"roles": {"tickets": {"httpRoute": {"enabled": True}}}},
            "roles.tickets has an ingress or httpRoute and does not run: set roles.tickets.enabled",
        ),
        (
            {"roles": {"score": {"extraEnv": [{"name": "TOCSIN_BROKER", "value": "k:9092"}]}}},
            "roles.score.extraEnv has TOCSIN_BROKER, which the chart sets from other values",
        ),
        (
            {
                "config": {"batch_size": 64},
                "defaults": {"extraEnv": [{"name": "TOCSIN_BATCH_SIZE", "value": "32"}]},
            },
            "extraEnv has TOCSIN_BATCH_SIZE, which the chart sets from other values",
        ),
        (
            {
                "kafka": {"securityProtocol": "SASL_SSL", "sasl": {"existingSecret": "s"}},
                "defaults": {"extraEnv": [{"name": "TOCSIN_SASL_USERNAME", "value": "u"}]},
            },
            "extraEnv has TOCSIN_SASL_USERNAME, which the chart sets from other values",
        ),
        ({"policy": {"content": "a = 1", "existingConfigMap": "p"}}, "keep one"),
        ({"defaults": {"enabled": False}}, "no role is enabled"),
        (
            {"defaults": {"autoscaling": {"enabled": True, "minReplicas": 13}}},
            "minReplicas is 13 and kafka.partitions 12",
        ),
        (
            {"defaults": {"autoscaling": {"enabled": True, "targetCPUUtilizationPercentage": 0}}},
            "set targetCPUUtilizationPercentage or metrics",
        ),
        ({"defaults": {"strategy": {"maxSurge": 0}}}, "set maxSurge to 1"),
        ({"roles": {"cases": {"ingress": {"enabled": True}}}}, "cases.ingress.hosts is empty"),
        ({"roles": {"cases": {"httpRoute": {"enabled": True}}}}, "httpRoute.parentRefs is empty"),
        (
            {"roles": {"score": {"ingress": {"enabled": True, "hosts": ["a"]}}}},
            "roles.score: ingress and httpRoute lead to a Service: set service.enabled to true",
        ),
    ],
)
def test_values_that_do_not_go_together_are_refused(
    values: dict[str, Any], told: str, render: Render
) -> None:
    assert told in refusal(values)


@pytest.mark.parametrize(
    "values",
    [
        {"defaults": {"extraEnv": [{"name": "TOCSIN_BATCH_SIZE", "value": "32"}]}},
        {"roles": {"cases": {"extraEnv": [{"name": "TOCSIN_MODEL", "value": "/m"}]}}},
        {"defaults": {"autoscaling": {"minReplicas": 4, "maxReplicas": 3}}},
        {"roles": {"cases": {"enabled": False}}},
        {"prometheusRule": {"disabled": ["TocsinScoreDrift"]}},
        {"config": {"web_reads": "token"}, "defaults": {"extraEnvFrom": [{"secretRef": {}}]}},
    ],
)
def test_values_that_look_alike_and_harm_nothing_are_taken(
    values: dict[str, Any], render: Render
) -> None:
    assert rendering.render(merged(rendering.values("minimal"), values))


TICKETS = {"roles": {"tickets": {"enabled": True}}}
SINKS = '[sinks.hook]\ntype = "webhook"\n'
ROUTES = '[[routes]]\nsinks = ["hook"]\n'


@pytest.mark.parametrize(
    ("values", "told"),
    [
        (TICKETS, "files no ticket: the built-in policy has no sinks. Set policy.content"),
        (TICKETS | {"policy": {"content": "a = 1"}}, "the policy lacks [sinks.NAME] or [[routes]]"),
        (TICKETS | {"policy": {"content": SINKS}}, "the policy lacks [sinks.NAME] or [[routes]]"),
        (TICKETS | {"policy": {"content": SINKS + ROUTES}}, "set sinks.existingSecret"),
        (TICKETS | {"policy": {"existingConfigMap": "p"}}, "set sinks.existingSecret"),
        ({"policy": {"content": SINKS + ROUTES}}, "set roles.tickets.enabled to true"),
        (
            {"roles": {"sources": {"enabled": True}}},
            "role sources runs and takes no mention: set sources.content",
        ),
        ({"sources": {"content": "a = 1"}}, "set roles.sources.enabled to true"),
        ({"prometheusRule": {"enabled": True}}, "set prometheusRule.runbookUrl"),
        ({"dashboards": {"enabled": True}}, "set prometheusRule.runbookUrl"),
    ],
)
def test_the_notes_say_what_will_not_do_what_it_seems_to(
    values: dict[str, Any], told: str, render: Render
) -> None:
    notes = _notes(merged(rendering.values("minimal"), values))
    assert notes.count("NOTE") == 1
    assert told in notes


def test_the_notes_warn_of_nothing_where_all_is_given(render: Render) -> None:
    for situation in ("minimal", "tickets", "monitoring", "sources"):
        assert "NOTE" not in _notes(rendering.values(situation)), situation


def _notes(values: dict[str, Any]) -> str:
    [text] = [text for path, text in rendering.render(values).items() if path.endswith("NOTES.txt")]
    return text


def test_nothing_given_is_refused_with_what_is_needed(render: Render) -> None:
    from helm_python import HelmRenderError

    with pytest.raises(HelmRenderError, match=r"image\.repository is empty: set it to where"):
        rendering.render({})
