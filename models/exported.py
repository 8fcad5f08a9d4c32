"""An exported model turned back into a network, so that training can go on from what ships.

Its int8 weights become fp32 again, each within half a step of a 127th of its row's largest.
"""

from pathlib import Path

import torch
from transformers import BertConfig, BertModel

from models import artefact
from models.artefact import Artefact
from models.heads import ROLES
from models.network import SignalNetwork

_SCALE = ".scale"
_EMBEDDINGS = "encoder.embeddings."


def holds(folder: Path) -> bool:
    """Whether a folder holds an exported model."""
    return (folder / artefact.WEIGHTS).is_file()


def network_of(found: Artefact) -> SignalNetwork:
    """Its network in fp32, without auxiliary outputs. Raises ArtefactError."""
    weights = _weights(found.tensors)
    wide = weights["encoder.encoder.layer.0.intermediate.dense.weight"]
    config = BertConfig(
        vocab_size=len(weights[_EMBEDDINGS + "word_embeddings.weight"]),
        hidden_size=found.config.hidden,
        num_hidden_layers=found.config.layers,
        num_attention_heads=found.config.attention_heads,
        intermediate_size=len(wide),
        max_position_embeddings=len(weights[_EMBEDDINGS + "position_embeddings.weight"]),
        type_vocab_size=len(ROLES),
        layer_norm_eps=found.config.epsilon,
    )
    network = SignalNetwork(BertModel(config, add_pooling_layer=False))
    try:
        missing, _ = network.load_state_dict(weights, strict=False)  # what is more is the gate's
    except RuntimeError as error:
        raise artefact.damaged(found.description.folder, "shapes of another release") from error
    if missing:
        raise artefact.damaged(found.description.folder, f"it lacks {missing[0]}")
    return network


def _weights(tensors: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    return {
        name: value.float() * tensors[name + _SCALE][:, None]
        if name + _SCALE in tensors
        else value.float()
        for name, value in tensors.items()
        if not name.endswith(_SCALE)
    }
