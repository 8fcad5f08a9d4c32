"""Scores of texts, each read once by a model and kept in a file of that model and our reading."""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import msgspec

from models.encoder import REVISION
from models.predictor import Prediction
from models.query import Query
from models.text import clean
from scoring.mention import Mention
from scoring.scored import Scored
from streams.errors import UsageError
from streams.scorer import reader
from streams.scorer.reader import Reader

_BATCH = 512


class _Kept(msgspec.Struct, frozen=True, array_like=True):
    text: str
    role: str
    channel: str
    lang: str
    probabilities: dict[str, float]
    anger_grade: float
    embedding: bytes
    answer: str | None


class Scores:
    """Reads with a model what the folder does not hold yet.

    Quotes are left out: they explain a score and move none.
    """

    def __init__(self, folder: Path, model: Path | None, cascade: bool = True) -> None:
        self._reader = Reader(model, cascade=cascade)
        name = self._reader.label.replace("@", "-").replace("/", "-")
        self._file = folder / f"{name}-{REVISION}{'' if cascade else '-whole'}.msgpack"
        folder.mkdir(parents=True, exist_ok=True)
        self._held: dict[Query, Prediction] = {}
        for kept in _read(self._file):
            self._held[Query(kept.text, kept.role, kept.channel, kept.lang)] = Prediction(
                kept.probabilities, kept.anger_grade, kept.embedding, kept.answer
            )

    @property
    def label(self) -> str:
        """Name and digest of the model."""
        return self._reader.label

    def read(self, mentions: Iterable[Mention], tell: Callable[[str], None]) -> None:
        """Sees to it that every text of these is held; tells how far it is."""
        wanted = dict.fromkeys(key for m in mentions if (key := _key(m)) not in self._held)
        queries = list(wanted)
        for start in range(0, len(queries), _BATCH):
            part = queries[start : start + _BATCH]
            self._held |= zip(part, self._reader.predict(part), strict=True)
            tell(f"{start + len(part):,} of {len(queries):,} texts read")
            self._keep()

    def scored(self, mentions: Sequence[Mention]) -> list[Scored]:
        """The mentions with their scores, in order; KeyError for a text that was not read."""
        found = []
        for mention in mentions:
            key = _key(mention)
            prediction = self._held[key]
            found.append(
                Scored(
                    mention=mention,
                    scores=reader.text_scores(prediction),
                    lang=key.lang,
                    embedding=prediction.embedding,
                    model=self.label,
                )
            )
        return found

    def _keep(self) -> None:
        rows = [
            _Kept(*query, p.probabilities, p.anger_grade, p.embedding, p.answer)
            for query, p in self._held.items()
        ]
        beside = self._file.with_suffix(".part")
        beside.write_bytes(msgspec.msgpack.encode(rows))
        beside.replace(self._file)


def _key(mention: Mention) -> Query:
    asked = reader.query(mention)
    return asked._replace(text=clean(asked.text))


def _read(file: Path) -> list[_Kept]:
    if not file.is_file():
        return []
    try:
        return msgspec.msgpack.decode(file.read_bytes(), type=list[_Kept])
    except msgspec.DecodeError as error:
        raise UsageError(
            f"{file} holds no scores ({error}): delete it to have them anew"
        ) from error
