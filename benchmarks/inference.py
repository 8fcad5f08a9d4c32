"""The shipped int8 encoder beside the same weights in fp32 through transformers, one thread each.

Rounds are interleaved and CPU time is counted, so that a noisy machine disturbs both alike.
"""

import statistics
import time
from collections.abc import Callable, Sequence

import numpy as np
import torch
from transformers import BertConfig, BertModel

from models import artefact, batches, calibration
from models.heads import LOGIT_OF_HEAD, LOGITS, ROLES
from models.network import SignalNetwork
from models.predictor import Predictor
from models.text import encode
from streams import stories

ROUNDS = 5
BATCH = 32


def reference() -> tuple[SignalNetwork, artefact.Artefact]:
    """The network in fp32 with the shipped weights, dequantised."""
    loaded = artefact.load()
    config, tensors = loaded.config, loaded.tensors
    bert = BertConfig(
        vocab_size=len(tensors["encoder.embeddings.word_embeddings.weight"]),
        hidden_size=config.hidden,
        num_hidden_layers=config.layers,
        num_attention_heads=config.attention_heads,
        intermediate_size=4 * config.hidden,
        type_vocab_size=len(ROLES),
        layer_norm_eps=config.epsilon,
        pad_token_id=batches.PAD,
    )
    network = SignalNetwork(BertModel(bert, add_pooling_layer=False))
    state = {}
    for name in network.state_dict():
        value = tensors[name]
        scale = tensors.get(f"{name}.scale")
        state[name] = value if scale is None else value.float() * scale[:, None]
    network.load_state_dict(state)
    return network.eval(), loaded


def main() -> None:
    """Prints messages per second and CPU core, their ratio, and how far the scores differ."""
    mentions = [m for slug in stories.slugs()[:4] for m in stories.load(slug).mentions if m.text]
    texts = list(dict.fromkeys(m.text for m in mentions))[:512]
    roles = ["customer"] * len(texts)
    predictor = Predictor(threads=1)
    network, loaded = reference()
    slow: list[np.ndarray] = []

    def shipped() -> object:
        return predictor.predict(texts, roles)

    def transformers() -> object:
        slow[:] = [_reference_scores(network, loaded, texts, roles)]
        return slow

    speeds = {"shipped": _rates(shipped, len(texts)), "transformers fp32": []}
    for _ in range(ROUNDS - 1):
        speeds["transformers fp32"] += _rates(transformers, len(texts))
        speeds["shipped"] += _rates(shipped, len(texts))
    for name, rates in speeds.items():
        print(f"{name:<18} {statistics.median(rates):7.1f} messages/s per core (median)")
    ratio = statistics.median(speeds["shipped"]) / statistics.median(speeds["transformers fp32"])
    print(f"ratio {ratio:.2f}")
    fast = np.array([list(p.probabilities.values()) for p in predictor.predict(texts, roles)])
    gap = np.abs(fast - slow[0])
    print(
        f"difference of probabilities: mean {gap.mean():.4f}, 99th percentile "
        f"{np.quantile(gap, 0.99):.4f}"
    )


def _rates(run: Callable[[], object], messages: int) -> list[float]:
    started = time.process_time()
    run()
    return [messages / (time.process_time() - started)]


def _reference_scores(
    network: SignalNetwork,
    loaded: artefact.Artefact,
    texts: Sequence[str],
    roles: Sequence[str],
) -> np.ndarray:
    torch.set_num_threads(1)
    ids = encode(loaded.tokenizer, texts, loaded.config.max_tokens)
    logits = []
    with torch.inference_mode():
        for start in range(0, len(ids), BATCH):
            part = slice(start, start + BATCH)
            batch = batches.collate(ids[part], roles[part], torch.zeros(len(ids[part]), 1))
            logits.append(network(batch.ids, batch.mask, batch.roles).double().numpy())
    found = calibration.apply(np.concatenate(logits), np.array(loaded.config.calibration))
    assert found.shape[1] == len(LOGITS)
    return found[:, LOGIT_OF_HEAD]
