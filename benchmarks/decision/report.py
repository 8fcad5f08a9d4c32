"""Tables of the decision's figures as Markdown, and the reliability plot."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import matplotlib as mpl

from benchmarks.decision.figures import Figures, Judged, highest, measure, reliability
from scoring.levels import Level, from_rank

_NOTHING = "–"


def judges(found: Mapping[str, Sequence[Judged]]) -> str:
    """One row per judge, over all histories given."""
    levels = " | ".join(f"{level} /1,000" for level in Level)
    lines = [
        f"| judge | caught in time | median lead | controls respected | {levels} "
        "| notifications a crisis | at most 8 | resolved once | Brier | Brier, ordinary |",
        "|---" * 13 + "|",
    ]
    for name, judged in found.items():
        told = measure(judged)
        rates = " | ".join(f"{told.per_thousand.get(level, 0):.2f}" for level in Level)
        lines.append(
            f"| {name} | {_of(told.caught, told.crises)} | {_hours(told.lead_h)} "
            f"| {_of(told.respected, told.controls)} | {rates} | {_number(told.notifications)} "
            f"| {_share(told.at_most_8)} | {_share(told.resolved_once)} | {_brier(told.brier)} "
            f"| {_brier(told.brier_ordinary)} |"
        )
    return "\n".join(lines)


def by_kind(judged: Sequence[Judged]) -> str:
    """One row per kind: what became of it."""
    lines = [
        "| kind | split | told | caught in time | median lead | permitted | respected "
        "| highest levels | notifications |",
        "|---" * 9 + "|",
    ]
    for kind in dict.fromkeys(history.kind for history, _ in judged):
        own = [pair for pair in judged if pair[0].kind == kind]
        first = own[0][0]
        told = measure(own)
        peaks = sorted((highest(verdict) for _, verdict in own), reverse=True)
        names = [str(from_rank(peak) or "none") for peak in peaks]
        seen = ", ".join(f"{names.count(name)} {name}" for name in dict.fromkeys(names))
        split = "both" if kind == "ordinary" else first.split
        messages = sorted(verdict.messages for _, verdict in own)[len(own) // 2]
        lines.append(
            f"| {kind} | {split} | {len(own)} | {_of(told.caught, told.crises)} "
            f"| {_hours(told.lead_h)} | {first.permitted or _NOTHING} "
            f"| {_of(told.respected, told.controls)} | {seen} | {messages} |"
        )
    return "\n".join(lines)


def bins(judged: Sequence[Judged]) -> str:
    """How often a score of so much was followed by a crisis."""
    looks = [look for h, verdict in judged if h.kind != "ordinary" for look in verdict.looks]
    lines = ["| looks | mean score | followed by a crisis within a day |", "|---|---|---|"]
    lines += [f"| {n} | {score:.2f} | {came:.2f} |" for n, score, came in reliability(looks)]
    return "\n".join(lines)


def plot(judged: Sequence[Judged], path: Path) -> None:
    """Writes the reliability plot; the suffix of `path` says which format."""
    mpl.use("Agg")
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(figsize=(4.6, 4.6), layout="constrained")
    axes.plot([0, 1], [0, 1], ":", color="grey")
    for split, colour in (("train", "#5b7db1"), ("test", "#b3261e")):
        looks = [
            look
            for history, verdict in judged
            if history.kind != "ordinary" and history.split == split
            for look in verdict.looks
        ]
        if looks:
            numbers, scores, came = zip(*reliability(looks), strict=True)
            axes.plot(scores, came, "-", color=colour, label=f"{split} kinds")
            axes.scatter(scores, came, [8 + number / 2 for number in numbers], color=colour)
    axes.set_xlabel("score")
    axes.set_ylabel("followed by a crisis within a day")
    axes.legend()
    figure.savefig(path, dpi=130)
    plt.close(figure)


def plain(told: Figures) -> dict[str, object]:
    """The figures as JSON keeps them."""
    return {
        name: {str(key): number for key, number in value.items()}
        if isinstance(value, dict)
        else value
        for name, value in vars(told).items()
    }


def _of(part: int, whole: int) -> str:
    return f"{part} of {whole} ({part / whole:.0%})" if whole else _NOTHING


def _hours(value: float | None) -> str:
    return _NOTHING if value is None else f"{value:.1f} h"


def _share(value: float | None) -> str:
    return _NOTHING if value is None else f"{value:.0%}"


def _number(value: float | None) -> str:
    return _NOTHING if value is None else f"{value:g}"


def _brier(value: float | None) -> str:
    return _NOTHING if value is None else f"{value:.3f}"
