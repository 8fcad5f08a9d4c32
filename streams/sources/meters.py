"""Metrics of the sources; labels are sources as their file names them, and bounded words."""

from contextlib import suppress

from prometheus_client import CollectorRegistry, Counter, Gauge

OUTCOMES = ("sent", "unmatched", "duplicate", "old", "invalid", "unreadable")
FAILURES = ("later", "refused", "broker", "fault")
HTTP = "http"
"""Label of what is sent to `POST /v1/mentions`."""


class SourceMeters:
    """What the operators of the role `sources` look at."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.items = Counter(
            "tocsin_source_items",
            "Items that a source gave, by what became of them: sent, unmatched (no brand of ours), "
            "duplicate, old (over `max_age_s`), invalid (no Mention v1), unreadable.",
            ["source", "outcome"],
            registry=registry,
        )
        self.failures = Counter(
            "tocsin_source_failures",
            "Times that a source gave nothing: later (busy or out of reach), refused (somebody has "
            "to mend it), broker (Kafka did not take it), fault (of our own).",
            ["source", "reason"],
            registry=registry,
        )
        self.up = Gauge(
            "tocsin_source_up",
            "Does the source answer: 1 since it last did, all of it; 0 since its last failure.",
            ["source"],
            registry=registry,
        )
        self.last_success = Gauge(
            "tocsin_source_last_success_timestamp_seconds",
            "When the source last answered and all of it was safe, in Unix time.",
            ["source"],
            registry=registry,
        )
        self.last_item = Gauge(
            "tocsin_source_last_item_timestamp_seconds",
            "Event time of the newest item of a source, about a brand or about none, in Unix time.",
            ["source"],
            registry=registry,
        )
        self.pressure = Counter(
            "tocsin_source_back_pressure",
            "Requests with mentions that were put off (429, 503) because Kafka did not keep up.",
            ["source"],
            registry=registry,
        )

    def begin(self, source: str) -> None:
        """What happens seldom is there before it happens, or its first time goes unseen."""
        for outcome in OUTCOMES:
            self.items.labels(source, outcome)
        for reason in FAILURES:
            self.failures.labels(source, reason)
        self.pressure.labels(source)

    def end(self, source: str) -> None:
        """The source runs elsewhere from now on."""
        for gauge in (self.up, self.last_success, self.last_item):
            with suppress(KeyError):
                gauge.remove(source)
