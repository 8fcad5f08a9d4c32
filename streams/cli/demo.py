"""`tocsin demo`: everything on this machine, with recorded crises or one's own mentions."""

import sys
from pathlib import Path

import click

from streams.cli.common import counted, note, settings, write_json

PER_S = 20.0
"""Mentions a second: the whole library in less than three minutes, the first case in 20 s."""


class _Speed(click.ParamType):
    """`max` (0) or mentions a second."""

    name = "speed"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        text = str(value).strip().lower()
        if text == "max" or value == 0.0:
            return 0.0
        try:
            rate = float(text)
        except ValueError:
            rate = 0.0
        if not 0 < rate <= 1e6:
            self.fail(f"{value!r} is no speed: give mentions per second, or max", param, ctx)
        return rate


@click.command("demo")
@click.option(
    "--file",
    type=click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path),
    help="Play these mentions (JSON Lines; - for standard input) instead of the case library.",
)
@click.option(
    "--speed",
    type=_Speed(),
    default=PER_S,
    metavar="N|max",
    help="Mentions per second.  [default: 20]",
)
@click.option("--headless", is_flag=True, help="No board; end when everything is worked off.")
@click.option("--seconds", type=click.FloatRange(0.1, 1e7), metavar="N", help="End after so long.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object at the end.")
@click.option(
    "--port",
    type=click.IntRange(0, 65_535),
    metavar="N",
    help="Port of the console.  [default: 6066, or one that is free]",
)
@click.option("--browser/--no-browser", default=None, help="Open the console in a browser or not.")
def command(
    file: Path | None,
    speed: float,
    headless: bool,
    seconds: float | None,
    as_json: bool,
    port: int | None,
    browser: bool | None,
) -> None:
    """Run a broker, a worker and recorded crises on this machine, and watch them unfold.

    Nothing else is needed, and no other Kafka is touched. Ten recorded stories play interleaved
    in the order of their own time; all end at this moment. The board and the console stay until
    Ctrl-C. TOCSIN_MODEL and TOCSIN_POLICY apply.
    """
    from streams.demo import ports, script
    from streams.demo.browser import opened
    from streams.demo.process import WorkerEnded
    from streams.demo.run import Options, run
    from streams.demo.show import Board, Lines
    from streams.demo.tally import Tally

    config = settings()
    on_board = sys.stderr.isatty() and not headless
    options = Options(
        rate=speed,
        seconds=seconds or 0.0,
        ends_by_itself=headless,
        port=ports.choose(port, config),
    )
    tally = Tally()
    play = script.from_file(file, _complain) if file else script.from_library()
    try:
        if on_board:
            with Board(play, tally) as board:
                report = run(options, play, tally, opened(board, browser))
        else:
            report = run(options, play, tally, opened(Lines(), browser or False))
    except WorkerEnded as error:
        for line in error.log:
            click.echo(line, err=True)
        raise
    if as_json:
        write_json(report)
    raised = ", ".join(f"{count} {level}" for level, count in report.escalations.items())
    note(
        f"the demo ended after {report.seconds:.0f} s: {counted(report.sent, 'mention')} sent, "
        f"{report.scored:,} scored, {counted(report.dead_letters, 'dead letter')}; "
        f"{raised}; {report.resolved} resolved, {report.cases_open} open"
    )


def _complain(number: int, reason: str) -> None:
    click.echo(f"line {number}: {reason}", err=True)
