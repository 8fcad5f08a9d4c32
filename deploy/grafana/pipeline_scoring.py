"""Of the board *Pipeline*: the model at work, its cache and its gate."""

from grafana_foundation_sdk.builders.dashboard import Dashboard, Row

from deploy.grafana import links
from deploy.grafana.links import Runbook
from deploy.grafana.panels import over_time
from deploy.grafana.queries import Query, of, quantiles, rate, share, total
from deploy.grafana.style import Unit, above


def add(built: Dashboard) -> Dashboard:
    """The section *Scoring*."""
    batches = total(rate(of("tocsin_scoring_batch_mentions_sum")))
    batch = share(batches, total(rate(of("tocsin_scoring_batch_mentions_count"))))
    busy = total(rate(of("tocsin_scoring_seconds_sum")), "instance")
    hits = total(rate(of("tocsin_score_cache_total", outcome="hit")))
    looked = total(rate(of("tocsin_score_cache_total")))
    gated = total(rate(of("tocsin_score_gate_total", outcome="gate")))
    texts = total(rate(of("tocsin_score_gate_total")))
    return (
        built.with_row(Row("Scoring"))
        .with_panel(
            over_time(
                "Time to score a batch",
                "Queueing in Kafka is not part of it.",
                quantiles("tocsin_scoring_seconds"),
                Unit.SECONDS,
                exemplar=True,
                width=8,
                links=[links.runbook(Runbook.BACKLOG)],
            )
        )
        .with_panel(
            over_time(
                "Mentions in a batch",
                "Full batches (TOCSIN_BATCH_SIZE) mean that the model is the bottleneck.",
                [Query(batch, "mean")],
                Unit.COUNT,
                width=8,
            )
        )
        .with_panel(
            over_time(
                "Share of time spent scoring",
                "By worker. Near 100 %: add workers of the role score, up to the partitions.",
                [Query(busy, "{{instance}}")],
                Unit.SHARE,
                steps=above(0.9),
                most=1,
                width=8,
                links=[links.runbook(Runbook.BACKLOG)],
            )
        )
        .with_panel(
            over_time(
                "Answered without the encoder",
                "Cache: texts read before. Gate: mentions in which it is certain that nothing is.",
                [Query(share(hits, looked), "cache"), Query(share(gated, texts), "gate")],
                Unit.SHARE,
                most=1,
            )
        )
        .with_panel(
            over_time(
                "Memory by worker",
                "Resident, without the scoring process beside it.",
                [Query(of("process_resident_memory_bytes"), "{{instance}}")],
                Unit.BYTES,
            )
        )
    )
