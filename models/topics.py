"""The topic embedding: middle-layer means, centred and whitened to a few dimensions.

The last layers of a fine-tuned encoder say how something is said; the middle ones still say what
it is about. Sentence encoders crowd in one direction, so the corpus mean is taken out and the
leading principal components are given equal weight (Su et al. 2021, arXiv:2103.15316).
"""

from collections.abc import Sequence

import numpy as np
import torch
from tokenizers import Tokenizer

from models import batches
from models.data import Row
from models.network import SignalNetwork

TOPIC_DIMENSIONS = 32
_BATCH = 32


def layer(layers: int) -> int:
    """The layer in the middle of an encoder of so many."""
    return layers // 2


def layer_means(
    network: SignalNetwork, tokenizer: Tokenizer, rows: Sequence[Row], max_tokens: int
) -> np.ndarray:
    """Mean hidden state of the topic layer per row, shape (rows, hidden)."""
    network.eval()
    middle = layer(network.encoder.config.num_hidden_layers)
    means = np.zeros((len(rows), network.encoder.config.hidden_size), dtype=np.float32)
    with torch.inference_mode():
        for index, batch in batches.in_order(rows, tokenizer, _BATCH, max_tokens):
            states = network.states(batch)[middle]
            weight = batch.mask.unsqueeze(-1).float()
            means[index] = ((states * weight).sum(1) / weight.sum(1)).numpy()
    return means


def fit(means: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Centre (hidden,) and whitening projection (hidden, TOPIC_DIMENSIONS)."""
    centre = means.mean(0)
    _, spread, axes = np.linalg.svd(means - centre, full_matrices=False)
    deviation = spread[:TOPIC_DIMENSIONS] / np.sqrt(len(means))
    return centre, axes[:TOPIC_DIMENSIONS].T / (deviation + 1e-6)
