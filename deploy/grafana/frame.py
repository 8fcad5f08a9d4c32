"""What every board has around its panels: how it opens, by what it is narrowed, where it leads."""

from collections.abc import Sequence

from grafana_foundation_sdk.builders.dashboard import CustomVariable, Dashboard, QueryVariable
from grafana_foundation_sdk.models.dashboard import DashboardCursorSync

from deploy.grafana import links, variables


def framed(
    title: str,
    uid: str,
    about: str,
    own: Sequence[QueryVariable | CustomVariable],
    *,
    since: str,
    refresh: str = "30s",
) -> Dashboard:
    """A board without panels, over the time `since` (such as `now-6h`); `own` are its variables."""
    built = (
        Dashboard(title)
        .uid(uid)
        .description(about)
        .tags([links.TAG])
        .refresh(refresh)
        .time(since, "now")
        .timezone("browser")
        .readonly()
        .tooltip(DashboardCursorSync.CROSSHAIR)
        .with_variable(variables.source())
        .with_variable(variables.job())
    )
    for each in own:
        built.with_variable(each)
    return links.add(built.with_variable(variables.console()).with_variable(variables.handbook()))
