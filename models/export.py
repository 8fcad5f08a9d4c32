"""From a trained run to the artefact that ships: quantise, embed, evaluate, write the card."""

import random
from collections.abc import Callable, Sequence
from pathlib import Path

from models import artefact, card, data, evaluation, plots, recalibration, runs, splits, topics
from models.artefact import ArtefactConfig, Description
from models.gate import training as gate_training

NAME = "tocsin-signals"
_TOPIC_ROWS = 4_000


def export(
    run: Path,
    folder: Path,
    rows: Sequence[data.Row],
    texts: Path | None = None,
    gate: bool = True,
    report: Callable[[str], None] = lambda _: None,
    gate_of: Path | None = None,
    average: Sequence[Path] = (),
) -> Description:
    """Writes the artefact of a run; `rows` fit the topic space and give the card its figures.

    A `gate` is fitted too, on rows and on the public sets in `texts`, or taken from another
    exported model, `gate_of`. The weights may be averaged with those of other runs, see
    `runs.averaged`. The card's figures are measured on the exported, quantised model.
    Raises ArtefactError.
    """
    trained = runs.averaged(run, average) if average else runs.load(run)
    network, tokenizer = trained.network, trained.tokenizer
    parts = splits.split(rows)
    sample = parts["train"]
    if len(sample) > _TOPIC_ROWS:
        sample = random.Random(1).sample(sample, _TOPIC_ROWS)
    means = topics.layer_means(network, tokenizer, sample, trained.config.max_tokens)
    centre, projection = topics.fit(means)
    encoder = network.encoder.config
    config = ArtefactConfig(
        name=NAME,
        layers=encoder.num_hidden_layers,
        hidden=encoder.hidden_size,
        attention_heads=encoder.num_attention_heads,
        epsilon=encoder.layer_norm_eps,
        max_tokens=trained.config.max_tokens,
        topic_layer=topics.layer(encoder.num_hidden_layers),
        calibration=trained.calibration.as_lists(),
        trained_on=_sources(parts["train"]),
        training=runs.told_of(trained.history),
    )
    artefact.save(folder, network, tokenizer, config, projection, centre)
    described = recalibration.recalibrate(folder, parts["calibration"], folder)
    if gate_of:
        described = gate_training.keep(folder, gate_of, rows, texts, folder)
    elif gate:
        described = gate_training.attach(folder, rows, texts, folder, report)
    describe(folder, parts["test"])
    return described


def describe(folder: Path, rows: Sequence[data.Row]) -> None:
    """Writes the card of an artefact, with its figures on `rows`, which it must not have met."""
    found = evaluation.evaluate(folder, rows, cascade=False)
    cascaded = evaluation.evaluate(folder, rows)
    loaded = artefact.load(folder)
    text = card.render(loaded.description, loaded.config, found, cascaded)
    (folder / artefact.CARD).write_text(text, "utf-8")
    plots.reliability(found.positives, found.probabilities, folder / card.RELIABILITY)


def _sources(rows: Sequence[data.Row]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for row in rows:
        counts[row.source] = counts.get(row.source, 0) + 1
    return dict(sorted(counts.items()))
