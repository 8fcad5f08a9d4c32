"""Who reached what on a task: measured, as Markdown, and as plain values for JSON."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from benchmarks.yardsticks import figures, signals
from benchmarks.yardsticks.figures import Figure
from benchmarks.yardsticks.tasks import Task, Verdict

_SILENT = "–"


@dataclass(frozen=True)
class Report:
    """Figures by question, group and reader; a reader that is not there had nothing to say.

    `by_fold` is the mean of the folds' own figures, by question and reader, where there are
    several; `pairs` the share of contrast pairs ranked right and their number, by reader.
    """

    task: Task
    readers: tuple[str, ...]
    figures: Mapping[tuple[str, str], Mapping[str, Figure]]
    by_fold: Mapping[str, Mapping[str, float]]
    pairs: Mapping[str, tuple[float | None, int]]


def measure(task: Task, verdicts: Mapping[str, list[Verdict]], seed: int) -> Report:
    """The report on each reader's verdicts, one per fold."""
    found: dict[tuple[str, str], dict[str, Figure]] = {}
    by_fold: dict[str, dict[str, float]] = {}
    pairs = {}
    test = task.test
    for reader, given in verdicts.items():
        whole = Verdict(
            np.concatenate([one.classes for one in given]),
            np.concatenate([one.scores for one in given]),
        )
        for name, columns in _asked(task, whole).items():

            def figure(rows: np.ndarray, of: list[int] = columns, said: Verdict = whole) -> float:
                return _mean_f1(task, test.labels[rows], said.classes[rows], of)

            for group, mask in task.groups.items():
                rows = np.flatnonzero(mask)
                if len(rows):
                    told = found.setdefault((name, group), {})
                    if (reached := figures.measured(figure, rows, seed)) is not None:
                        told[reader] = reached
            if len(given) > 1:
                each = [
                    _mean_f1(task, fold.test.labels, one.classes, columns)
                    for fold, one in zip(task.folds, given, strict=True)
                ]
                if not np.isnan(each).all():
                    by_fold.setdefault(name, {})[reader] = round(float(np.nanmean(each)), 4)
        if any(task.pairs):
            pairs[reader] = signals.pairs_ranked(task, whole)
    return Report(task, tuple(verdicts), found, by_fold, pairs)


def _asked(task: Task, verdict: Verdict) -> dict[str, list[int]]:
    """The questions that a verdict speaks of with their columns, and the average where it can."""
    spoken = [int(column) for column in np.flatnonzero(~np.isnan(verdict.scores).any(0))]
    asked = {task.questions[column].name: [column] for column in spoken}
    if task.average and len(spoken) == len(task.questions):
        asked = {task.average: spoken, **asked}
    return asked


def _mean_f1(task: Task, labels: np.ndarray, classes: np.ndarray, columns: list[int]) -> float:
    """The mean over the questions that can be measured; NaN where none can."""
    reached = [
        question.f1(labels[:, at], classes[:, at])
        for at, question in ((at, task.questions[at]) for at in columns)
        if question.measurable(labels[:, at])
    ]
    return float(np.mean(reached)) if reached else float("nan")


def _left_out(task: Task) -> list[str]:
    """The questions of an average that some group cannot answer for, as lines."""
    lines = []
    for group, mask in task.groups.items() if task.average else ():
        labels = task.test.labels[mask]
        names = [q.name for at, q in enumerate(task.questions) if not q.measurable(labels[:, at])]
        if names and len(labels):
            lines += ["", f"No positives in {group}, so left out of its mean: {', '.join(names)}."]
    return lines


def markdown(report: Report) -> str:
    """A table of F1 with 95 % intervals, and what goes with it.

    Where there is an average, it is told of every group, single questions of the first alone.
    """
    task = report.task
    lines = [
        f"### {task.name}",
        "",
        "| what | rows | " + " | ".join(report.readers) + " | best published |",
        "|---" * (len(report.readers) + 3) + "|",
    ]
    for (name, group), reached in _in_order(report):
        if task.average and name != task.average and group != next(iter(task.groups)):
            continue  # the JSON has them all
        cells = [
            str(reached[reader]) if reader in reached else _SILENT for reader in report.readers
        ]
        best = task.published.get((name, group))
        lines.append(
            f"| {name}, {group} | {int(task.groups[group].sum()):,} | "
            + " | ".join(cells)
            + f" | {_SILENT if best is None else f'{best:.3f}'} |"
        )
    lines += _left_out(task)
    for name, means in report.by_fold.items():
        told = ", ".join(f"{reader} {mean:.3f}" for reader, mean in means.items())
        lines += ["", f"Mean of the {len(task.folds)} folds, {name}: {told}."]
    if report.pairs:
        told = ", ".join(
            f"{reader} {share:.3f} of {number}"
            for reader, (share, number) in report.pairs.items()
            if share is not None
        )
        lines += ["", f"Contrast pairs ranked right (over the heads answered): {told}."]
    return "\n".join(lines) + "\n"


def _in_order(report: Report) -> list[tuple[tuple[str, str], Mapping[str, Figure]]]:
    names = [question.name for question in report.task.questions]
    if report.task.average:
        names = [report.task.average, *names]
    return [
        ((name, group), report.figures[name, group])
        for name in names
        for group in report.task.groups
        if (name, group) in report.figures
    ]


def plain(report: Report) -> dict[str, Any]:
    """The figures as JSON keeps them."""
    told: dict[str, Any] = {
        "rows": {group: int(rows.sum()) for group, rows in report.task.groups.items()},
        "figures": {},
    }
    for (name, group), reached in _in_order(report):
        entry = {reader: asdict(figure) for reader, figure in reached.items()}
        told["figures"].setdefault(name, {})[group] = entry
    if report.by_fold:
        told["mean_of_folds"] = report.by_fold
    if report.pairs:
        told["pairs_ranked_right"] = {
            reader: {"share": share, "pairs": number}
            for reader, (share, number) in report.pairs.items()
        }
    return told
