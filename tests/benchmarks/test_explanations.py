"""The benchmark of explanations: what it measures is what is left out, and it says so."""

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from benchmarks.explanations import measure, methods
from benchmarks.explanations.command import command
from benchmarks.explanations.methods import Texts
from models import explanation
from models.predictor import Predictor
from models.query import Query

ANGRY = "Vous êtes des voleurs et des menteurs, rendez l'argent."
PLAIN = "Le livreur est passé à dix heures. {} Il faisait beau hier et la rue était calme."


@pytest.fixture(scope="module")
def texts() -> Texts:
    predictor = Predictor()
    queries = [Query(PLAIN.format(ANGRY), "customer", "twitter", "fr"), Query(ANGRY, "customer")]
    predictions, readings = explanation.read(predictor, queries)
    return Texts(predictor, queries, predictions, readings)


def test_angry_words_take_more_from_the_score_than_words_at_random(texts: Texts) -> None:
    words = [texts.readings[0].text[w.start : w.end] for w in texts.readings[0].words]
    first = words.index("Vous")
    found = measure.falls(texts, {(0, "anger"): ((first, first + 9),)}, seed=1)
    assert found.words.tolist() == [9]
    assert found.shares[0] == pytest.approx(9 / len(words))
    assert found.gains[0] > 0.2
    assert found.gains[0] == pytest.approx(found.quoted[0] - found.at_random[0], abs=1e-6)


def test_leaving_out_every_word_is_no_better_than_chance(texts: Texts) -> None:
    number = len(texts.readings[1].words)
    found = measure.falls(texts, {(1, "anger"): ((0, number),)}, seed=1)
    assert found.gains.tolist() == [0.0]
    assert found.quoted[0] > 0.4


def test_every_method_quotes_every_likely_signal(texts: Texts) -> None:
    wanted = {(at, signal) for at in texts.readings for signal in texts.signals(at)}
    assert wanted
    for method in methods.methods():
        chosen = method.choose(texts)
        assert set(chosen) == wanted, method.name
        for (at, _), quote in chosen.items():
            spots = [spot for run in quote for spot in range(*run)]
            assert len(set(spots)) == len(spots) > 0
            assert max(spots) < len(texts.readings[at].words)
        assert (method.passes(texts) == 0) == (method.name in (methods.OURS[0], methods.FIRST))


def test_the_interval_holds_the_mean_and_draws_texts_whole() -> None:
    values = np.random.default_rng(2).normal(0.3, 1.0, 400)
    low, high = measure.interval(np.arange(400), values, seed=1)
    assert low < values.mean() < high
    assert high - low == pytest.approx(2 * 1.96 / 20, rel=0.2)
    twins = np.repeat(np.arange(200), 2)
    wide = measure.interval(twins, np.repeat(values[:200], 2), seed=1)
    assert wide[1] - wide[0] > 1.2 * (high - low)


@pytest.mark.slow
def test_the_command_tells_every_method_and_signal(tmp_path: Path) -> None:
    (tmp_path / "labelled").mkdir()
    rows = [
        {
            "text": f"{PLAIN.format(ANGRY)} Commande {number * 7919}{number}, dossier {number}.",
            "lang": "fr",
            "role": "customer",
            **dict.fromkeys(("objective_fact", "corporate_denial", "influencer_sharing"), 0),
            "anger": 3,
            "complaint": 1,
        }
        for number in range(3)
    ]
    lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    (tmp_path / "labelled" / "few.jsonl").write_text(lines, "utf-8")
    done = CliRunner().invoke(command, [str(tmp_path), "--rows", "10"])
    assert done.exit_code == 0, done.output
    assert "10 texts of the test split" in done.output
    for method in methods.methods():
        assert f"| {method.name} |" in done.output
    assert "| all |" in done.output
