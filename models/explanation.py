"""Which words carried a signal: those without which the model would be less sure.

The forward pass that gives the score also says, for every phrase, what the logits would be without
the states of its words (`models.attribution`), so that a quote costs no further pass: `quoted`.
`explain` tries the best few of these phrases by leaving their words out of the text itself.

On 300 texts of the test split (`python -m benchmarks explanations DATA`) leaving out the quote
takes so much more of the probability than leaving out as many random words: 0.17 by the pooled
states alone; 0.21, 0.23 and 0.24 with 2, 4 and 8 phrases a signal tried (4, 7 and 14 passes a
text); 0.17 by leaving out each word alone (28 passes). Hence no pass for every mention of the
stream, and four phrases where a person asks.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from models import attribution, phrases
from models.heads import HEADS, LOGIT_OF_HEAD
from models.phrases import Quote
from models.predictor import Prediction, Predictor
from models.query import Query
from models.reading import Reading, reading_of

LIKELY = 0.5
TRIED = 4


@dataclass(frozen=True)
class Reason:
    """Quoted words, and by how much the probability falls without them (0 to 1).

    The words are those of the cleaned text; an ellipsis stands between two phrases.
    """

    signal: str
    quote: str
    drop: float


@dataclass(frozen=True)
class Explained:
    """A text's prediction and the reasons of its likely signals, strongest first."""

    prediction: Prediction
    reasons: list[Reason]


def quoted(predictor: Predictor, queries: Sequence[Query]) -> list[Prediction]:
    """Predictions with the quotes of their likely signals, from the one pass that they take."""
    quotes: dict[int, dict[str, str]] = {}

    def watch(at: int, prediction: Prediction, states: np.ndarray) -> None:
        if signals := likely(prediction):  # at once: the states of a whole batch are large
            reading = _reading(predictor, queries[at], states)
            found = candidates(predictor, reading, signals, 1)
            quotes[at] = {signal: reading.quote(best) for signal, (best, *_) in found.items()}

    predictions = predictor.predict(queries, watch)
    return [
        replace(prediction, quotes=quotes[at]) if at in quotes else prediction
        for at, prediction in enumerate(predictions)
    ]


def explain(predictor: Predictor, queries: Sequence[Query]) -> list[Explained]:
    """Predictions, and the words that carried each likely signal.

    A second pass goes over what is left of each text without each of the best phrases.
    """
    predictions, readings = read(predictor, queries)
    found: list[list[Reason]] = [[] for _ in queries]
    for at, kept in best(predictor, queries, predictions, readings, TRIED).items():
        for signal, (quote, fall) in kept.items():
            drop = round(max(0.0, fall), 3)
            found[at].append(Reason(signal, readings[at].quote(quote), drop))
    return [
        Explained(prediction, sorted(reasons, key=lambda reason: (-reason.drop, reason.signal)))
        for prediction, reasons in zip(predictions, found, strict=True)
    ]


def read(
    predictor: Predictor, queries: Sequence[Query]
) -> tuple[list[Prediction], dict[int, Reading]]:
    """Predictions, and how the texts that are likely to hold a signal were read, by index."""
    readings: dict[int, Reading] = {}

    def watch(at: int, prediction: Prediction, states: np.ndarray) -> None:
        if likely(prediction):
            readings[at] = _reading(predictor, queries[at], states)

    predictions = predictor.predict(queries, watch)
    return predictions, dict(sorted(readings.items()))


def _reading(predictor: Predictor, query: Query, states: np.ndarray) -> Reading:
    return reading_of(query.text, predictor.offsets(query.text), states)


def likely(prediction: Prediction) -> list[str]:
    """The signals that a text is likely to hold."""
    return [head for head in HEADS if prediction.probabilities[head] >= LIKELY]


def candidates(
    predictor: Predictor, reading: Reading, signals: Sequence[str], most: int
) -> dict[str, list[Quote]]:
    """What may be quoted for each signal, by what the pooled states say, the best first.

    Nothing for a text in which there is nothing to quote.
    """
    if not reading.quality.any():
        return {}
    weights = predictor.signal_weights[[HEADS.index(signal) for signal in signals]]
    weights = weights.astype(np.float32)
    falls = attribution.falls(reading.states, weights, reading.tokens)
    found = {}
    for number, signal in enumerate(signals):
        best = phrases.ranked(falls[:, :, number], reading.quality, most)
        run = best[0][1]
        rest = phrases.beside(reading.quality, run, reading.words)
        kept = reading.kept((run,))
        others = attribution.falls(reading.states, weights[[number]], reading.tokens, kept)
        second = phrases.ranked(others[:, :, 0], rest, 1)
        first = phrases.joined(best[0], second, reading.gaps)
        found[signal] = list(dict.fromkeys([first, *((run,) for _, run in best)]))[:most]
    return found


def best(
    predictor: Predictor,
    queries: Sequence[Query],
    predictions: Sequence[Prediction],
    readings: Mapping[int, Reading],
    most: int,
) -> dict[int, dict[str, tuple[Quote, float]]]:
    """For each text and signal the best quote, of `most` a signal, and the fall without it."""
    options = {
        at: candidates(predictor, reading, likely(predictions[at]), most)
        for at, reading in readings.items()
    }
    asked = [
        (at, quote)
        for at, found in options.items()
        for quote in dict.fromkeys(quote for quotes in found.values() for quote in quotes)
    ]
    logits, probabilities = falls(predictor, queries, readings, asked)
    kept: dict[int, dict[str, tuple[Quote, float]]] = {at: {} for at in options}
    for at, found in options.items():
        rows = [row for row, (of, _) in enumerate(asked) if of == at]
        quotes = [asked[row][1] for row in rows]
        for signal in found:
            column = HEADS.index(signal)
            worth = phrases.worth(logits[rows, column], quotes, readings[at].quality)
            row = int(np.argmax(worth))
            kept[at][signal] = quotes[row], float(probabilities[rows[row], column])
    return kept


def falls(
    predictor: Predictor,
    queries: Sequence[Query],
    readings: Mapping[int, Reading],
    asked: Sequence[tuple[int, Quote]],
) -> tuple[np.ndarray, np.ndarray]:
    """By how much logits and probabilities fall, (asked, heads) each, without quotes of texts."""
    if not asked:
        return np.zeros((0, len(HEADS))), np.zeros((0, len(HEADS)))
    languages = [queries[at].lang for at, _ in asked]
    before = np.array([predictor.logits_of(readings[at].states) for at, _ in asked])
    left = [queries[at]._replace(text=readings[at].without(quote)) for at, quote in asked]
    after = predictor.logits(left)
    return (
        (before - after)[:, LOGIT_OF_HEAD],
        predictor.calibrated(before, languages) - predictor.calibrated(after, languages),
    )
