"""Of the board *Model*: what cases came to, against the score that they opened with."""

from grafana_foundation_sdk.builders.dashboard import Dashboard, Row

from deploy.grafana import links
from deploy.grafana.panels import number, over_time, ranking
from deploy.grafana.queries import Query, increase, of, share, total
from deploy.grafana.style import Unit, above, plain

_OUTCOMES = of("tocsin_case_outcomes_total")


def add(built: Dashboard) -> Dashboard:
    """The section *Calibration feedback*."""
    ended = increase(_OUTCOMES, "$__range")
    crises = increase(of("tocsin_case_outcomes_total", outcome="crisis"), "$__range")
    dismissed = increase(of("tocsin_case_outcomes_total", outcome="dismissed"), "$__range")
    to = [links.console()]
    return (
        built.with_row(Row("Calibration feedback"))
        .with_panel(
            number(
                "Ended episodes",
                "Over the board's time range; a case whose worker restarted meanwhile is missing.",
                [Query(total(ended))],
                Unit.COUNT,
                steps=plain("blue"),
                width=8,
                links=to,
            )
        )
        .with_panel(
            number(
                "Became a crisis",
                "Share of ended episodes.",
                [Query(f"({total(crises)} or vector(0)) / ({total(ended)} > 0)")],
                Unit.SHARE,
                steps=plain("blue"),
                width=8,
                links=to,
            )
        )
        .with_panel(
            number(
                "Dismissed by a person",
                "Share of ended episodes: false alarms, and those that were taken care of.",
                [Query(f"({total(dismissed)} or vector(0)) / ({total(ended)} > 0)")],
                Unit.SHARE,
                steps=above(0.5, 0.25),
                width=8,
                links=to,
            )
        )
        .with_panel(
            ranking(
                "Became a crisis, by opening score",
                "Row 0.3 holds the cases that opened with 0.3 to 0.4. Calibrated: about three to "
                "four in ten of them. What the brand did about it lowers the share.",
                Query(share(total(crises, "score"), total(ended, "score")), "{{score}}"),
                Unit.SHARE,
                steps=plain("blue"),
                most=1,
                width=8,
                links=to,
            )
        )
        .with_panel(
            over_time(
                "How episodes ended",
                "crisis: it got there; dismissed: a person ended it; calmed: the clock did.",
                [Query(total(increase(_OUTCOMES), "outcome"), "{{outcome}}")],
                Unit.COUNT,
                stacked=True,
                width=8,
                links=to,
            )
        )
        .with_panel(
            over_time(
                "What people decided, by level",
                "Commands about cases, by the level that the case had.",
                [
                    Query(
                        total(increase(of("tocsin_case_commands_total")), "action", "level"),
                        "{{action}}, {{level}}",
                    )
                ],
                Unit.COUNT,
                stacked=True,
                width=8,
                links=to,
            )
        )
    )
