"""Fits the gate of an exported model: what may be passed over without asking the encoder.

The threshold is the highest at which, with a confidence of 95 %, at most one grave row in two
hundred is passed over: a row with clear anger, a fact, denial or sharing. It is found on scores
from gates that had not met the row: by folds of the training split, and on the splits that stopped
and calibrated the encoder. Brands' messages are never passed over, so they do not count.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch

from models import artefact, calibration, splits
from models.artefact import Artefact, Description
from models.data import Row, target_matrix
from models.errors import ArtefactError
from models.gate import figures, network, texts
from models.gate.network import GRAVE, Examples, GateConfig
from models.gate.table import PREFIX, Gate
from models.heads import LOGITS, role_index
from models.predictor import Predictor
from models.query import Query
from models.splits import Split
from models.text import encode

MISS_RATE = 0.005
CONFIDENCE = 0.95
_BATCH = 512
_WORDS = "encoder.embeddings.word_embeddings.weight"
Report = Callable[[str], None]


class Taught(NamedTuple):
    """Texts with what the encoder says of them: probabilities, float32 (texts, logits).

    `owners` (texts,) are the rows that fragments are of, counted as `speakers` gives those of the
    training split; -1 for texts that are of none.
    """

    queries: Sequence[Query]
    probabilities: np.ndarray
    owners: np.ndarray


class Fitted(NamedTuple):
    """A gate as tensors without prefix, its threshold, and on how much that rests."""

    tensors: dict[str, np.ndarray]
    threshold: float
    grave: int
    missed: int


def attach(
    model: Path | None,
    rows: Sequence[Row],
    data: Path | None,
    folder: Path,
    report: Report = lambda _: None,
    config: GateConfig = GateConfig(),  # noqa: B008 - frozen
) -> Description:
    """Writes the model to `folder` with a gate of its own, its weights unchanged.

    `data` holds the public sets, without which the gate passes little but what rows resemble.
    Where rows are too few to vouch for a gate, the model is left without.
    """
    parts = splits.split(rows)
    public, chatter = texts.public(data, rows, config.seed)
    cut = list(texts.fragments(speakers(parts["train"]), config.seed))
    queries = [*public, *(query for _, query in cut)]
    owners = np.array([-1] * len(public) + [index for index, _ in cut], dtype=int)
    taught = Taught(queries, soft_labels(model, queries, report), owners)
    loaded = artefact.load(model)
    kept = {name: t for name, t in loaded.tensors.items() if not name.startswith(PREFIX)}
    measured = {}
    if fitted := fit(loaded, parts, taught, config, report):
        measured = {
            "threshold": fitted.threshold,
            "fitted_grave": fitted.grave,
            "fitted_missed": fitted.missed,
            **figures.measure(
                loaded, Gate(fitted.tensors, fitted.threshold), parts["test"], chatter
            ),
        }
        kept |= {PREFIX + name: torch.from_numpy(own) for name, own in fitted.tensors.items()}
    return artefact.write(folder, replace(loaded.config, gate=measured), kept, loaded.tokenizer)


def keep(
    model: Path | None, other: Path, rows: Sequence[Row], data: Path | None, folder: Path
) -> Description:
    """Writes the model to `folder` with the gate of another one of the same vocabulary.

    What it passes over is measured anew on the rows' test split. Raises ArtefactError.
    """
    loaded, lender = artefact.load(model), artefact.load(other)
    if not lender.config.gate:
        raise ArtefactError(f"the model in {other} has no gate; leave out --gate-of to fit one")
    if lender.tokenizer.get_vocab() != loaded.tokenizer.get_vocab():
        raise ArtefactError(f"the model in {other} has another vocabulary: its gate does not fit")
    gate = {name: t for name, t in lender.tensors.items() if name.startswith(PREFIX)}
    tensors = {name.removeprefix(PREFIX): tensor.numpy() for name, tensor in gate.items()}
    lent = lender.config.gate
    _, chatter = texts.public(data, rows, GateConfig().seed)
    test = splits.split(rows)["test"]
    measured = {
        **{name: lent[name] for name in ("threshold", "fitted_grave", "fitted_missed")},
        **figures.measure(loaded, Gate(tensors, lent["threshold"]), test, chatter),
    }
    own = {name: t for name, t in loaded.tensors.items() if not name.startswith(PREFIX)}
    config = replace(loaded.config, gate=measured)
    return artefact.write(folder, config, own | gate, loaded.tokenizer)


def speakers(rows: Sequence[Row]) -> list[Row]:
    """The rows that a gate may pass over."""
    return [row for row in rows if row.role != "brand"]


def soft_labels(
    model: Path | None, queries: Sequence[Query], report: Report = lambda _: None
) -> np.ndarray:
    """What the encoder says of texts: probabilities, float32 (texts, logits)."""
    predictor = Predictor(model, cascade=False)
    fitted = calibration.read(artefact.load(model).config.calibration)
    found = np.zeros((len(queries), len(LOGITS)), dtype=np.float32)
    for start in range(0, len(queries), _BATCH):
        part = queries[start : start + _BATCH]
        logits = predictor.logits(part)
        probabilities = fitted.apply(logits, [query.lang for query in part])
        found[start : start + _BATCH] = probabilities[:, : len(LOGITS)]
        if start // _BATCH % 20 == 0:
            report(f"the encoder teaches the gate: text {start:,} of {len(queries):,}")
    return found


def fit(
    loaded: Artefact,
    parts: Mapping[Split, Sequence[Row]],
    taught: Taught,
    config: GateConfig,
    report: Report = lambda _: None,
) -> Fitted | None:
    """A gate from labelled rows by split and taught texts; None where rows are too few."""
    torch.set_num_threads(1)
    labelled = speakers(parts["train"])
    held = speakers([*parts["valid"], *parts["calibration"]])
    # Rows that only train are not what the test is like: they say nothing of the threshold.
    judged = np.array([not row.train_only for row in labelled] + [True] * len(held), dtype=bool)
    grave = np.concatenate([_grave(labelled), _grave(held)]) & judged
    allowed = most_missed(int(grave.sum()))
    if allowed < 0:
        report(f"no gate: {grave.sum()} grave rows are too few to vouch for one")
        return None
    words = loaded.tensors[_WORDS].float() * loaded.tensors[f"{_WORDS}.scale"][:, None]
    vectors = network.leading(words.numpy(), config.width)
    own = examples(loaded, [row.query for row in labelled], target_matrix(labelled))
    more = examples(loaded, taught.queries, taught.probabilities)
    folds = splits.folds(labelled, config.folds)
    scores = np.zeros(len(labelled))
    for fold in range(config.folds):
        report(f"the gate learns: fold {fold + 1} of {config.folds}")
        left = folds == fold
        met = ~np.isin(taught.owners, np.flatnonzero(left))
        tensors = network.train(vectors, own.chosen(~left) + more.chosen(met), config)
        scores[left] = _scores(tensors, own.chosen(left))
    tensors = network.train(vectors, own + more, config)
    known = examples(loaded, [row.query for row in held], target_matrix(held))
    scores = np.concatenate([scores, _scores(tensors, known)])
    _calibrate(tensors, loaded, speakers(parts["calibration"]))
    threshold = float(np.sort(scores[grave])[allowed])
    missed = int((scores[grave] < threshold).sum())
    return Fitted(tensors, threshold, int(grave.sum()), missed)


def most_missed(rows: int) -> int:
    """How many of so many grave rows may be passed over, -1 if not even none may.

    With so few or fewer missed, the true rate is over `MISS_RATE` with a probability of at most
    1 - `CONFIDENCE` (the one-sided interval of Clopper and Pearson 1934).
    """
    most, below = -1, 0.0
    for missed in range(rows + 1):
        logarithm = math.lgamma(rows + 1) - math.lgamma(missed + 1) - math.lgamma(rows - missed + 1)
        logarithm += missed * math.log(MISS_RATE) + (rows - missed) * math.log1p(-MISS_RATE)
        below += math.exp(logarithm)
        if below > 1 - CONFIDENCE:
            break
        most = missed
    return most


def examples(loaded: Artefact, queries: Sequence[Query], targets: np.ndarray) -> Examples:
    """Queries as a gate learns from them; `targets` (texts, logits and more)."""
    ids = encode(loaded.tokenizer, [query.text for query in queries], loaded.config.max_tokens)
    roles = np.array([role_index(query.role) for query in queries], dtype=int)
    return Examples(ids, roles, targets[:, : len(LOGITS)].astype(np.float32))


def _scores(tensors: Mapping[str, np.ndarray], asked: Examples) -> np.ndarray:
    return Gate(tensors, 0.0).outputs(asked.ids, list(asked.roles))[:, -1]


def _grave(rows: Sequence[Row]) -> np.ndarray:
    return target_matrix(rows)[:, GRAVE].max(1, initial=0) > 0


def _calibrate(tensors: dict[str, np.ndarray], loaded: Artefact, rows: Sequence[Row]) -> None:
    """Puts slopes and offsets that make the logits probabilities into the last layer."""
    asked = examples(loaded, [row.query for row in rows], target_matrix(rows))
    logits = Gate(tensors, 0.0).outputs(asked.ids, list(asked.roles))[:, :-1]
    pairs = calibration.fit(logits, asked.targets, [row.lang for row in rows]).pooled
    tensors["outputs"][:, :-1] *= pairs[0]
    tensors["outputs"][-1, :-1] += pairs[1]
