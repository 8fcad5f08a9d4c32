"""`tocsin doctor`: checks what the stream needs, and says how to mend each."""

import os

import click

from streams.checks import Outcome, Report, run_all
from streams.cli.common import settings, write_json
from streams.config import Described, describe
from streams.errors import CheckFailed, ConfigError
from streams.hidden import hide

MARKS = {
    Outcome.OK: ("ok  ", "green"),
    Outcome.WARN: ("warn", "yellow"),
    Outcome.FAIL: ("fail", "red"),
}


@click.command("doctor")
@click.option("--json", "as_json", is_flag=True, help="One JSON line per check and per setting.")
def command(as_json: bool) -> None:
    """Check python, settings, policy, broker, topics, model, sinks, sources, web and state folder.

    Ends with 1 when a check fails.
    """
    reports: list[Report] = []
    for report in run_all(os.environ):
        if as_json:
            write_json({"check": report.name, "outcome": report.outcome} | _texts(report))
        else:
            _print(report, reports[-1] if reports else None)
        reports.append(report)
    if reports and not as_json:
        _mend(reports[-1])
    try:
        described = list(describe(settings()))
    except ConfigError:
        described = []
    if as_json:
        for setting in described:
            write_json({"setting": setting})
    elif described:
        _table(described)
    failed = [report.name for report in reports if report.outcome is Outcome.FAIL]
    if failed:
        raise CheckFailed(
            f"{len(failed)} of {len(reports)} checks failed: {', '.join(dict.fromkeys(failed))}"
        )


def _print(report: Report, before: Report | None) -> None:
    if before and before.mend != report.mend:
        _mend(before)  # checks in a row that one thing mends are told how once, after the last
    mark, colour = MARKS[report.outcome]
    click.echo(f"{click.style(mark, fg=colour)}  {report.name:<9} {hide(report.text)}")


def _mend(report: Report) -> None:
    if report.mend:
        click.echo(f"{'':16}-> {report.mend}")


def _texts(report: Report) -> dict[str, str]:
    return {"text": hide(report.text), "mend": report.mend}


def _table(described: list[Described]) -> None:
    click.echo("\nsettings (* from the environment)")
    width = max(len(setting.variable) for setting in described)
    for setting in described:
        mark = "*" if setting.source == "environment" else " "
        value = setting.value or "-"
        click.echo(f"{mark} {setting.variable:<{width}}  {value:<16}  {setting.description}")
