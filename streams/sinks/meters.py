"""Metrics of the deliveries; labels are sinks as the policy file names them, and bounded words."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

OUTCOMES = (
    "created",
    "updated",
    "resolved",
    "acknowledged",
    "released",
    "unchanged",
    "duplicate",
    "superseded",
    "dead_letter",
)
_SECONDS = (0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800, 7200, 21600)
_CALLS = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30)


class Meters:
    """What the operators of the role `tickets` look at."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.deliveries = Counter(
            "tocsin_ticket_deliveries",
            f"Escalations done with, by sink and what became of them: {', '.join(OUTCOMES)}.",
            ["sink", "outcome"],
            registry=registry,
        )
        self.delivery_seconds = Histogram(
            "tocsin_ticket_delivery_seconds",
            "From an escalation's arrival in Kafka until the sink has it.",
            ["sink"],
            buckets=_SECONDS,
            registry=registry,
        )
        self.call_seconds = Histogram(
            "tocsin_ticket_call_seconds",
            "One try at a sink, whatever came of it.",
            ["sink"],
            buckets=_CALLS,
            registry=registry,
        )
        self.retries = Counter(
            "tocsin_ticket_retries",
            "Tries that a sink did not answer, or answered with `later`.",
            ["sink"],
            registry=registry,
        )
        self.waiting = Gauge(
            "tocsin_ticket_waiting",
            "Escalations that wait for a sink.",
            ["sink"],
            registry=registry,
        )
        self.oldest = Gauge(
            "tocsin_ticket_oldest_waiting_seconds",
            "Time since the arrival in Kafka of the oldest escalation that waits for a sink.",
            ["sink"],
            registry=registry,
        )
        self.breaker = Gauge(
            "tocsin_ticket_breaker_state",
            "Circuit breaker of a sink: 0 closed, 1 tried with one call, 2 open.",
            ["sink"],
            registry=registry,
        )
        self.disabled = Gauge(
            "tocsin_ticket_sink_disabled",
            "1 where a sink answered that it wants nothing more (HTTP 410).",
            ["sink"],
            registry=registry,
        )
