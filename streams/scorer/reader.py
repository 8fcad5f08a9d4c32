"""Reads texts with the model, each distinct one once: shares, quotes and bot floods repeat."""

from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path

from models import explanation
from models.predictor import Prediction, Predictor
from models.query import Query
from models.text import clean
from scoring import masking
from scoring.mention import Mention
from scoring.scored import MAX_QUOTE, Scored, TextScores
from streams.scorer.language import language

CACHE_SIZE = 50_000


class Reader:
    """A model with its cache; `hits` and `misses` count texts since the last look."""

    def __init__(self, model: Path | None = None, threads: int = 1, cascade: bool = True) -> None:
        self._predictor = Predictor(model, threads, cascade)
        self._cache: OrderedDict[Query, Prediction] = OrderedDict()
        self.hits = 0
        self.misses = 0

    @property
    def label(self) -> str:
        """Name and digest of the model."""
        return self._predictor.label

    def forget(self) -> None:
        """Empties the cache."""
        self._cache.clear()

    def read(self, mentions: Sequence[Mention]) -> list[Scored]:
        """One scored mention per mention, in order."""
        queries = [query(mention) for mention in mentions]
        return [
            _scored(mention, asked.lang, prediction, self.label)
            for mention, asked, prediction in zip(
                mentions, queries, self.predict(queries), strict=True
            )
        ]

    def predict(self, queries: Sequence[Query]) -> list[Prediction]:
        """One prediction with quotes per query, in order, the model asked once per distinct one."""
        keys = [asked._replace(text=clean(asked.text)) for asked in queries]
        wanted = list(dict.fromkeys(key for key in keys if key not in self._cache))
        self.misses += len(wanted)
        self.hits += len(keys) - len(wanted)
        found = dict(zip(wanted, explanation.quoted(self._predictor, wanted), strict=True))
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


def query(mention: Mention) -> Query:
    """What the model is asked about a mention."""
    lang = language(mention.text, mention.lang)
    return Query(mention.text, mention.role.value, mention.channel, lang)


def _scored(mention: Mention, lang: str, prediction: Prediction, label: str) -> Scored:
    return Scored(
        mention=mention,
        scores=text_scores(prediction),
        lang=lang,
        embedding=prediction.embedding,
        model=label,
        quotes={
            signal: masking.quote(words, mention.brand, MAX_QUOTE)
            for signal, words in prediction.quotes.items()
        },
    )


def text_scores(prediction: Prediction) -> TextScores:
    """The model's answer as the decision takes it."""
    return TextScores(
        anger_grade=prediction.anger_grade,
        answer=prediction.answer or "",
        **prediction.probabilities,
    )
