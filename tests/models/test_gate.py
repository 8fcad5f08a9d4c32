"""The gate before the encoder: what it adds up, what it may pass over, and how it is fitted."""

import random
from pathlib import Path

import numpy as np
import pytest
import torch

from models import artefact, corpus, export, runs, splits
from models.errors import ArtefactError
from models.gate import figures, training
from models.gate.network import GRAVE, GateConfig, GateNetwork
from models.gate.table import Gate
from models.heads import LOGITS, ROLES
from models.predictor import Predictor
from models.query import Query
from models.training import TrainingConfig

PIECES = 500
NOTHING = "calm somehow they listen between us lovely"


@pytest.fixture(scope="module")
def network() -> GateNetwork:
    torch.manual_seed(3)
    return GateNetwork(torch.randn(PIECES, 16) * 0.3, GateConfig(filters=8, hidden=12)).eval()


@pytest.fixture(scope="module")
def gate(network: GateNetwork) -> Gate:
    return Gate({**network.tensors(), "known": np.ones(PIECES + 1, dtype=np.uint8)}, 0.0)


@pytest.fixture(scope="module")
def asked() -> tuple[list[list[int]], list[int]]:
    rng = random.Random(1)
    ids = [[rng.randrange(PIECES) for _ in range(rng.randint(1, 60))] for _ in range(300)]
    return ids, [rng.randrange(len(ROLES)) for _ in ids]


def test_what_is_added_up_is_what_was_trained(
    network: GateNetwork, gate: Gate, asked: tuple[list[list[int]], list[int]]
) -> None:
    ids, roles = asked
    padded = torch.full((len(ids), max(map(len, ids))), PIECES)
    for at, row in enumerate(ids):
        padded[at, : len(row)] = torch.tensor(row)
    with torch.no_grad():
        trained = network(padded, torch.tensor(roles)).numpy()
    found = gate.outputs(ids, roles)
    spread = trained.std()
    assert np.abs(found[:, : len(LOGITS)] - trained[:, : len(LOGITS)]).max() < 0.1 * spread
    assert np.abs(found[:, -1] - trained[:, len(LOGITS) :].mean(1)).max() < 0.1 * spread


def test_an_answer_is_the_same_in_any_company(
    gate: Gate, asked: tuple[list[list[int]], list[int]]
) -> None:
    ids, roles = asked
    together = gate.outputs(ids, roles)
    assert np.array_equal(together[::-1], gate.outputs(ids[::-1], roles[::-1]))
    for at in range(0, len(ids), 17):
        assert np.array_equal(together[at], gate.outputs([ids[at]], [roles[at]])[0])


def test_what_it_hardly_met_is_not_for_the_gate(network: GateNetwork) -> None:
    known = np.ones(PIECES + 1, dtype=np.uint8)
    known[400:PIECES] = 0
    gate = Gate({**network.tensors(), "known": known}, 0.0)
    scores = gate.read([[1, 2, 3, 4], [1, 2, 3, 450], [*range(16), 450]], [0, 0, 0]).scores
    assert np.isfinite(scores[0])
    assert np.isinf(scores[1])
    assert np.isfinite(scores[2])


def test_the_gate_never_says_yes(gate: Gate, asked: tuple[list[list[int]], list[int]]) -> None:
    assert gate.read(*asked).probabilities.max() < 0.5


def test_how_many_may_be_missed_is_what_the_interval_allows() -> None:
    assert training.most_missed(597) == -1  # 0.995 ** 597 is over 0.05
    assert training.most_missed(598) == 0
    allowed = training.most_missed(5_000)
    rng = np.random.default_rng(2)
    seen = rng.binomial(5_000, training.MISS_RATE, 200_000)
    assert (seen <= allowed).mean() < 1 - training.CONFIDENCE < (seen <= allowed + 1).mean()


def test_the_interval_of_a_rate_is_wilsons() -> None:
    low, high = figures.interval(3, 650)
    assert (low, high) == pytest.approx((0.00157, 0.01347), abs=2e-5)
    assert figures.interval(0, 0) == (0.0, 1.0)


@pytest.fixture(scope="module")
def gated(labelled: Path, tiny_base: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny model of the easy rows with a gate."""
    folder = tmp_path_factory.mktemp("gated")
    rows = corpus.read(labelled, own=False)
    config = TrainingConfig(epochs=4, layers=2, threads=1, batch_size=8, encoder_rate=1e-3)
    runs.train(labelled, rows, tiny_base, config, folder / "run", lambda _: None)
    export.export(folder / "run", folder / "plain", rows, gate=False)
    patient = GateConfig(epochs=25, batch_size=64, rate=1e-2, positive_weight=1.0)
    training.attach(folder / "plain", rows, None, folder / "out", config=patient)
    export.describe(folder / "out", splits.split(rows)["test"])
    return folder / "out"


def test_a_fitted_gate_keeps_its_promise_on_rows_that_it_never_met(
    gated: Path, labelled: Path
) -> None:
    config = artefact.load(gated).config
    assert config.gate["fitted_missed"] == 0
    assert config.gate["nothing_passed"] > 0.5
    rows = splits.split(corpus.read(labelled, own=False))["test"]
    predictor = Predictor(gated)
    passed = [found.embedding == b"" for found in predictor.predict([row.query for row in rows])]
    grave = [row.anger > 1 or any(_signals(row)) for row in rows]
    missed = sum(p and g for p, g in zip(passed, grave, strict=True))
    assert missed == config.gate["missed"]
    card = (gated / artefact.CARD).read_text()
    assert f"{config.gate['missed']:,} of {config.gate['grave']:,} (" in card
    assert len(GRAVE) == 4


def test_another_model_takes_the_gate_along(gated: Path, labelled: Path, tmp_path: Path) -> None:
    rows = corpus.read(labelled, own=False)
    plain = gated.parent / "plain"
    export.export(gated.parent / "run", tmp_path, rows, gate_of=gated)
    ours, theirs = artefact.load(tmp_path), artefact.load(gated)
    assert ours.config.gate == theirs.config.gate
    gate = {name for name in theirs.tensors if name.startswith("gate.")}
    assert gate
    assert all(torch.equal(ours.tensors[name], theirs.tensors[name]) for name in gate)
    with pytest.raises(ArtefactError, match="has no gate"):
        training.keep(gated, plain, rows, None, tmp_path)


def _signals(row: object) -> list[int]:
    names = ("objective_fact", "corporate_denial", "influencer_sharing")
    return [getattr(row, name) for name in names]


def test_brands_and_whoever_asks_for_no_cascade_are_read_by_the_encoder(gated: Path) -> None:
    nothing = Query(NOTHING, "customer")
    brand = Query(NOTHING, "brand")
    with_gate = Predictor(gated).predict([nothing, brand])
    without = Predictor(gated, cascade=False).predict([nothing, brand])
    assert with_gate[0].embedding == b""
    assert without[0].embedding
    assert with_gate[1] == without[1]
    assert max(with_gate[0].probabilities.values()) < 0.5


def test_a_model_calibrated_anew_keeps_its_gate(
    gated: Path, labelled: Path, tmp_path: Path
) -> None:
    from models import recalibration

    rows = corpus.read(labelled, own=False)[:300]
    recalibration.recalibrate(gated, rows, tmp_path / "out")
    assert artefact.load(tmp_path / "out").config.gate == artefact.load(gated).config.gate
    assert Predictor(tmp_path / "out").predict([Query(NOTHING)])[0].embedding == b""
