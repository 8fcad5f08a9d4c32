"""`tocsin backtest`: the whole decision over a file, in event time, without a broker."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from scoring import policy as policies
from scoring.escalation import Escalation, encode
from scoring.history import History
from scoring.scored import Scored
from scoring.trace import Trace
from streams.cli.common import counted, no_cascade, note, settings, write_json
from streams.cli.drawing import Drawing
from streams.cli.progress import Progress
from streams.cli.reporting import LANGUAGES, Reporting
from streams.cli.summary import Summary
from streams.errors import CheckFailed, UsageError
from streams.lines import Lines, batched

if TYPE_CHECKING:
    from streams.scorer.reader import Reader

BATCH = 256


@click.command()
@click.argument("file", type=click.Path(path_type=Path, allow_dash=True), default="-")
@click.option(
    "--policy",
    type=click.Path(path_type=Path),
    help="Policy file (TOML); else TOCSIN_POLICY, else the one that ships.",
)
@click.option("--summary", is_flag=True, help="One JSON line per case instead of escalations.")
@click.option("--case", "only", multiple=True, metavar="ID", help="Of this case alone; repeatable.")
@click.option(
    "--plot",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Draw each case over time into this file (.svg or .html): score, spread, level.",
)
@click.option(
    "--html",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write a report into this file, to be mailed or printed: each case with what happened, "
    "why it was told, what to do, and who would have been paged when.",
)
@click.option(
    "--lang",
    type=click.Choice(LANGUAGES),
    help="Language of the report; else the one that most cases are told in.",
)
@click.option("--strict", is_flag=True, help="Exit 1 when a line was bad.")
@no_cascade
@click.version_option(package_name="tocsin")
def command(
    file: Path,
    policy: Path | None,
    summary: bool,
    only: tuple[str, ...],
    plot: Path | None,
    html: Path | None,
    lang: str | None,
    strict: bool,
    no_cascade: bool,
) -> None:
    """Write the escalations that the stream would have sent for the mentions of FILE.

    \b
      tocsin backtest mine.jsonl --summary             one line per case
      tocsin backtest mine.jsonl --html report.html    a report to mail

    FILE is JSON Lines (`-` is standard input); lines may be out of order by the policy's allowed
    lateness. After the last one the clock runs on until every case has come to rest. Bad lines
    are told on standard error as `line N: reason`.
    """
    if lang and not html:
        raise UsageError("--lang is the language of the report: give --html too")
    chosen = settings()
    rules = policies.load(policy or chosen.policy)
    trace = Trace(rules) if plot or html else None
    drawing = Drawing(plot, rules, trace) if plot and trace else None
    report = (
        Reporting(html, rules, policy or chosen.policy, trace, lang) if html and trace else None
    )
    history = History(rules, trace)
    summaries: dict[str, Summary] = {}
    with Progress(0) as progress:
        lines = Lines(
            file, text=False, complain=lambda n, reason: progress.print(f"line {n}: {reason}")
        )
        from streams.scorer.reader import Reader

        reader = Reader(chosen.model, cascade=chosen.cascade and not no_cascade)
        progress.total(lines.size)
        heard = report.mention if report else None
        for said in _run(history, reader, lines, progress, heard):
            if only and said.case_id not in only:
                continue
            if drawing:
                drawing.said.append(said)
            if report:
                report.said.append(said)
            if summary:
                summaries.setdefault(said.case_id, Summary()).add(said)
            else:
                sys.stdout.buffer.write(encode(said) + b"\n")
        sys.stdout.buffer.flush()
    for case_id, found in summaries.items():
        write_json({"case_id": case_id, **found.row()})
    if drawing:
        note(drawing.write(file.name))
    if report:
        note(report.write(file.name, late=history.late, bad=lines.bad))
    if history.late:
        note(
            f"{counted(history.late, 'mention')} came later than the allowed lateness and raised "
            "no alarm; sort the file by created_at"
        )
    if not history.count and not lines.bad:
        note("no mentions to decide over")
    if lines.bad:
        note(counted(lines.bad, "bad line"))
        if strict:
            raise CheckFailed(f"{counted(lines.bad, 'bad line')} and --strict was asked for")


def _run(
    history: History,
    reader: "Reader",
    lines: Lines,
    progress: Progress,
    heard: Callable[[Scored], None] | None,
) -> Iterator[Escalation]:
    for batch in batched(lines, BATCH):
        for scored in reader.read(batch):
            if heard:
                heard(scored)
            yield from history.add(scored)
        progress.reach(lines.read)
    yield from history.finish()
