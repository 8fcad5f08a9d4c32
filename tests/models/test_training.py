"""A whole run, from rows to the artefact, as a user's commands make it, on a tiny base."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from tokenizers import Tokenizer

from models import batches, corpus, evaluation, runs, splits
from models.auxiliary import Example
from models.data import Row
from models.errors import TrainingError
from models.training import (
    Material,
    Progress,
    TrainingConfig,
    labelled_examples,
    train,
    twin_loss,
)
from tests.models.conftest import QUICK, Tocsin, easy_row


def test_a_run_leaves_its_settings_course_and_plots(run: Path) -> None:
    left = {file.name for file in run.iterdir()}
    assert left >= {"config.json", "log.jsonl", "metrics.json", "course.png", "reliability.png"}
    assert "checkpoint.pt" not in left
    assert json.loads((run / "config.json").read_text())["seed"] == 13
    assert json.loads((run / "metrics.json").read_text())["rows"] > 30


def test_the_artefact_has_learnt_and_says_so_in_its_card(artefact: Path, labelled: Path) -> None:
    rows = splits.split(corpus.read(labelled, own=False))["test"]
    found = evaluation.evaluate(artefact, rows)
    assert (found.groups["all"].heads["anger"].f1 or 0) > 0.9
    card = (artefact / "CARD.md").read_text()
    assert f"| all | {len(rows)} | {found.groups['all'].macro_f1:.3f} |" in card
    assert "<" not in card.split("## Where it fails")[0].replace("<s>", "")


def test_evaluate_ends_with_1_below_its_floor(
    tocsin: Tocsin, artefact: Path, labelled: Path
) -> None:
    done = tocsin("evaluate", labelled, "--model", artefact, "--floor", 1.0, "--no-own")
    assert done.returncode == 1
    assert "is below the floor of 1.000" in done.stderr


def test_evaluate_says_which_heads_it_leaves_out(
    tocsin: Tocsin, artefact: Path, tmp_path: Path
) -> None:
    rows = [{**easy_row(n), "influencer_sharing": 0} for n in range(40)]
    (tmp_path / "some.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    measured = ("evaluate", tmp_path / "some.jsonl", "--model", artefact, "--split", "all")
    done = tocsin(*measured)
    assert done.returncode == 0, done.stderr
    assert "on 40 rows; no positives of influencer_sharing" in done.stderr
    assert "| influencer_sharing | 0 | " in done.stdout
    assert "–: the rows hold no positive; macro-F1 leaves the head out" in done.stdout
    found = json.loads(tocsin(*measured, "--json").stdout)["all"]
    assert found["heads"]["influencer_sharing"]["f1"] is None
    known = [one["f1"] for one in found["heads"].values() if one["f1"] is not None]
    assert found["macro_f1"] == pytest.approx(sum(known) / 4, abs=1e-4)


def test_calibrate_changes_probabilities_and_not_their_order(
    tocsin: Tocsin, artefact: Path, labelled: Path, tmp_path: Path
) -> None:
    flipped = tmp_path / "other.jsonl"
    rows = [{**easy_row(n), "complaint": int(n % 4 == 0)} for n in range(400)]
    flipped.write_text("".join(json.dumps(row) + "\n" for row in rows))
    done = tocsin(
        "calibrate", "model", flipped, tmp_path / "out", "--model", artefact, "--split", "all"
    )
    assert done.returncode == 0, done.stderr
    texts = [Row(**easy_row(n)) for n in range(60)]
    before, _ = evaluation.predict(artefact, texts)
    after, _ = evaluation.predict(tmp_path / "out", texts)
    assert abs(after[:, 4].mean() - 0.25) < abs(before[:, 4].mean() - 0.25)


def test_calibrate_refuses_too_few_rows(tocsin: Tocsin, artefact: Path, tmp_path: Path) -> None:
    few = tmp_path / "few.jsonl"
    few.write_text("".join(json.dumps(easy_row(n)) + "\n" for n in range(20)))
    done = tocsin(
        "calibrate", "model", few, tmp_path / "out", "--model", artefact, "--split", "all"
    )
    assert done.returncode == 2
    assert "20 rows are too few to calibrate on; 100 are needed" in done.stderr


def test_a_run_of_other_settings_is_not_gone_on_with(
    tiny_base: Path, tmp_path: Path, labelled: Path
) -> None:
    rows = corpus.read(labelled, own=False)
    config = TrainingConfig(epochs=2, layers=2, threads=1)
    interrupted(rows, tiny_base, tmp_path / "run", config)
    other = TrainingConfig(epochs=2, layers=2, threads=1, seed=14)
    with pytest.raises(Exception, match=r"holds a run of other settings \(seed\)"):
        runs.train(labelled, rows, tiny_base, other, tmp_path / "run", lambda _: None)


def test_an_interrupted_run_ends_as_one_that_was_not(
    tiny_base: Path, tmp_path: Path, labelled: Path
) -> None:
    rows = corpus.read(labelled, own=False)
    config = TrainingConfig(epochs=2, layers=2, threads=1)
    interrupted(rows, tiny_base, tmp_path / "stopped", config)
    steps: list[int] = []
    runs.train(
        labelled, rows, tiny_base, config, tmp_path / "stopped", lambda at: steps.append(at.step)
    )
    assert steps[0] > 1  # it did not begin anew
    runs.train(labelled, rows, tiny_base, config, tmp_path / "whole", lambda _: None)
    stopped = runs.load(tmp_path / "stopped").network.state_dict()
    whole = runs.load(tmp_path / "whole").network.state_dict()
    assert all(torch.allclose(stopped[name], whole[name], atol=1e-5) for name in whole)


def test_rows_that_leave_a_part_empty_are_too_few(tiny_base: Path, tmp_path: Path) -> None:
    rows = [
        row
        for row in (Row(**easy_row(n)) for n in range(40))
        if splits.split_of(row.text) == "train"
    ]
    config = TrainingConfig(epochs=1, layers=1, threads=1)
    with pytest.raises(TrainingError, match="none falls into valid nor calibration"):
        runs.train(tmp_path, rows, tiny_base, config, tmp_path / "run", lambda _: None)


def test_ctrl_c_says_what_is_kept_and_the_next_run_where_it_goes_on(
    tiny_base: Path, tmp_path: Path, labelled: Path
) -> None:
    arguments = [
        sys.executable, "-m", "streams", "train", str(labelled), "--run", str(tmp_path / "run"),
        "--base", str(tiny_base), "--epochs", "3", "--batch-size", "2", *QUICK,
    ]  # fmt: skip
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    with subprocess.Popen(arguments, stderr=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stderr is not None
        full = (line for line in process.stderr if line.startswith("step "))
        next(full), next(full)  # when the second epoch is told, the first is kept
        process.send_signal(signal.SIGINT)
        told = process.stderr.read()
        assert process.wait(60) == 130
    assert "keeps the last full epoch: the same command goes on from there" in told
    assert told.endswith("tocsin: interrupted\n")
    done = subprocess.run(arguments, capture_output=True, text=True, env=environment, timeout=300)
    assert done.returncode == 0, done.stderr
    assert "going on after step " in done.stderr


def interrupted(rows: list[Row], base: Path, folder: Path, config: TrainingConfig) -> None:
    """A run that is stopped in its second epoch."""
    parts = splits.split(rows)
    chosen = parts["train"]
    examples = {"rows": labelled_examples(chosen, 14, None, config)}
    material = Material(chosen, examples, parts["valid"], parts["calibration"])
    torch.manual_seed(config.seed)
    start = runs.begin(base, 14, config)

    class StopError(Exception):
        """Ends a run in the middle."""

    def report(at: Progress) -> None:
        if at.step > at.steps // 2 + 2:
            raise StopError

    with pytest.raises(StopError):
        train(start.network, start.tokenizer, material, config, folder, report)


def test_what_is_held_out_is_not_learnt_through_an_auxiliary_set(
    tiny_base: Path, tmp_path: Path, labelled: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = corpus.read(labelled, own=False)
    parts = splits.split(rows)
    severity = labelled / "train" / "xci"
    severity.mkdir(parents=True)
    lines = [f'{n},"{row.text}",1,food,N,a,3,x' for n, row in enumerate(rows)]
    header = "id,tweet,label,domain,sentiment,emotion,Severity,Explain"
    (severity / "xci_train.csv").write_text("\n".join([header, *lines]) + "\n")
    config = TrainingConfig(epochs=1, layers=1, threads=1, auxiliary=("xci",))
    seen: list[Material] = []

    def watched(network, tokenizer, material, *rest):
        seen.append(material)
        return train(network, tokenizer, material, *rest)

    monkeypatch.setattr("models.training.train", watched)
    runs.train(labelled, rows, tiny_base, config, tmp_path / "run", lambda _: None)
    taught = {example.text for part in seen[0].examples.values() for example in part}
    for name in ("test", "calibration", "valid"):
        assert not taught & {row.text for row in parts[name]}
    assert {row.text for row in parts["train"]} <= taught


def test_twins_share_a_batch_and_are_ranked(tiny_base: Path) -> None:
    tokenizer = Tokenizer.from_file(str(tiny_base / "tokenizer.json"))
    rng = np.random.default_rng(4)
    examples = [
        Example(
            f"{'word ' * int(rng.integers(1, 40))}{at}",
            "customer",
            np.array([at % 2] * 7 + [np.nan] * 7, dtype=np.float32),
            pair=f"p{at // 2}" if at < 60 else None,
        )
        for at in range(200)
    ]
    found = list(batches.training(examples, tokenizer, 16, 160, seed=1))
    assert sum(len(batch.targets) for batch in found) == 200
    assert sum(len(batch.twins) for batch in found) == 30
    assert max(len(batch.targets) for batch in found) <= 17
    batch = next(batch for batch in found if len(batch.twins))
    right = torch.where(batch.targets > 0.5, 4.0, -4.0).nan_to_num()
    assert twin_loss(right, batch) < 0.1 * twin_loss(torch.zeros_like(right), batch)
    assert twin_loss(-right, batch) > twin_loss(torch.zeros_like(right), batch)


def test_mistakes_of_a_trainer_are_told(
    tocsin: Tocsin, run: Path, labelled: Path, tiny_base: Path, tmp_path: Path
) -> None:
    again = tocsin("train", labelled, "--run", run, *QUICK)
    assert again.returncode == 2
    assert "holds a finished run; give another --run" in again.stderr
    none = tocsin(
        "train",
        labelled,
        "--run",
        tmp_path / "none",
        "--share",
        0.0001,
        "--base",
        tiny_base,
        *QUICK,
    )
    assert none.returncode == 2
    assert "training rows is none: give a larger one" in none.stderr
    unexported = tocsin("evaluate", labelled, "--no-own", "--model", run)
    assert unexported.returncode == 2
    assert "holds a training run, not a model: `tocsin export" in unexported.stderr
    (tmp_path / "half").mkdir()
    (tmp_path / "half" / "checkpoint.pt").touch()
    half = tocsin("export", tmp_path / "half", labelled, tmp_path / "out")
    assert half.returncode == 2
    assert "half is not finished; the `tocsin train` that began it goes on" in half.stderr
    for base, told in ((tmp_path, "is no base: it holds no config.json"), ("/nope", "no folder")):
        done = tocsin("train", labelled, "--run", tmp_path / "r", "--base", base, *QUICK)
        assert done.returncode == 2
        assert told in done.stderr
        assert "Traceback" not in done.stderr
    empty = tmp_path / "empty.jsonl"
    empty.write_text(json.dumps({**easy_row(1), "text": " "}) + "\n")
    done = tocsin("evaluate", empty, "--split", "all")
    assert done.returncode == 2
    assert "line 1: the text is empty" in done.stderr
