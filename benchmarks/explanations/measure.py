"""What quoted words take from the score, beside as many words drawn at random.

Intervals are 95 % bootstrap intervals over texts, whose signals are drawn together.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.explanations.methods import Choices, Texts
from models import explanation
from models.heads import HEADS
from models.phrases import Quote

DRAWS = 5
_RESAMPLES = 2_000


@dataclass(frozen=True)
class Falls:
    """Of each text and signal (pairs,): falls of probability without the quote and at random.

    `texts` are the texts' indices, `words` how many are quoted, `shares` of how many there are.
    """

    texts: np.ndarray
    signals: np.ndarray
    quoted: np.ndarray
    at_random: np.ndarray
    words: np.ndarray
    shares: np.ndarray

    @property
    def gains(self) -> np.ndarray:
        """What the quote takes beyond random words."""
        return np.round(self.quoted - self.at_random, 6)

    def of(self, signal: str) -> "Falls":
        """The pairs of one signal."""
        chosen = self.signals == signal
        return Falls(*(values[chosen] for values in vars(self).values()))


def falls(texts: Texts, choices: Choices, seed: int) -> Falls:
    """Leaves out each quote, and `DRAWS` times as many words of the same text at random."""
    asked: list[tuple[int, Quote]] = []
    for (at, _), quote in choices.items():
        number, there = _length(quote), len(texts.readings[at].words)
        chance = random.Random(f"{seed} {at} {number}")  # the same words for every signal
        draws = [chance.sample(range(there), number) for _ in range(DRAWS)]
        asked += [(at, quote), *((at, tuple((w, w + 1) for w in sorted(d))) for d in draws)]
    once = list(dict.fromkeys(asked))
    row_of = {key: row for row, key in enumerate(once)}
    _, found = explanation.falls(texts.predictor, texts.queries, texts.readings, once)
    columns = [HEADS.index(signal) for _, signal in choices for _ in range(DRAWS + 1)]
    each = found[[row_of[key] for key in asked], columns].reshape(-1, DRAWS + 1)
    lengths = np.array([_length(quote) for quote in choices.values()])
    totals = np.array([len(texts.readings[at].words) for at, _ in choices])
    return Falls(
        texts=np.array([at for at, _ in choices]),
        signals=np.array([signal for _, signal in choices]),
        quoted=each[:, 0],
        at_random=each[:, 1:].mean(1),
        words=lengths,
        shares=lengths / totals,
    )


def interval(texts: np.ndarray, values: np.ndarray, seed: int) -> tuple[float, float]:
    """95 % bootstrap interval of the mean of values (pairs,), texts (pairs,) drawn whole."""
    names, owner = np.unique(texts, return_inverse=True)
    sums = np.bincount(owner, values)
    counts = np.bincount(owner)
    drawn = np.random.default_rng(seed).integers(0, len(names), (_RESAMPLES, len(names)))
    means = sums[drawn].sum(1) / counts[drawn].sum(1)
    low, high = np.quantile(means, (0.025, 0.975))
    return float(low), float(high)


def shared(one: Falls, other: Falls) -> tuple[np.ndarray, np.ndarray]:
    """Texts, and by how much `one` gains more than `other`, where both quote something."""
    gains = dict(zip(_keys(other), other.gains, strict=True))
    pairs = [
        (at, gain - gains[at, signal])
        for (at, signal), gain in zip(_keys(one), one.gains, strict=True)
        if (at, signal) in gains
    ]
    return np.array([at for at, _ in pairs]), np.array([value for _, value in pairs])


def _keys(found: Falls) -> Sequence[tuple[int, str]]:
    return list(zip(found.texts.tolist(), found.signals.tolist(), strict=True))


def _length(quote: Quote) -> int:
    return sum(end - first for first, end in quote)
