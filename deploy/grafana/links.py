"""Links from boards and panels: to each other, to the console, to a section of the runbooks."""

from enum import StrEnum

from grafana_foundation_sdk.builders.dashboard import Dashboard, DashboardLink
from grafana_foundation_sdk.models.dashboard import DashboardLinkType

TAG = "tocsin"


class Runbook(StrEnum):
    """Sections of docs/operations.md, by the anchor that their heading, an alert's name, gets."""

    CRISIS = "tocsincrisisopen"
    UNACKNOWLEDGED = "tocsinescalationunacknowledged"
    LATENCY = "tocsinlatencybudgetburn"
    BACKLOG = "tocsinbacklognotdraining"
    STOPPED = "tocsinstagestopped"
    DOWN = "tocsinworkerdown"
    DEAD_LETTERS = "tocsindeadletters"
    SINK = "tocsinsinkfailing"
    SOURCE = "tocsinsourcefailing"
    SILENT = "tocsinsourcesilent"
    DRIFT = "tocsinscoredrift"
    DISAGREE = "tocsinworkersdisagree"


def console() -> DashboardLink:
    """To the open cases, with their reasons."""
    return _link("Open cases in the console", "${console}/")


def runbook(section: Runbook) -> DashboardLink:
    """To what to do about it."""
    return _link("Runbook", f"${{handbook}}#{section}")


def board(uid: str, title: str) -> DashboardLink:
    """To another board, at the same time and with the same variables."""
    return _link(title, f"/d/{uid}").keep_time(True).include_vars(True).target_blank(False)


def _link(title: str, url: str) -> DashboardLink:
    link = DashboardLink(title).type(DashboardLinkType.LINK).url(url)
    return link.icon("external link").target_blank(True)


def add(dashboard: Dashboard) -> Dashboard:
    """The links at the top of every board."""
    others = DashboardLink("Tocsin").type(DashboardLinkType.DASHBOARDS).tags([TAG])
    others = others.as_dropdown(False).keep_time(True).include_vars(True).icon("dashboard")
    return (
        dashboard.link(others)
        .link(console())
        .link(_link("Operations", "${handbook}").tooltip("What to do about each alert"))
    )
