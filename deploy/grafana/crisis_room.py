"""The board *Crisis room*: what is open, where it is going, and on what evidence."""

from grafana_foundation_sdk.builders.dashboard import Dashboard, Row

from deploy.grafana import links, variables
from deploy.grafana.frame import framed
from deploy.grafana.links import Runbook
from deploy.grafana.panels import number, over_time, ranking, rows
from deploy.grafana.queries import Query, highest, increase, of, total
from deploy.grafana.style import LEVEL_COLOURS, Unit, above, levels, plain
from scoring.levels import Level

UID = "tocsin-crisis-room"
HOUR = 3600
_OPEN = of("tocsin_cases_open", "brand", "level")
_ACKNOWLEDGED = of("tocsin_cases_acknowledged", "brand", "level")
_SCORE = of("tocsin_case_score", "brand", "level")
_REPRODUCTION = of("tocsin_case_reproduction", "brand", "level")
_FORECAST = of("tocsin_case_forecast_shares", "brand", "level")
_SILENCE = of("tocsin_case_silence_seconds", "brand", "level")
_UNACKNOWLEDGED = of("tocsin_case_unacknowledged_seconds", "level")


def board() -> Dashboard:
    """The board."""
    built = framed(
        "Tocsin: crisis room",
        UID,
        "What is open now, by brand and level, where it is going, and why.",
        [variables.brand(), variables.level()],
        since="now-24h",
    )
    return _why(_course(_now(built)))


def _now(built: Dashboard) -> Dashboard:
    built.with_row(Row("Now"))
    for level in reversed(Level):
        query = Query(f"{total(of('tocsin_cases_open', 'brand', level=level.value))} or vector(0)")
        about = f"Open cases at level {level.value}."
        steps = [(None, "green"), (1.0, LEVEL_COLOURS[level])]
        title = level.value.capitalize()
        to = [links.console(), links.runbook(Runbook.CRISIS)]
        built.with_panel(number(title, about, [query], Unit.COUNT, steps=steps, width=4, links=to))
    return (
        built.with_panel(
            number(
                "Longest unacknowledged",
                "How long the oldest open case has waited for a person.",
                [Query(highest(_UNACKNOWLEDGED))],
                Unit.SECONDS,
                steps=above(HOUR, HOUR / 4),
                width=4,
                links=[links.console(), links.runbook(Runbook.UNACKNOWLEDGED)],
            )
        )
        .with_panel(
            number(
                "Highest score",
                "Of all open cases; colours are the levels of the built-in policy.",
                [Query(highest(_SCORE))],
                Unit.SHARE,
                steps=levels(),
                width=4,
                links=[links.console()],
            )
        )
        .with_panel(
            rows(
                "Brands with open cases",
                "The worst of each brand's open cases, whichever of them that is.",
                ["brand"],
                [
                    ("Open", Query(total(_OPEN, "brand") + " > 0"), Unit.COUNT, None),
                    ("Acknowledged", Query(total(_ACKNOWLEDGED, "brand")), Unit.COUNT, None),
                    ("Score", Query(highest(_SCORE, "brand")), Unit.SHARE, levels()),
                    (
                        "Reproduction",
                        Query(highest(_REPRODUCTION, "brand")),
                        Unit.NONE,
                        above(1, 0.5),
                    ),
                    ("Forecast of shares", Query(highest(_FORECAST, "brand")), Unit.COUNT, None),
                    (
                        "Silence",
                        Query(highest(_SILENCE, "brand")),
                        Unit.SECONDS,
                        above(24 * HOUR, 2 * HOUR),
                    ),
                ],
                width=14,
                links=[links.console()],
            )
        )
        .with_panel(
            ranking(
                "Silence clocks",
                "Longest time that customers of an open case have waited for the brand's answer.",
                Query(f"topk(12, {highest(_SILENCE, 'brand', 'level')})", "{{brand}}, {{level}}"),
                Unit.SECONDS,
                steps=above(24 * HOUR, 2 * HOUR),
                width=10,
                links=[links.console()],
            )
        )
    )


def _course(built: Dashboard) -> Dashboard:
    return (
        built.with_row(Row("Course"))
        .with_panel(
            over_time(
                "Score by brand",
                "Highest score of a brand's open cases; lines are the built-in policy's levels.",
                [Query(highest(_SCORE, "brand"), "{{brand}}")],
                Unit.SHARE,
                steps=levels(),
                most=1,
                links=[links.console()],
            )
        )
        .with_panel(
            over_time(
                "Reproduction by brand",
                "How many further shares a share brings, at most, in a brand's open cases. "
                "From 1 on it explodes.",
                [Query(highest(_REPRODUCTION, "brand"), "{{brand}}")],
                Unit.NONE,
                steps=above(1),
                links=[links.console()],
            )
        )
        .with_panel(
            over_time(
                "Open cases by level",
                "Conversations and incidents.",
                [Query(total(_OPEN, "level"), "{{level}}")],
                Unit.COUNT,
                stacked=True,
                links=[links.console()],
            )
        )
        .with_panel(
            over_time(
                "Forecast of shares by brand",
                "Largest forecast of the final number of shares among a brand's open cases.",
                [Query(highest(_FORECAST, "brand"), "{{brand}}")],
                Unit.COUNT,
                links=[links.console()],
            )
        )
        .with_panel(
            over_time(
                "Escalations sent",
                "Messages to the topic escalations, by what they did to their case.",
                [
                    Query(
                        total(increase(of("tocsin_escalations_total", "brand", "level")), "status"),
                        "{{status}}",
                    )
                ],
                Unit.COUNT,
                stacked=True,
                links=[links.console()],
            )
        )
        .with_panel(
            over_time(
                "Mentions by channel",
                "Where the brands are talked about.",
                [
                    Query(
                        total(increase(of("tocsin_mentions_total", "brand")), "channel"),
                        "{{channel}}",
                    )
                ],
                Unit.COUNT,
                stacked=True,
                links=[links.board("tocsin-pipeline", "Pipeline")],
            )
        )
    )


def _why(built: Dashboard) -> Dashboard:
    evidence = "Open cases in whose score this weighs; the console quotes the words."
    return (
        built.with_row(Row("Why"))
        .with_panel(
            ranking(
                "Evidence that raises scores",
                evidence,
                Query(f"topk(10, {_evidence('raises')})", "{{signal}}"),
                Unit.COUNT,
                steps=plain("orange"),
                width=8,
                links=[links.console()],
            )
        )
        .with_panel(
            ranking(
                "Evidence that lowers scores",
                evidence,
                Query(f"topk(10, {_evidence('lowers')})", "{{signal}}"),
                Unit.COUNT,
                steps=plain(),
                width=8,
                links=[links.console()],
            )
        )
        .with_panel(
            over_time(
                "What people decided",
                "Commands about cases: acknowledge, assign, snooze, resolve, or take it back.",
                [Query(total(increase(of("tocsin_case_commands_total")), "action"), "{{action}}")],
                Unit.COUNT,
                stacked=True,
                width=8,
                links=[links.console()],
            )
        )
    )


def _evidence(effect: str) -> str:
    return total(of("tocsin_case_evidence", "brand", effect=effect), "signal")
