"""Of the board *Pipeline*: what leaves it as dead letters and tickets, and what sources bring."""

from grafana_foundation_sdk.builders.dashboard import Dashboard, Row

from deploy.grafana import links
from deploy.grafana.links import Runbook
from deploy.grafana.panels import over_time, ranking
from deploy.grafana.queries import Query, highest, increase, of, rate, total
from deploy.grafana.style import Unit, above, below

_DEAD = of("tocsin_dead_letters_total")
_DELIVERIES = of("tocsin_ticket_deliveries_total", "sink")
_DELIVERY_S = of("tocsin_ticket_delivery_seconds_bucket", "sink")


def add(built: Dashboard) -> Dashboard:
    """The sections *Dead letters*, *Tickets* and *Sources*."""
    return _sources(_tickets(_dead_letters(built)))


def _dead_letters(built: Dashboard) -> Dashboard:
    mend = [links.runbook(Runbook.DEAD_LETTERS)]
    return (
        built.with_row(Row("Dead letters"))
        .with_panel(
            over_time(
                "Dead letters by reason",
                "`tocsin dead-letters list` shows them, `replay` sends them again.",
                [Query(total(increase(_DEAD), "topic", "reason"), "{{topic}}: {{reason}}")],
                Unit.COUNT,
                stacked=True,
                links=mend,
            )
        )
        .with_panel(
            ranking(
                "Dead letters by reason, in all",
                "Over the board's time range.",
                Query(
                    f"topk(10, {total(increase(_DEAD, '$__range'), 'topic', 'reason')})",
                    "{{topic}}: {{reason}}",
                ),
                Unit.COUNT,
                steps=above(100, 1),
                links=mend,
            )
        )
    )


def _tickets(built: Dashboard) -> Dashboard:
    lost = of("tocsin_ticket_deliveries_total", "sink", outcome="dead_letter")
    whole = total(increase(_DELIVERIES, "$__range"), "sink")
    undelivered = total(increase(lost, "$__range"), "sink")
    failing = [links.runbook(Runbook.SINK)]
    p95 = f"histogram_quantile(0.95, {total(rate(_DELIVERY_S), 'sink', 'le')})"
    return (
        built.with_row(Row("Tickets"))
        .with_panel(
            over_time(
                "Deliveries by outcome",
                "Escalations that a ticket system is done with.",
                [Query(total(increase(_DELIVERIES), "outcome"), "{{outcome}}")],
                Unit.COUNT,
                stacked=True,
                width=8,
                links=failing,
            )
        )
        .with_panel(
            over_time(
                "Time to deliver, p95",
                "By sink, from the escalation's arrival in Kafka, retries included.",
                [Query(p95, "{{sink}}")],
                Unit.SECONDS,
                steps=above(60),
                width=8,
                links=failing,
            )
        )
        .with_panel(
            ranking(
                "Delivered",
                "By sink: share of escalations that did not end in tickets-dead-letters.",
                Query(
                    f"1 - ({undelivered} or 0 * {whole}) / ({whole} > 0)",
                    "{{sink}}",
                ),
                Unit.SHARE,
                steps=below(0.999, 0.99),
                most=1,
                width=8,
                links=failing,
            )
        )
        .with_panel(
            over_time(
                "Waiting for a sink",
                "Escalations that are not delivered yet.",
                [Query(highest(of("tocsin_ticket_waiting", "sink"), "sink"), "{{sink}}")],
                Unit.COUNT,
                width=8,
                links=failing,
            )
        )
        .with_panel(
            over_time(
                "Oldest that waits",
                "By sink, since its arrival in Kafka.",
                [
                    Query(
                        highest(of("tocsin_ticket_oldest_waiting_seconds", "sink"), "sink"),
                        "{{sink}}",
                    )
                ],
                Unit.SECONDS,
                steps=above(300),
                width=8,
                links=failing,
            )
        )
        .with_panel(
            over_time(
                "Calls made again",
                "By sink: no answer, or the answer that it is to be tried later.",
                [
                    Query(
                        total(increase(of("tocsin_ticket_retries_total", "sink")), "sink"),
                        "{{sink}}",
                    )
                ],
                Unit.COUNT,
                stacked=True,
                width=8,
                links=failing,
            )
        )
    )


def _sources(built: Dashboard) -> Dashboard:
    items = total(increase(of("tocsin_source_items_total")), "source", "outcome")
    failures = total(increase(of("tocsin_source_failures_total")), "source", "reason")
    mend = [links.runbook(Runbook.SOURCE)]
    return (
        built.with_row(Row("Sources"))
        .with_panel(
            over_time(
                "Items by source and outcome",
                "What the role `sources` was given; only what was sent is a mention.",
                [Query(items, "{{source}}: {{outcome}}")],
                Unit.COUNT,
                stacked=True,
                links=mend,
            )
        )
        .with_panel(
            over_time(
                "Failures by source",
                "later: busy or out of reach. refused: somebody has to mend it.",
                [Query(failures, "{{source}}: {{reason}}")],
                Unit.COUNT,
                links=mend,
            )
        )
    )
