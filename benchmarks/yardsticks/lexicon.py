"""VADER (Hutto and Gilbert 2014) and its French version: a polarity, cut where training says.

Packages `vaderSentiment` and `vaderSentiment-fr`; each language has cuts of its own.
"""

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.yardsticks.tasks import Fold, Part, Question, Verdict

_PLACES = 60


class Lexicon:
    """Reads a text's polarity off word lists and rules."""

    name = "lexicon (VADER)"

    def __init__(self) -> None:
        from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer as English

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of a faster package for what is not used here
            from vaderSentiment_fr.vaderSentiment import SentimentIntensityAnalyzer as French
        self._analysers = {"en": English(), "fr": French()}
        self._found: dict[tuple[str, str], float] = {}

    def polarity(self, part: Part) -> np.ndarray:
        """From -1 (displeased) to 1 (pleased), shape (rows,); other languages read as English."""
        return np.array([self._polarity(query.lang, query.text) for query in part.queries])

    def _polarity(self, language: str, text: str) -> float:
        known = language if language in self._analysers else "en"
        if (known, text) not in self._found:
            scores = self._analysers[known].polarity_scores(text)
            self._found[known, text] = scores["compound"]
        return self._found[known, text]

    def read(self, fold: Fold, questions: Sequence[Question]) -> Verdict:
        """Cut per question and language, on the training rows; silent where not polar."""
        taught, tested = self.polarity(fold.train), self.polarity(fold.test)
        shape = (len(tested), len(questions))
        classes, scores = np.zeros(shape, dtype=int), np.full(shape, np.nan)
        for column, question in enumerate(questions):
            if not question.polar:
                continue
            for language in np.unique(fold.test.languages):
                here, there = fold.train.languages == language, fold.test.languages == language
                here = here if here.any() else np.ones_like(here)
                labels = fold.train.labels[here, column]
                cuts = fit(taught[here], labels, len(question.classes), question.f1)
                classes[there, column] = cuts.classes(tested[there])
                rising = cuts.order[-1] == len(question.classes) - 1
                scores[there, column] = tested[there] if rising else -tested[there]
        return Verdict(classes, scores)


@dataclass(frozen=True)
class Cuts:
    """Classes from the most displeased to the most pleased, and the polarities between them."""

    order: np.ndarray
    places: np.ndarray

    def classes(self, polarity: np.ndarray) -> np.ndarray:
        """Class numbers, shape (rows,); a polarity at a cut belongs above it."""
        return self.order[np.searchsorted(self.places, polarity, side="right")]


def fit(
    polarity: np.ndarray,
    labels: np.ndarray,
    classes: int,
    figure: Callable[[np.ndarray, np.ndarray], float],
) -> Cuts:
    """The cuts that give the best figure, found one at a time until none can be bettered.

    Classes stand in the order of their mean polarity; two cuts at one place leave a class out.
    """
    means = [polarity[labels == at].mean() if (labels == at).any() else 0 for at in range(classes)]
    order = np.argsort(means, kind="stable")
    shares = np.cumsum([(labels == at).mean() for at in order])[:-1]
    tried = np.unique(np.quantile(polarity, np.linspace(0, 1, _PLACES)))
    tried = np.append(tried, np.nextafter(tried[-1], np.inf))  # above all there is
    places = np.quantile(polarity, shares)
    best = figure(labels, Cuts(order, places).classes(polarity))
    bettered = True
    while bettered:
        bettered = False
        for cut in range(classes - 1):
            for place in tried:
                moved = np.sort(np.concatenate([np.delete(places, cut), [place]]))
                reached = figure(labels, Cuts(order, moved).classes(polarity))
                if reached > best + 1e-9:
                    best, places, bettered = reached, moved, True
    return Cuts(order, places)
