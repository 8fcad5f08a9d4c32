"""`python -m benchmarks decision`: every judge over every history, in one run."""

import json
from collections.abc import Sequence
from pathlib import Path

import click

from benchmarks.decision import report
from benchmarks.decision.alarms import Decision, Judge
from benchmarks.decision.figures import Judged, measure
from benchmarks.decision.simple import RULES
from benchmarks.decision.without import SIGNALS, without
from scoring import policy as policies
from streams.calibration.kept import Scores
from streams.cli import exits
from streams.cli.common import note, settings
from streams.histories import kinds
from streams.histories.collection import collection, ordinary

_SPLITS = ("train", "test")


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--scores",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("runs/decision"),
    show_default=True,
    help="Folder where the scores of texts are kept: each is read once by a model.",
)
@click.option("--policy", type=click.Path(path_type=Path), help="Policy file; else as `backtest`.")
@click.option("--model", type=click.Path(path_type=Path), help="Exported model; else as `score`.")
@click.option("--seed", type=click.IntRange(1), default=1, show_default=True)
@click.option("--split", type=click.Choice(_SPLITS), help="Kinds of one split only.")
@click.option("--kind", "only", multiple=True, help="Histories of these kinds only.")
@click.option("--rules/--no-rules", default=True, help="The rules of thumb, too.")
@click.option("--signals/--no-signals", default=True, help="Each signal removed in turn, too.")
@click.option("--without", "deaf", multiple=True, help="Only these of the signals.")
@click.option("--plot", type=click.Path(dir_okay=False, path_type=Path), help="Reliability plot.")
@click.option("--json", "file", type=click.Path(dir_okay=False, path_type=Path))
def command(
    scores: Path,
    policy: Path | None,
    model: Path | None,
    seed: int,
    split: kinds.Split | None,
    only: tuple[str, ...],
    rules: bool,
    signals: bool,
    deaf: tuple[str, ...],
    plot: Path | None,
    file: Path | None,
) -> None:
    """Tell made-up histories to the decision, and count what it caught and what it cried.

    The first run reads some 44,000 texts; the scores are kept. Tables go to standard output.
    """
    known = [*kinds.slugs(), "ordinary"]
    if unknown := [kind for kind in only if kind not in known]:
        raise click.UsageError(f"no kind {unknown[0]!r}; there are: {', '.join(known)}")
    if unknown := [name for name in deaf if name not in SIGNALS]:
        raise click.UsageError(f"no signal {unknown[0]!r}; there are: {', '.join(SIGNALS)}")
    told = [*collection(split, seed), *ordinary(split, seed)]
    told = [history for history in told if not only or history.kind in only]
    held = Scores(scores, model or settings().model)
    held.read((mention for history in told for mention in history.mentions), note)
    chosen = policies.load(policy or settings().policy)
    ours = Decision("Tocsin", chosen)
    others: list[Judge] = [*RULES] if rules else []
    if signals:
        others += [Decision(f"without {name}", without(chosen, name)) for name in deaf or SIGNALS]
    found: dict[str, list[Judged]] = {judge.name: [] for judge in (ours, *others)}
    for judge in (ours, *others):
        note(f"judging: {judge.name}")
        found[judge.name] = [
            (history, judge.judge(history, held.scored(history.mentions))) for history in told
        ]
    mentions = sum(len(history.mentions) for history in told)
    click.echo(
        f"{len(told)} histories, {mentions:,} mentions, seed {seed}; model {held.label}; "
        f"policy {chosen.label}\n"
    )
    own = found[ours.name]
    whole: dict[str, dict[str, object]] = {}
    for part in (*_SPLITS, None):
        some = {
            name: [pair for pair in judged if part in (None, pair[0].split)]
            for name, judged in found.items()
        }
        if some[ours.name] and (part is None or split is None):
            click.echo(f"### {'All' if part is None else part.capitalize() + ' kinds'}\n")
            click.echo(report.judges(some) + "\n")
            whole[part or "all"] = {
                name: report.plain(measure(judged)) for name, judged in some.items()
            }
    click.echo(f"### By kind\n\n{report.by_kind(own)}\n\n### Reliability\n\n{report.bins(own)}")
    if plot:
        report.plot(own, plot)
    if file:
        file.write_text(json.dumps(whole, indent=2) + "\n", "utf-8")


def main(arguments: Sequence[str]) -> int:
    """Runs with these arguments; the exit code."""
    return exits.run(
        lambda: command.main(
            list(arguments), "python -m benchmarks decision", standalone_mode=False
        )
    )
