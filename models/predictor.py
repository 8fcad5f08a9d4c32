"""Scores texts: what the command line, the backtest and the stream call."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from models import artefact, calibration
from models.encoder import Encoder
from models.heads import ANGER_GRADES, HEADS, LOGIT_OF_HEAD, role_index
from models.text import encode

_CHUNK_TOKENS = 320
_DECIMALS = 3


@dataclass(frozen=True)
class Prediction:
    """Calibrated probabilities by head, expected anger grade (0 to 3), int8 topic embedding."""

    probabilities: dict[str, float]
    anger_grade: float
    embedding: bytes


class Predictor:
    """A loaded model. One thread by default: two processes of one beat one of two."""

    def __init__(self, folder: Path | None = None, threads: int = 1) -> None:
        torch.set_num_threads(threads)
        loaded = artefact.load(folder)
        self.description = loaded.description
        self._tokenizer = loaded.tokenizer
        self._max_tokens = loaded.config.max_tokens
        self._calibration = np.array(loaded.config.calibration)
        self._encoder = Encoder(loaded)
        self._heads = loaded.tensors["heads.weight"].double().numpy()
        self._offsets = loaded.tensors["heads.bias"].double().numpy()
        self._centre = loaded.tensors["topic.centre"].numpy()
        self._projection = loaded.tensors["topic.projection"].numpy()

    @property
    def label(self) -> str:
        """Name and digest, as escalations carry it."""
        return f"{self.description.name}@{self.description.digest}"

    def predict(self, texts: Sequence[str], roles: Sequence[str]) -> list[Prediction]:
        """One prediction per text, the same whatever else is asked for; empty texts are silent."""
        ids = encode(self._tokenizer, texts, self._max_tokens)
        found: list[Prediction] = [_SILENT] * len(texts)
        speaking = [i for i in range(len(texts)) if texts[i].strip()]
        with torch.inference_mode():
            for group in _groups(speaking, [len(row) for row in ids]):
                hidden = self._encoder(
                    [ids[i] for i in group], [role_index(roles[i]) for i in group]
                )
                for index, (last, topic) in zip(group, hidden, strict=True):
                    found[index] = self._read(last.numpy(), topic.numpy())
        return found

    def _read(self, last: np.ndarray, middle: np.ndarray) -> Prediction:
        pooled = np.concatenate([last.mean(0), last.max(0)]).astype(np.float64)
        logits = (self._heads * pooled).sum(1) + self._offsets
        probabilities = calibration.apply(logits[None], self._calibration)[0]
        values = [round(float(probabilities[column]), _DECIMALS) for column in LOGIT_OF_HEAD]
        topic = (middle.mean(0) - self._centre) @ self._projection
        unit = topic / (np.linalg.norm(topic) + 1e-9)
        return Prediction(
            probabilities=dict(zip(HEADS, values, strict=True)),
            anger_grade=round(float(probabilities[:ANGER_GRADES].sum()), _DECIMALS),
            embedding=np.round(unit * 127).astype(np.int8).tobytes(),
        )


_SILENT = Prediction(dict.fromkeys(HEADS, 0.0), 0.0, b"")


def _groups(indices: Sequence[int], lengths: Sequence[int]) -> Iterator[list[int]]:
    """Texts of about `_CHUNK_TOKENS` tokens together: what stays in the processor's cache."""
    group: list[int] = []
    tokens = 0
    for index in sorted(indices, key=lambda i: lengths[i]):
        if group and tokens + lengths[index] > _CHUNK_TOKENS:
            yield group
            group, tokens = [], 0
        group.append(index)
        tokens += lengths[index]
    if group:
        yield group
