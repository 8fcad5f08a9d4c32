"""Outcomes and reasons that boards, rules and pages name are those that a worker gives.

A value that no worker gives makes no error anywhere: the panel stays empty, the alert silent.
"""

import re
from collections.abc import Iterator

import pytest

from streams.metrics import OWN_FAULTS
from streams.sinks import meters, reasons
from streams.worker import tickets
from tests.conftest import ROOT
from tests.deploy.grafana import asked
from tests.deploy.rulebook import rules

TICKETS = (ROOT / "docs" / "tickets.md").read_text("utf-8")
REASONS = {
    reasons.REFUSED,
    reasons.GAVE_UP,
    reasons.DISABLED,
    reasons.OVERFLOW,
    reasons.FAILED,
    tickets.NOT_ESCALATION,
    tickets.NO_SINK,
}
QUERIES = [*(query.expr for query in asked()), *(rule["expr"] for rule in rules())]


def values(metric: str, label: str) -> Iterator[str]:
    """The values of a label that queries ask a metric for."""
    for query in QUERIES:
        for matchers in re.findall(rf"\b{metric}\s*\{{([^}}]*)\}}", query):
            for found in re.findall(rf'\b{label}\s*[=!]~?\s*"([^"]*)"', matchers):
                yield from found.split("|")


@pytest.mark.parametrize(
    ("metric", "label", "given"),
    [
        ("tocsin_ticket_deliveries_total", "outcome", set(meters.OUTCOMES)),
        ("tocsin_dead_letters_total", "reason", {reason for _, reason in OWN_FAULTS}),
        ("tocsin_mentions_total", "outcome", {"scored", "dead_letter"}),
    ],
)
def test_queries_ask_for_values_that_there_are(metric: str, label: str, given: set[str]) -> None:
    asked_for = set(values(metric, label))
    assert asked_for
    assert asked_for <= given


def test_the_alert_of_our_own_faults_knows_them_all() -> None:
    assert set(values("tocsin_dead_letters_total", "reason")) == {one for _, one in OWN_FAULTS}


def test_the_page_of_tickets_names_the_metrics_their_outcomes_and_the_reasons() -> None:
    (told,) = re.findall(r"`tocsin_ticket_deliveries_total\{[^}]*\}` \(([^)]*)\)", TICKETS)
    assert re.findall(r"`(\w+)`", told) == list(meters.OUTCOMES)
    section = TICKETS.partition("### Dead letters")[2].partition("\n##")[0]
    rows = [line.split("|")[1] for line in section.splitlines() if line.startswith("| `")]
    assert {name for row in rows for name in re.findall(r"`(\w+)`", row)} == REASONS
