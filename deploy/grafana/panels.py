"""The kinds of panels that the boards are made of, each with a purpose written on it."""

from collections.abc import Sequence

from grafana_foundation_sdk.builders import bargauge, heatmap, stat, table, timeseries
from grafana_foundation_sdk.builders.common import (
    GraphThresholdsStyleConfig,
    ReduceDataOptions,
    StackingConfig,
)
from grafana_foundation_sdk.builders.dashboard import DashboardLink
from grafana_foundation_sdk.models.common import (
    BarGaugeDisplayMode,
    BigValueColorMode,
    BigValueGraphMode,
    FieldTextAlignment,
    GraphDrawStyle,
    GraphThresholdsStyleMode,
    StackingMode,
    VisibilityMode,
    VizOrientation,
)
from grafana_foundation_sdk.models.dashboard import DataTransformerConfig
from grafana_foundation_sdk.models.heatmap import HeatmapColorMode
from grafana_foundation_sdk.models.prometheus import PromQueryFormat

from deploy.grafana import style
from deploy.grafana.queries import Query
from deploy.grafana.style import Steps, Unit
from deploy.grafana.variables import SOURCE

Links = Sequence[DashboardLink]
WIDTH, HEIGHT = 12, 8
"""Of a panel in cells of the grid, which is 24 wide."""


def over_time(
    title: str,
    about: str,
    queries: Sequence[Query],
    unit: Unit,
    *,
    stacked: bool = False,
    steps: Steps | None = None,
    most: float | None = None,
    width: int = WIDTH,
    links: Links = (),
    exemplar: bool = False,
) -> timeseries.Panel:
    """Lines, or stacked bars; `steps` are drawn as lines, `most` ends the axis."""
    panel = (
        timeseries.Panel()
        .title(title)
        .description(about)
        .datasource(SOURCE)
        .unit(unit)
        .min(0)
        .span(width)
        .height(HEIGHT)
        .color_scheme(style.by_name())
        .legend(style.legend("lastNotNull", "max"))
        .tooltip(style.tooltip())
        .line_width(0 if stacked else 2)
        .fill_opacity(80 if stacked else 10)
        .draw_style(GraphDrawStyle.BARS if stacked else GraphDrawStyle.LINE)
        .show_points(VisibilityMode.NEVER if stacked else VisibilityMode.AUTO)
        .links(list(links))
    )
    if stacked:
        panel.stacking(StackingConfig().mode(StackingMode.NORMAL).group("A"))
    if most is not None:
        panel.max(most)
    if steps is not None:
        panel.thresholds(style.thresholds(steps))
        line = GraphThresholdsStyleMode.DASHED
        panel.thresholds_style(GraphThresholdsStyleConfig().mode(line))
    for name, colour in style.colours(queries[0].legend).items():
        panel.override_by_name(name, style.fixed(colour))
    for ref, query in zip("ABCDEF", queries, strict=False):
        panel.with_target(query.build(ref, exemplar=exemplar))
    return panel


def number(
    title: str,
    about: str,
    queries: Sequence[Query],
    unit: Unit,
    *,
    steps: Steps,
    width: int,
    calc: str = "lastNotNull",
    links: Links = (),
) -> stat.Panel:
    """One large value for each series, with its course behind it; none is shown as 0."""
    panel = (
        stat.Panel()
        .title(title)
        .description(about)
        .datasource(SOURCE)
        .unit(unit)
        .span(width)
        .height(4)
        .no_value("0")
        .thresholds(style.thresholds(steps))
        .color_scheme(style.by_threshold())
        .color_mode(BigValueColorMode.BACKGROUND)
        .graph_mode(BigValueGraphMode.AREA)
        .orientation(VizOrientation.AUTO)
        .reduce_options(ReduceDataOptions().calcs([calc]).fields("").values(False))
        .links(list(links))
    )
    for ref, query in zip("ABCDEF", queries, strict=False):
        panel.with_target(query.build(ref))
    return panel


def ranking(
    title: str,
    about: str,
    query: Query,
    unit: Unit,
    *,
    steps: Steps,
    most: float | None = None,
    width: int = WIDTH,
    links: Links = (),
) -> bargauge.Panel:
    """A bar for each series, as of now."""
    panel = (
        bargauge.Panel()
        .title(title)
        .description(about)
        .datasource(SOURCE)
        .unit(unit)
        .min(0)
        .span(width)
        .height(HEIGHT)
        .thresholds(style.thresholds(steps))
        .color_scheme(style.by_threshold())
        .display_mode(BarGaugeDisplayMode.BASIC)
        .orientation(VizOrientation.HORIZONTAL)
        .reduce_options(ReduceDataOptions().calcs(["lastNotNull"]).fields("").values(False))
        .links(list(links))
        .with_target(query.now("A", PromQueryFormat.TIME_SERIES))
    )
    return panel if most is None else panel.max(most)


def heat(title: str, about: str, query: Query, unit: Unit, *, links: Links = ()) -> heatmap.Panel:
    """A histogram over time: darker where more falls into a bucket."""
    return (
        heatmap.Panel()
        .title(title)
        .description(about)
        .datasource(SOURCE)
        .span(WIDTH)
        .height(HEIGHT)
        .calculate(False)
        .y_axis(heatmap.YAxisConfig().unit(unit))
        .color(heatmap.HeatmapColorOptions().mode(HeatmapColorMode.SCHEME).scheme("Oranges"))
        .links(list(links))
        .with_target(query.heat("A"))
    )


def rows(
    title: str,
    about: str,
    keys: Sequence[str],
    columns: Sequence[tuple[str, Query, Unit, Steps | None]],
    *,
    width: int,
    links: Links = (),
) -> table.Panel:
    """A row for each value of the labels `keys`, a column (heading, query) for each query."""
    panel = (
        table.Panel()
        .title(title)
        .description(about)
        .datasource(SOURCE)
        .span(width)
        .height(HEIGHT)
        .align(FieldTextAlignment.AUTO)
        .links(list(links))
    )
    renamed = {key: key.capitalize() for key in keys}
    for ref, (heading, query, unit, steps) in zip("ABCDEFGH", columns, strict=False):
        panel.with_target(query.now(ref, PromQueryFormat.TABLE))
        # Grafana numbers the values of several queries, and those of a single one it does not.
        renamed[f"Value #{ref}" if len(columns) > 1 else "Value"] = heading
        panel.override_by_name(heading, style.cell(unit, steps))
    panel.with_transformation(DataTransformerConfig("merge", options={}))
    hidden = {"Time": True}
    organised = {"excludeByName": hidden, "indexByName": {}, "renameByName": renamed}
    return panel.with_transformation(DataTransformerConfig("organize", options=organised))
