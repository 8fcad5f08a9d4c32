"""Reads texts with the model, each distinct one once: shares, quotes and bot floods repeat."""

from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path

from models.predictor import Prediction, Predictor
from models.text import clean
from scoring.mention import Mention
from scoring.scored import Scored, TextScores
from streams.scorer.language import language

CACHE_SIZE = 50_000
_Key = tuple[str, str]


class Reader:
    """A model with its cache; `hits` and `misses` count texts since the last look."""

    def __init__(self, model: Path | None = None, threads: int = 1) -> None:
        self._predictor = Predictor(model, threads)
        self._cache: OrderedDict[_Key, Prediction] = OrderedDict()
        self.hits = 0
        self.misses = 0

    @property
    def label(self) -> str:
        """Name and digest of the model."""
        return self._predictor.label

    def read(self, mentions: Sequence[Mention]) -> list[Scored]:
        """One scored mention per mention, in order."""
        return [
            _scored(mention, prediction, self.label)
            for mention, prediction in zip(mentions, self.predict(mentions), strict=True)
        ]

    def predict(self, mentions: Sequence[Mention]) -> list[Prediction]:
        """One prediction per mention, in order, the model asked once per distinct text."""
        keys = [(clean(mention.text), mention.role.value) for mention in mentions]
        wanted = list(dict.fromkeys(key for key in keys if key not in self._cache))
        self.misses += len(wanted)
        self.hits += len(keys) - len(wanted)
        texts, roles = [text for text, _ in wanted], [role for _, role in wanted]
        found = dict(zip(wanted, self._predictor.predict(texts, roles), strict=True))
        predictions = []
        for key in keys:
            if key in self._cache:
                self._cache.move_to_end(key)
            else:
                self._cache[key] = found[key]
            predictions.append(self._cache[key])
        while len(self._cache) > CACHE_SIZE:
            self._cache.popitem(last=False)
        return predictions


def _scored(mention: Mention, prediction: Prediction, label: str) -> Scored:
    return Scored(
        mention=mention,
        scores=text_scores(prediction),
        lang=language(mention.text, mention.lang),
        embedding=prediction.embedding,
        model=label,
    )


def text_scores(prediction: Prediction) -> TextScores:
    """The model's answer as the decision takes it."""
    return TextScores(anger_grade=prediction.anger_grade, **prediction.probabilities)
