"""How every board looks: colours, units, legends, thresholds."""

from collections.abc import Sequence
from enum import StrEnum

from grafana_foundation_sdk.builders.common import VizLegendOptions, VizTooltipOptions
from grafana_foundation_sdk.builders.dashboard import FieldColor, ThresholdsConfig
from grafana_foundation_sdk.models.common import (
    LegendDisplayMode,
    LegendPlacement,
    SortOrder,
    TooltipDisplayMode,
)
from grafana_foundation_sdk.models.dashboard import (
    DynamicConfigValue,
    FieldColorModeId,
    Threshold,
    ThresholdsMode,
)

from scoring import policy
from scoring.levels import Level


class Unit(StrEnum):
    """Grafana's names of the units that the boards use."""

    COUNT = "short"
    SECONDS = "s"
    SHARE = "percentunit"
    PER_SECOND = "mps"
    BYTES = "bytes"
    NONE = "none"


GOOD, BAD = "green", "red"
LEVEL_COLOURS = {
    Level.WATCH: "blue",
    Level.RESPOND: "yellow",
    Level.ESCALATE: "orange",
    Level.CRISIS: "red",
}
SERIES_COLOURS = {
    "level": {level.value: colour for level, colour in LEVEL_COLOURS.items()},
    "status": {"open": "orange", "update": "blue", "resolved": GOOD},
    "outcome": {
        "scored": GOOD,
        "dead_letter": BAD,
        "crisis": BAD,
        "dismissed": "purple",
        "calmed": GOOD,
    },
}
"""Colours of the series that are named by one label, by that label and its value."""

Steps = Sequence[tuple[float | None, str]]
"""From which value on which colour; None for the first."""


def levels() -> Steps:
    """Where the built-in policy puts its levels on the score."""
    rules = policy.default().levels
    return [(None, GOOD), *((rules.rule(each).score, LEVEL_COLOURS[each]) for each in Level)]


def above(bad: float, warning: float | None = None) -> Steps:
    """Green, orange from `warning` on, red from `bad` on."""
    middle = [(warning, "orange")] if warning is not None else []
    return [(None, GOOD), *middle, (bad, BAD)]


def below(good: float, warning: float) -> Steps:
    """Red, orange from `warning` on, green from `good` on."""
    return [(None, BAD), (warning, "orange"), (good, GOOD)]


def plain(colour: str = GOOD) -> Steps:
    """One colour."""
    return [(None, colour)]


def thresholds(steps: Steps) -> ThresholdsConfig:
    """As Grafana wants them."""
    values = [Threshold(value=value, color=colour) for value, colour in steps]
    return ThresholdsConfig().mode(ThresholdsMode.ABSOLUTE).steps(values)


def by_threshold() -> FieldColor:
    """Colours follow the value."""
    return FieldColor().mode(FieldColorModeId.THRESHOLDS)


def by_name() -> FieldColor:
    """Colours follow the series: the same brand has the same colour on every panel."""
    return FieldColor().mode(FieldColorModeId.PALETTE_CLASSIC_BY_NAME)


def fixed(colour: str) -> list[DynamicConfigValue]:
    """The colour of one series."""
    return [DynamicConfigValue("color", {"mode": "fixed", "fixedColor": colour})]


def colours(legend: str) -> dict[str, str]:
    """The colour of each series of a query with this legend, where it has one everywhere."""
    return SERIES_COLOURS.get(legend.strip("{}"), {})


def legend(*calcs: str) -> VizLegendOptions:
    """Below the panel, as a table with these sums of each series."""
    shown = VizLegendOptions().show_legend(True).placement(LegendPlacement.BOTTOM)
    return shown.display_mode(LegendDisplayMode.TABLE if calcs else LegendDisplayMode.LIST).calcs(
        list(calcs)
    )


def tooltip() -> VizTooltipOptions:
    """All series at the pointer, the largest first."""
    return VizTooltipOptions().mode(TooltipDisplayMode.MULTI).sort(SortOrder.DESCENDING)


def cell(unit: Unit, steps: Steps | None) -> list[DynamicConfigValue]:
    """A column of a table, coloured by `steps` where there are some."""
    values = [DynamicConfigValue("unit", unit.value)]
    if steps is not None:
        held = [{"value": value, "color": colour} for value, colour in steps]
        values += [
            DynamicConfigValue("thresholds", {"mode": "absolute", "steps": held}),
            DynamicConfigValue("custom.cellOptions", {"type": "color-text"}),
        ]
    return values
