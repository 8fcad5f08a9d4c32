"""From a trained run to the artefact that ships: quantise, embed, evaluate, write the card."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer

from models import artefact, card, data, evaluation, topics
from models.artefact import ArtefactConfig, Description
from models.errors import ArtefactError
from models.network import SignalNetwork

NAME = "tocsin-signals"
TRAINED = "trained.pt"


def keep(
    run: Path, network: SignalNetwork, calibration: np.ndarray, max_tokens: int, base: Path
) -> None:
    """Stores what training ended with in the run folder, with the base that it began from."""
    torch.save(
        {
            "weights": network.state_dict(),
            "calibration": torch.from_numpy(calibration),
            "max_tokens": max_tokens,
            "base": str(base),
        },
        run / TRAINED,
    )


def export(run: Path, folder: Path, rows: Sequence[data.Row]) -> Description:
    """Writes the artefact of a run; `rows` fit the topic space and give the card its figures.

    The card's figures are measured on the exported, quantised model. Raises ArtefactError.
    """
    if not (run / TRAINED).is_file():
        raise ArtefactError(f"no finished training in {run}; run `tocsin train` first")
    trained = torch.load(run / TRAINED, weights_only=True)
    base = Path(trained["base"])
    network = SignalNetwork.from_base(base)
    network.load_state_dict(trained["weights"])
    tokenizer = Tokenizer.from_file(str(base / "tokenizer.json"))
    parts = data.split(rows)
    means = topics.layer_means(network, tokenizer, parts["train"], trained["max_tokens"])
    centre, projection = topics.fit(means)
    encoder = network.encoder.config
    config = ArtefactConfig(
        name=NAME,
        layers=encoder.num_hidden_layers,
        hidden=encoder.hidden_size,
        attention_heads=encoder.num_attention_heads,
        epsilon=encoder.layer_norm_eps,
        max_tokens=trained["max_tokens"],
        topic_layer=topics.TOPIC_LAYER,
        calibration=trained["calibration"].tolist(),
        trained_on=_sources(parts["train"]),
    )
    described = artefact.save(folder, network, tokenizer, config, projection, centre)
    figures = evaluation.evaluate(folder, parts["test"])
    (folder / artefact.CARD).write_text(card.render(described, config, figures), "utf-8")
    return described


def _sources(rows: Sequence[data.Row]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for row in rows:
        counts[row.source] = counts.get(row.source, 0) + 1
    return dict(sorted(counts.items()))
