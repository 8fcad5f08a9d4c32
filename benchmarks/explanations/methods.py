"""Ways of choosing the words that carried a signal: ours, the one before it, the first words."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from models import explanation, phrases
from models.cuts import LONGEST
from models.heads import HEADS
from models.phrases import Quote
from models.predictor import Prediction, Predictor
from models.query import Query
from models.reading import Reading

_MOST_GROUPS = 24
Choices = dict[tuple[int, str], Quote]
"""What is quoted of each text, by its index, for each signal."""


@dataclass(frozen=True)
class Texts:
    """Texts with a likely signal, as the model predicted and read them."""

    predictor: Predictor
    queries: Sequence[Query]
    predictions: Sequence[Prediction]
    readings: Mapping[int, Reading]

    def signals(self, at: int) -> list[str]:
        """The likely signals of a text."""
        return explanation.likely(self.predictions[at])


@dataclass(frozen=True)
class Method:
    """How to choose, and how many texts go through the encoder for it beside those scored."""

    name: str
    choose: Callable[[Texts], Choices]
    passes: Callable[[Texts], int]


BEFORE = "24 groups of words left out"
FIRST = "as many first words"
OURS = ("pooled states alone", f"and the best {explanation.TRIED} left out")


def methods() -> list[Method]:
    """Every way, the free one first."""
    return [
        Method(OURS[0], lambda texts: tried(texts, 1), lambda texts: 0),
        *(_trying(most) for most in (2, explanation.TRIED, 8)),
        Method("every word left out", every_word, lambda texts: len(single_words(texts))),
        Method(BEFORE, groups, lambda texts: len(word_groups(texts))),
        Method(FIRST, first_words, lambda texts: 0),
    ]


def _trying(most: int) -> Method:
    return Method(
        f"and the best {most} left out",
        lambda texts: tried(texts, most),
        lambda texts: len(options(texts, most)),
    )


def options(texts: Texts, most: int) -> list[tuple[int, Quote]]:
    """What is tried of each text."""
    return [
        (at, quote)
        for at, reading in texts.readings.items()
        for quote in dict.fromkeys(
            quote
            for quotes in explanation.candidates(
                texts.predictor, reading, texts.signals(at), most
            ).values()
            for quote in quotes
        )
    ]


def tried(texts: Texts, most: int) -> Choices:
    """The best quote by the pooled states, or of so many by leaving them out."""
    if most == 1:
        return {
            (at, signal): quotes[0]
            for at, reading in texts.readings.items()
            for signal, quotes in explanation.candidates(
                texts.predictor, reading, texts.signals(at), 1
            ).items()
        }
    kept = explanation.best(texts.predictor, texts.queries, texts.predictions, texts.readings, most)
    return {
        (at, signal): quote for at, found in kept.items() for signal, (quote, _) in found.items()
    }


def single_words(texts: Texts) -> list[tuple[int, Quote]]:
    """Each word of each text."""
    return [
        (at, ((word, word + 1),))
        for at, reading in texts.readings.items()
        for word in range(len(reading.words))
    ]


def every_word(texts: Texts) -> Choices:
    """The phrase whose words, each left out alone, take the most together."""
    asked = single_words(texts)
    logits, _ = explanation.falls(texts.predictor, texts.queries, texts.readings, asked)
    chosen: Choices = {}
    for at, reading in texts.readings.items():
        alone = logits[[row for row, (of, _) in enumerate(asked) if of == at]]
        sums = np.vstack([np.zeros((1, len(HEADS))), np.cumsum(alone, axis=0)])
        together = np.full((len(alone), LONGEST, len(HEADS)), np.nan)
        for length in range(1, min(LONGEST, len(alone)) + 1):
            together[: len(alone) - length + 1, length - 1] = sums[length:] - sums[:-length]
        for signal in texts.signals(at):
            ranked = phrases.ranked(together[:, :, HEADS.index(signal)], reading.quality, 1)
            if ranked:
                chosen[at, signal] = (ranked[0][1],)
    return chosen


def word_groups(texts: Texts) -> list[tuple[int, Quote]]:
    """At most 24 runs of words of each text, of equal numbers of words."""
    found: list[tuple[int, Quote]] = []
    for at, reading in texts.readings.items():
        number = len(reading.words)
        size = max(1, -(-number // _MOST_GROUPS))
        found += [(at, ((to, min(to + size, number)),)) for to in range(0, number, size)]
    return found


def groups(texts: Texts) -> Choices:
    """What Tocsin did before: the strongest group, with neighbours that matter half as much."""
    asked = word_groups(texts)
    _, falls = explanation.falls(texts.predictor, texts.queries, texts.readings, asked)
    chosen: Choices = {}
    for at in texts.readings:
        rows = [row for row, (of, _) in enumerate(asked) if of == at]
        spans = [asked[row][1][0] for row in rows]
        for signal in texts.signals(at):
            drops = falls[rows, HEADS.index(signal)]
            first = last = int(np.argmax(drops))
            enough = max(drops[first] / 2, 1e-9)
            while first > 0 and drops[first - 1] >= enough:
                first -= 1
            while last + 1 < len(spans) and drops[last + 1] >= enough:
                last += 1
            chosen[at, signal] = ((spans[first][0], spans[last][1]),)
    return chosen


def first_words(texts: Texts) -> Choices:
    """The beginning of each text, as long as what the pooled states would quote."""
    return {
        key: ((0, sum(end - first for first, end in quote)),)
        for key, quote in tried(texts, 1).items()
    }
