"""What one run learns from another: a start, a mean, a teacher's answers and hidden states."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from models import artefact as models_artefact
from models import batches, corpus, runs, splits
from models.data import Row
from models.errors import ArtefactError, TrainingError
from models.training import StateLoss, TrainingConfig
from tests.models.conftest import QUICK, Tocsin, easy_row


def test_training_goes_on_from_an_exported_model(
    tocsin: Tocsin, artefact: Path, run: Path, labelled: Path, tmp_path: Path
) -> None:
    rows = [Row(**easy_row(n)) for n in range(60)]
    ours, theirs = (runs.load(folder).probabilities(rows) for folder in (artefact, run))
    assert np.abs(ours[:, :5] - theirs[:, :5]).max() < 0.15, "int8 and back"
    assert not any("gate" in name for name in runs.load(artefact).network.state_dict())

    further = tmp_path / "further"
    done = tocsin(
        "train", labelled, "--run", further, "--no-own", "--start", artefact, "--teacher", artefact,
        "--layers", "2", "--epochs", "1", "--threads", "1",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    learnt = runs.load(further)
    assert learnt.base == artefact
    first, then = learnt.history
    assert then.startswith("for up to 1 epochs")
    assert runs.told_of((first,)) == models_artefact.load(artefact).config.training
    figures = json.loads((further / "metrics.json").read_text())
    assert figures["heads"]["anger"]["f1"] > 0.9, "an epoch alone does not teach that much"


def test_a_run_is_averaged_with_others(run: Path, artefact: Path, tmp_path: Path) -> None:
    mean = runs.averaged(run, [artefact, run])
    own, other = (runs.load(folder).network.state_dict() for folder in (run, artefact))
    for name, value in mean.network.state_dict().items():
        assert torch.allclose(value, (2 * own[name] + other[name]) / 3, atol=1e-6)
    assert runs.told_of(mean.history).endswith("averaged with 2 other runs.")
    with pytest.raises(ArtefactError, match="other layers or another vocabulary"):
        runs.averaged(run, [Path("models/weights")])


def test_export_averages_what_it_is_given(
    tocsin: Tocsin, run: Path, artefact: Path, labelled: Path, tmp_path: Path
) -> None:
    out = tmp_path / "mean"
    done = tocsin("export", run, labelled, out, "--no-own", "--no-gate", "--average", artefact)
    assert done.returncode == 0, done.stderr
    assert "averaged with another run" in (out / "CARD.md").read_text()
    empty = tmp_path / "empty"
    empty.mkdir()
    done = tocsin("export", run, labelled, out, "--no-own", "--no-gate", "--average", empty)
    assert done.returncode == 2
    assert "holds neither a finished training run nor an exported model" in done.stderr


def test_a_student_learns_from_its_teacher_alone(
    run: Path, tiny_base: Path, tmp_path: Path, labelled: Path
) -> None:
    rows = corpus.read(labelled, own=False)
    wrong = [Row(**{**easy_row(n), "anger": 0}) for n in range(600)]
    config = TrainingConfig(
        epochs=4, layers=1, threads=1, batch_size=8, teacher_share=1.0, encoder_rate=1e-3
    )
    runs.train(labelled, wrong, tiny_base, config, tmp_path / "s", lambda _: None, [run])
    student = runs.load(tmp_path / "s")
    angry = [row for row in rows if row.anger][:50]
    calm = [row for row in rows if not row.anger][:50]
    assert student.network.encoder.config.num_hidden_layers == 1
    high, low = (student.probabilities(part)[:, 1].mean() for part in (angry, calm))
    assert high > low + 0.2  # its own labels say that nobody is angry


def test_a_student_learns_its_teachers_hidden_states(
    run: Path, tiny_base: Path, tmp_path: Path, labelled: Path
) -> None:
    rows = corpus.read(labelled, own=False)
    guide = runs.load(run)
    kept_out = [row for row in rows if splits.split_of(row.text) == "test"][:64]
    ((_, batch),) = batches.in_order(kept_out, guide.tokenizer, 64, 160)

    def apart(state_weight: float) -> float:
        config = TrainingConfig(
            epochs=2, layers=1, threads=1, batch_size=8, encoder_rate=1e-3,
            state_weight=state_weight,
        )  # fmt: skip
        folder = tmp_path / str(state_weight)
        runs.train(labelled, rows, tiny_base, config, folder, lambda _: None, [run], start=run)
        student = runs.load(folder).network.eval()
        assert student.encoder.config.num_hidden_layers == 1
        with torch.inference_mode():
            return float(StateLoss(guide.network)(student.states(batch), batch))

    assert apart(1.0) < 0.7 * apart(0.0)


def test_hidden_states_are_learnt_of_a_teacher_alike(
    tocsin: Tocsin, tiny_base: Path, labelled: Path, tmp_path: Path
) -> None:
    arguments = ("train", labelled, "--run", tmp_path / "run", "--base", tiny_base, *QUICK)
    done = tocsin(*arguments, "--states")
    assert done.returncode == 2
    assert "--states needs a --teacher whose hidden states are to be learnt" in done.stderr
    done = tocsin(*arguments, "--states", "--teacher", "models/weights", "--epochs", 1)
    assert done.returncode == 2
    assert "weights has another vocabulary or width" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_start_with_fewer_layers_is_refused(
    artefact: Path, tiny_base: Path, tmp_path: Path, labelled: Path
) -> None:
    few = TrainingConfig(epochs=1, layers=1, threads=1, batch_size=8)
    rows = corpus.read(labelled, own=False)
    runs.train(labelled, rows, tiny_base, few, tmp_path / "one", lambda _: None)
    more = TrainingConfig(epochs=1, layers=2, threads=1, batch_size=8)
    with pytest.raises(TrainingError, match="2 layers cannot be kept of 1: give --layers 1"):
        runs.train(
            labelled, rows, tiny_base, more, tmp_path / "two", lambda _: None,
            start=tmp_path / "one",
        )  # fmt: skip
