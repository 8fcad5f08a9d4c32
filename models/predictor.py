"""Scores texts: what the command line, the backtest and the stream call."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch

from models import artefact, calibration
from models.encoder import Encoder
from models.gate import table
from models.heads import (
    ANGER_GRADES,
    ANSWERS,
    HEADS,
    LOGIT_OF_HEAD,
    LOGITS,
    OUTPUTS,
    channel_index,
    role_index,
)
from models.query import Query
from models.text import encode, offsets

_CHUNK_TOKENS = 320
_DECIMALS = 3


@dataclass(frozen=True)
class Prediction:
    """Calibrated probabilities by head, expected anger grade (0 to 3), int8 topic embedding.

    The embedding is empty for empty texts and for what the gate answered.

    `answer` is the likeliest kind of a brand's answer, None for other authors; `quotes` are the
    words that carried each likely signal, where `models.explanation` was asked for them.
    """

    probabilities: dict[str, float]
    anger_grade: float
    embedding: bytes
    answer: str | None = None
    quotes: dict[str, str] = field(default_factory=dict)


Watch = Callable[[int, Prediction, np.ndarray], None]
"""Told a query's index, its prediction, and the last states (tokens, hidden) of its text."""


class Predictor:
    """A loaded model. One thread by default: two processes of one beat one of two."""

    def __init__(self, folder: Path | None = None, threads: int = 1, cascade: bool = True) -> None:
        """`cascade` lets the gate answer what certainly holds nothing, if the model has one."""
        torch.set_num_threads(threads)
        loaded = artefact.load(folder)
        self._gate = table.load(loaded.tensors, loaded.config.gate) if cascade else None
        self.description = loaded.description
        self._tokenizer = loaded.tokenizer
        self._max_tokens = loaded.config.max_tokens
        self._calibration = calibration.read(loaded.config.calibration)
        self._encoder = Encoder(loaded)
        self._heads = loaded.tensors["heads.weight"].double().numpy()
        self._offsets = loaded.tensors["heads.bias"].double().numpy()
        self._centre = loaded.tensors["topic.centre"].numpy()
        self._projection = loaded.tensors["topic.projection"].numpy()

    @property
    def label(self) -> str:
        """Name and digest, as escalations carry it."""
        return f"{self.description.name}@{self.description.digest}"

    def predict(self, queries: Sequence[Query], watch: Watch | None = None) -> list[Prediction]:
        """One prediction per query, the same whatever else is asked; empty texts are silent.

        `watch` is told the states of those that the encoder reads: not of what the gate answers.
        """
        found: list[Prediction] = [_SILENT] * len(queries)
        speaking = [i for i, query in enumerate(queries) if query.text.strip()]
        ids = dict(zip(speaking, self._ids([queries[i] for i in speaking]), strict=True))
        for at, answer in self._passed_over(queries, ids):
            found[at] = answer
            del ids[at]
        left = list(ids)
        asked = [queries[i] for i in left]
        for at, (last, topic) in self._states(asked, list(ids.values())):
            found[left[at]] = self._read(asked[at], last, topic)
            if watch:
                watch(left[at], found[left[at]], last)
        return found

    def logits(self, queries: Sequence[Query]) -> np.ndarray:
        """What the encoder says before calibration, shape (queries, outputs): to calibrate on."""
        found = np.zeros((len(queries), len(OUTPUTS)))
        for at, (last, _) in self._states(queries, self._ids(queries)):
            found[at] = self.logits_of(last)
        return found

    def calibrated(self, logits: np.ndarray, languages: Sequence[str]) -> np.ndarray:
        """Probabilities (rows, heads) of logits (rows, outputs) in these languages."""
        return self._calibration.apply(logits, languages)[:, LOGIT_OF_HEAD]

    @property
    def signal_weights(self) -> np.ndarray:
        """What the heads' logits weigh a text's mean and maximum with, (heads, 2 x hidden)."""
        return self._heads[list(LOGIT_OF_HEAD)]

    def offsets(self, text: str) -> list[tuple[int, int]]:
        """Where in `models.text.clean(text)` each token begins and ends that the encoder reads."""
        return offsets(self._tokenizer, text, self._max_tokens)

    def _ids(self, queries: Sequence[Query]) -> list[list[int]]:
        return encode(self._tokenizer, [query.text for query in queries], self._max_tokens)

    def _passed_over(
        self, queries: Sequence[Query], ids: Mapping[int, list[int]]
    ) -> list[tuple[int, Prediction]]:
        """What the gate answers itself, by index: brands' messages are for the encoder."""
        open_to = [i for i in ids if queries[i].role != "brand"]
        if self._gate is None or not open_to:
            return []
        roles = [role_index(queries[i].role) for i in open_to]
        answers = self._gate.read([ids[i] for i in open_to], roles)
        certain = np.flatnonzero(answers.scores < self._gate.threshold)
        return [(open_to[at], _prediction(answers.probabilities[at])) for at in certain]

    def _states(
        self, queries: Sequence[Query], ids: Sequence[list[int]]
    ) -> Iterator[tuple[int, tuple[np.ndarray, np.ndarray]]]:
        """Index and states of each query, shorter ones first."""
        with torch.inference_mode():
            for group in _groups(range(len(ids)), [len(row) for row in ids]):
                states = self._encoder(
                    [ids[i] for i in group],
                    [role_index(queries[i].role) for i in group],
                    [channel_index(queries[i].channel) for i in group],
                )
                for index, (last, topic) in zip(group, states, strict=True):
                    yield index, (last.numpy(), topic.numpy())

    def logits_of(self, last: np.ndarray) -> np.ndarray:
        """Logits (outputs,) of a text's last states (tokens, hidden)."""
        pooled = np.concatenate([last.mean(0), last.max(0)]).astype(np.float64)
        return (self._heads * pooled).sum(1) + self._offsets

    def _read(self, query: Query, last: np.ndarray, middle: np.ndarray) -> Prediction:
        logits = self.logits_of(last)
        probabilities = self._calibration.apply(logits[None], [query.lang])[0]
        topic = (middle.mean(0) - self._centre) @ self._projection
        unit = topic / (np.linalg.norm(topic) + 1e-9)
        return _prediction(
            probabilities,
            np.round(unit * 127).astype(np.int8).tobytes(),
            _answer(probabilities) if query.role == "brand" else None,
        )


def _prediction(
    probabilities: np.ndarray, embedding: bytes = b"", answer: str | None = None
) -> Prediction:
    values = [round(float(probabilities[column]), _DECIMALS) for column in LOGIT_OF_HEAD]
    return Prediction(
        probabilities=dict(zip(HEADS, values, strict=True)),
        anger_grade=round(float(probabilities[:ANGER_GRADES].sum()), _DECIMALS),
        embedding=embedding,
        answer=answer,
    )


def _answer(probabilities: np.ndarray) -> str:
    return ANSWERS[int(probabilities[len(LOGITS) :].argmax())]


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
