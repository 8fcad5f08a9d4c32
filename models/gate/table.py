"""The gate: answers in microseconds what certainly holds nothing, so that the encoder need not.

Each piece of the vocabulary has three static vectors: as the piece before another, as itself, and
as the piece after. Their sum over neighbours, cut at zero, says what three pieces in a row hold (a
convolution as in Kim 2014, arXiv:1408.5882, multiplied out beforehand). Mean, sum and maximum over
the text go through one hidden layer to the signals and to one score: below the threshold, nothing.

Vectors are int8 and summed as integers. What follows are multiples of a power of two, so few and
so small that float64 adds them exactly, in whatever order: a text's answer is the same in any
batch. `models.gate.training` fits it.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from torch import Tensor

from models.calibration import sigmoid
from models.heads import ANGER_GRADES, LOGITS

PREFIX = "gate."
LONG_SUM = 16
"""Tokens by which a sum over the text is divided, so that it weighs like the mean of a tweet."""

_FEATURE_BITS, _WEIGHT_BITS = 12, 18
_STRANGE_SHARE = 1 / 8
_CHUNK_TOKENS = 4096
_SURE = 0.499


class Answers(NamedTuple):
    """Per text: its score, infinite where the gate cannot tell, and probabilities by logit.

    `scores` has the shape (texts,), `probabilities` (texts, logits of `models.heads.LOGITS`).
    """

    scores: np.ndarray
    probabilities: np.ndarray


class Gate:
    """What `tensors` hold, by name without prefix:

    `pieces` int8 (3, vocabulary + 1, filters), the last row that of no piece; `scale` and `bias`
    (filters,); `known` (vocabulary + 1,), 0 for pieces that were hardly met in training; `roles`
    (roles, hidden); `hidden` (3 filters + 1, hidden) and `outputs` (hidden + 1, logits + 1), the
    last row that of a constant, the last column that of the score.
    """

    def __init__(self, tensors: Mapping[str, np.ndarray], threshold: float) -> None:
        self.threshold = threshold
        self._before, self._itself, self._after = (
            np.ascontiguousarray(t) for t in tensors["pieces"]
        )
        self._scale = tensors["scale"].astype(np.float64)
        self._bias = np.rint(tensors["bias"] / self._scale).astype(np.int16)
        self._strange = tensors["known"] == 0
        self._roles = _grid(tensors["roles"], _FEATURE_BITS + _WEIGHT_BITS)
        self._hidden, self._outputs = (
            _grid(tensors[name], _WEIGHT_BITS) for name in ("hidden", "outputs")
        )

    def read(self, ids: Sequence[list[int]], roles: Sequence[int]) -> Answers:
        """What it says of token ids and rows of `models.heads.ROLES`, whether certain or not."""
        outputs = self.outputs(ids, roles)
        probabilities = sigmoid(outputs[:, :-1])
        grades = probabilities[:, :ANGER_GRADES]
        probabilities[:, :ANGER_GRADES] = np.minimum.accumulate(grades, axis=1)
        return Answers(outputs[:, -1], np.minimum(probabilities, _SURE))

    def outputs(self, ids: Sequence[list[int]], roles: Sequence[int]) -> np.ndarray:
        """Logits, and last the score, shape (texts, logits + 1)."""
        parts = [self._outputs_of(ids[part], roles[part]) for part in _chunks(ids)]
        return np.concatenate(parts) if parts else np.zeros((0, len(LOGITS) + 1))

    def _outputs_of(self, ids: Sequence[list[int]], roles: Sequence[int]) -> np.ndarray:
        features, strange = self._features(ids)
        inner = _with_one(_grid(features, _FEATURE_BITS)) @ self._hidden + self._roles[list(roles)]
        found: np.ndarray = _with_one(_grid(np.maximum(inner, 0), _FEATURE_BITS)) @ self._outputs
        found[strange > _STRANGE_SHARE, -1] = np.inf
        return found

    def _features(self, ids: Sequence[list[int]]) -> tuple[np.ndarray, np.ndarray]:
        """Mean, sum and maximum of the filters, (texts, 3 filters); the share of strange pieces."""
        lengths = np.array([len(row) for row in ids])
        none = len(self._strange) - 1  # stands before, between and after the texts
        flat = np.array([none] + [at for row in ids for at in (*row, none)], dtype=np.intp)
        held = self._before.take(flat[:-2], axis=0).astype(np.int16)
        held += self._itself.take(flat[1:-1], axis=0)
        held += self._after.take(flat[2:], axis=0)
        held += self._bias
        np.maximum(held, 0, out=held)
        starts = np.cumsum(lengths + 1) - lengths - 1
        edges = np.stack([starts, starts + lengths], axis=1).ravel()[:-1]
        total = np.add.reduceat(held, edges, axis=0, dtype=np.int32)[::2]
        top = np.maximum.reduceat(held, edges, axis=0)[::2]
        strange = np.add.reduceat(self._strange[flat[1:-1]], edges, dtype=np.int32)[::2]
        whole, counts = total * self._scale, lengths[:, None]
        features = np.hstack([whole / counts, whole / LONG_SUM, top * self._scale])
        return features, strange / lengths


def load(tensors: Mapping[str, Tensor], figures: Mapping[str, float]) -> Gate | None:
    """The gate among an artefact's tensors; None in one that was exported without."""
    own = {
        name.removeprefix(PREFIX): tensor.numpy()
        for name, tensor in tensors.items()
        if name.startswith(PREFIX)
    }
    return Gate(own, figures["threshold"]) if own else None


def _chunks(ids: Sequence[list[int]]) -> Iterator[slice]:
    """Neighbouring texts of about `_CHUNK_TOKENS` tokens: what stays in the processor's cache."""
    start = tokens = 0
    for at, row in enumerate(ids):
        if at > start and tokens + len(row) > _CHUNK_TOKENS:
            yield slice(start, at)
            start, tokens = at, 0
        tokens += len(row)
    if start < len(ids):
        yield slice(start, len(ids))


def _with_one(values: np.ndarray) -> np.ndarray:
    return np.hstack([values, np.ones((len(values), 1))])


def _grid(values: np.ndarray, bits: int) -> np.ndarray:
    """The nearest multiples of 2 ** -bits, in float64."""
    return np.rint(values.astype(np.float64) * 2.0**bits) / 2.0**bits
