"""Plots of a run: its course, and how far its probabilities can be taken at their word."""

import json
from pathlib import Path

import numpy as np

from models.heads import HEADS

_BINS = 10
_LEAST = 5


def course(log: Path, file: Path) -> None:
    """Loss and validation macro-F1 by epoch, from a run's `log.jsonl`."""
    from matplotlib.figure import Figure

    lines = [json.loads(line) for line in log.read_text().splitlines()]
    epochs = [line["epoch"] for line in lines]
    figure = Figure(figsize=(7, 4), layout="constrained")
    axes = figure.subplots()
    for head in HEADS:
        axes.plot(epochs, _figures(lines, head), linewidth=1, label=head)
    axes.plot(epochs, _figures(lines, "macro_f1"), "k", linewidth=2, label="macro-F1")
    axes.set(xlabel="epoch", ylabel="F1 on the stopping split", ylim=(0, 1))
    loss = axes.twinx()
    loss.plot(epochs, [line["loss"] for line in lines], "k:", label="training loss")
    loss.set(ylabel="training loss (dotted)", ylim=(0, None))
    axes.legend(fontsize="small", loc="lower right")
    figure.savefig(file, dpi=120)


def _figures(lines: list[dict], name: str) -> np.ndarray:
    """A figure by epoch, NaN where there was none."""
    return np.array([line[name] for line in lines], dtype=float)


def reliability(positives: np.ndarray, probabilities: np.ndarray, file: Path) -> None:
    """Observed share of positives by predicted probability, one panel a head.

    Both arrays have the shape (rows, heads); a point's area grows with its rows, bins of fewer
    than five rows are left out.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(2.4 * len(HEADS), 2.8), layout="constrained")
    panels = figure.subplots(1, len(HEADS), sharex=True, sharey=True)
    for column, (head, axes) in enumerate(zip(HEADS, panels, strict=True)):
        axes.plot([0, 1], [0, 1], color="0.7", linewidth=1)
        bins = np.minimum((probabilities[:, column] * _BINS).astype(int), _BINS - 1)
        for index in np.unique(bins):
            inside = bins == index
            if inside.sum() >= _LEAST:
                axes.scatter(
                    probabilities[inside, column].mean(),
                    positives[inside, column].mean(),
                    s=8 + 2 * np.sqrt(inside.sum()),
                    color="C0",
                )
        axes.set(title=head, xlabel="predicted", xlim=(0, 1), ylim=(0, 1), aspect="equal")
        axes.title.set_fontsize("small")
    panels[0].set_ylabel("observed")
    figure.savefig(file, dpi=120)
