"""The board *Pipeline*: is the stream keeping up, and is anything lost on the way."""

from grafana_foundation_sdk.builders.dashboard import Dashboard, Row

from deploy.grafana import links, pipeline_outlets, pipeline_scoring, variables
from deploy.grafana.frame import framed
from deploy.grafana.links import Runbook
from deploy.grafana.panels import heat, number, over_time, ranking
from deploy.grafana.queries import Query, highest, increase, of, quantiles, rate, total
from deploy.grafana.style import Unit, above, plain

UID = "tocsin-pipeline"
_MENTIONS = of("tocsin_mentions_total", "brand")
_LATENCY = "tocsin_mention_to_escalation_seconds"
_LAG = of("tocsin_consumer_lag")
_OFFSET = of("tocsin_committed_offset")
_DEAD = of("tocsin_dead_letters_total")


def board() -> Dashboard:
    """The board."""
    built = framed(
        "Tocsin: pipeline",
        UID,
        "Rates, latency, lag, cache, gate, dead letters and ticket sinks.",
        [variables.brand(), variables.labels("sink", "Sink", "tocsin_ticket_deliveries_total")],
        since="now-6h",
    )
    built = _backlog(_flow(_now(built)))
    return pipeline_outlets.add(pipeline_scoring.add(built))


def _now(built: Dashboard) -> Dashboard:
    p95 = f"histogram_quantile(0.95, {total(rate(of(f'{_LATENCY}_bucket')), 'le')})"
    lost = total(increase(_DEAD, "$__range"))
    behind = [links.runbook(Runbook.BACKLOG)]
    return (
        built.with_row(Row("Now"))
        .with_panel(
            number(
                "Mentions",
                "Scored or dead-lettered.",
                [Query(total(rate(_MENTIONS)))],
                Unit.PER_SECOND,
                steps=plain("blue"),
                width=4,
            )
        )
        .with_panel(
            number(
                "Waiting",
                "Messages that the roles have not worked off, over all topics.",
                [Query(total(_LAG))],
                Unit.COUNT,
                steps=above(10_000, 1_000),
                width=4,
                links=behind,
            )
        )
        .with_panel(
            number(
                "Mention to escalation, p95",
                "From a mention's arrival in Kafka to the acknowledged escalation.",
                [Query(p95)],
                Unit.SECONDS,
                steps=above(60, 10),
                width=4,
                links=[links.runbook(Runbook.LATENCY)],
            )
        )
        .with_panel(
            number(
                "Dead letters",
                "Over the board's time range.",
                [Query(f"{lost} or vector(0)")],
                Unit.COUNT,
                steps=above(100, 1),
                width=4,
                links=[links.runbook(Runbook.DEAD_LETTERS)],
            )
        )
        .with_panel(
            number(
                "Workers",
                "Processes that Prometheus reaches.",
                [Query(f"count({of('tocsin_build_info')})")],
                Unit.COUNT,
                steps=[(None, "red"), (1, "green")],
                width=4,
                links=[links.runbook(Runbook.DOWN)],
            )
        )
        .with_panel(
            number(
                "Event time behind",
                "Wall clock minus the newest event time decided on; large while a replay runs.",
                [Query(f"min({of('tocsin_event_time_lag_seconds')})")],
                Unit.SECONDS,
                steps=above(3600, 300),
                width=4,
            )
        )
    )


def _flow(built: Dashboard) -> Dashboard:
    return (
        built.with_row(Row("Flow and latency"))
        .with_panel(
            over_time(
                "Mentions by outcome",
                "What became of what came in.",
                [Query(total(rate(_MENTIONS), "outcome"), "{{outcome}}")],
                Unit.PER_SECOND,
                stacked=True,
            )
        )
        .with_panel(
            over_time(
                "Work done by stage",
                "Messages finished: all that they caused is acknowledged by the broker.",
                [Query(total(rate(of("tocsin_stage_done_total")), "stage"), "{{stage}}")],
                Unit.PER_SECOND,
                links=[links.runbook(Runbook.BACKLOG)],
            )
        )
        .with_panel(
            over_time(
                "Mention to escalation",
                "From a mention's arrival in Kafka to the acknowledged escalation.",
                quantiles(_LATENCY),
                Unit.SECONDS,
                steps=above(60),
                exemplar=True,
                links=[links.runbook(Runbook.LATENCY)],
            )
        )
        .with_panel(
            heat(
                "Mention to escalation, all",
                "Escalations by the time they took.",
                Query(total(increase(of(f"{_LATENCY}_bucket")), "le")),
                Unit.SECONDS,
            )
        )
    )


def _backlog(built: Dashboard) -> Dashboard:
    behind = [links.runbook(Runbook.BACKLOG)]
    beat = highest(of("tocsin_stage_heartbeat_timestamp_seconds"), "stage")
    newest = highest(of("tocsin_channel_last_mention_timestamp_seconds", "brand"), "channel")
    return (
        built.with_row(Row("Backlog"))
        .with_panel(
            over_time(
                "Waiting by topic",
                "Messages not worked off yet.",
                [Query(total(_LAG, "topic"), "{{topic}}")],
                Unit.COUNT,
                links=behind,
            )
        )
        .with_panel(
            over_time(
                "Read by topic",
                "How fast committed offsets move.",
                [
                    Query(
                        f"clamp_min({total(f'deriv({_OFFSET}[$__rate_interval])', 'topic')}, 0)",
                        "{{topic}}",
                    )
                ],
                Unit.PER_SECOND,
                links=behind,
            )
        )
        .with_panel(
            ranking(
                "Partitions furthest behind",
                "One partition alone points to one key, or to one worker.",
                Query(f"topk(10, {total(_LAG, 'topic', 'partition')})", "{{topic}}, {{partition}}"),
                Unit.COUNT,
                steps=above(10_000, 1_000),
                width=8,
                links=behind,
            )
        )
        .with_panel(
            over_time(
                "Since the last sign of life",
                "By stage: ready for work, or its work came further.",
                [Query(f"clamp_min(time() - {beat}, 0)", "{{stage}}")],
                Unit.SECONDS,
                steps=above(120),
                width=8,
                links=[links.runbook(Runbook.STOPPED)],
            )
        )
        .with_panel(
            ranking(
                "Since the last mention",
                "By channel: a source that fell silent looks like calm.",
                Query(f"topk(12, time() - {newest})", "{{channel}}"),
                Unit.SECONDS,
                steps=above(86_400, 3_600),
                width=8,
                links=[links.runbook(Runbook.SILENT)],
            )
        )
    )
