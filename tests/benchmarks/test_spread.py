"""The benchmark of forecasts: cascades as recorded, fits that find what is there, figures."""

import gzip
import json
from pathlib import Path

import msgspec
import numpy as np
import pytest
from click.testing import CliRunner

from benchmarks.spread import cascades, figures, fit, seismic
from benchmarks.spread.cascades import Cascade
from benchmarks.spread.command import ALIKE, command
from models.errors import DataError
from scoring.layer import TERMS, Layer
from streams.errors import UsageError


def some(number: int, seed: int = 1) -> list[Cascade]:
    """Cascades that slow down: log-normal delays, sizes from 20 to 400."""
    rng = np.random.default_rng(seed)
    found = []
    for at in range(number):
        size = int(rng.integers(20, 400))
        times = np.sort(np.exp(rng.normal(8.0, 1.5, size)))
        followers = rng.integers(10, 1000, size + 1)
        found.append(Cascade(f"c{at}", times, np.zeros(size, int), followers))
    return found


def test_a_cascade_is_read_in_order_of_time_with_its_parents(tmp_path: Path) -> None:
    row = {"id": "a", "t_min": [0.0, 2.0, -1.0, 1.0], "parent": [-1, 0, 0, 1]}
    file = tmp_path / "some.jsonl.gz"
    file.write_bytes(gzip.compress(json.dumps(row).encode()))
    (one,) = cascades.read(file, seed=1)
    assert one.times.tolist() == [0.0, 60.0, 120.0]
    assert one.parents.tolist() == [0, 3, 0]
    assert len(one.followers) == 4
    assert one.followers.min() > 0
    assert one.blind().followers.tolist() == [0, 0, 0, 0]
    again = cascades.read(file, seed=1)[0]
    assert again.followers.tolist() == one.followers.tolist()


@pytest.mark.parametrize("text", ["", "{", '{"id": "a", "t_min": [], "parent": []}'])
def test_what_holds_no_cascades_is_told_in_one_line(tmp_path: Path, text: str) -> None:
    file = tmp_path / "bad.jsonl"
    file.write_text(text)
    with pytest.raises(DataError):
        cascades.read(file, seed=1)


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fits of a second, whose forecasts are not looked at."""
    monkeypatch.setattr(fit, "EPOCHS", 3)


def test_the_fit_finds_the_quantiles_of_what_it_was_drawn_from(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(fit, "EPOCHS", 60)
    rng = np.random.default_rng(3)
    terms = rng.uniform(0, 4, (6_000, len(TERMS)))
    logs = 1.5 + terms[:, 1] + rng.normal(0, 0.4, len(terms))
    ones = np.ones(len(terms))
    fitted = fit.fit(fit.Samples(terms, terms, ones, np.expm1(logs), ones, ones, ones), seed=1)
    middle = (2.0,) * len(TERMS)
    found = np.log1p(fitted.coming(middle))
    expected = [3.5 + 0.4 * normal for normal in (-1.2816, 0.0, 1.2816)]
    assert found == pytest.approx(expected, abs=0.12)


@pytest.mark.usefixtures("quick")
def test_a_fitted_layer_is_written_as_it_is_read(tmp_path: Path) -> None:
    known = some(40)
    out = tmp_path / "layer.json"
    fit.write(known, 1, out)
    found = msgspec.json.decode(out.read_bytes(), type=Layer)
    assert found.terms == TERMS
    assert "40 public" in found.made
    again = fit.fit(fit.samples(known, 1), 1)
    assert msgspec.structs.replace(found, made="") == again


def test_a_folder_that_is_not_there_is_told_before_the_layer_is_fitted(tmp_path: Path) -> None:
    file = tmp_path / "some.jsonl"
    file.write_text('{"id": "a", "t_min": [0.0, 2.0], "parent": [-1, 0]}')
    with pytest.raises(UsageError, match="there is no folder"):
        command.main(
            [str(file), "--fit", str(tmp_path / "no" / "layer.json")], standalone_mode=False
        )


def test_thinned_copies_are_smaller_and_the_same_each_time() -> None:
    (one,) = some(1)
    thin = one.thinned(0.25, seed=2)
    assert 0 < thin.size < one.size / 2
    assert set(thin.times) <= set(one.times)
    assert len(thin.followers) == thin.size + 1
    assert thin.times.tolist() == one.thinned(0.25, seed=2).times.tolist()


def test_the_published_estimator_finds_the_infectiousness_it_was_given() -> None:
    # a root with 100 million followers, one in 10,000 of whom react, as the kernel says
    rng = np.random.default_rng(4)
    grid = np.concatenate([np.linspace(0, 300, 200), np.geomspace(301, 1e8, 3000)])
    times = np.sort(np.interp(-rng.random(10_000), -seismic.survival(grid), grid))
    one = Cascade("x", times, np.zeros(10_000, int), np.array([100_000_000] + [1] * 10_000))
    found = seismic.estimate(one, 3600.0)
    assert found.infectiousness == pytest.approx(1e-4, rel=0.1)
    assert seismic.final(found, 1.0, 0.0) == pytest.approx(10_000, rel=0.1)


def test_figures_by_hand() -> None:
    sizes = np.array([10.0, 20, 30, 40, 100])
    assert figures.errors(np.array([5.0, 20, 60, 40, 50]), sizes).tolist() == [0.5, 0, 1, 0, 0.5]
    assert figures.rank_correlation(sizes**2, sizes) == pytest.approx(1)
    assert figures.rank_correlation(-sizes, sizes) == pytest.approx(-1)
    assert figures.ranks(np.array([3.0, 1, 3])).tolist() == [1.5, 0, 1.5]
    assert figures.top_found(sizes, sizes) == 1
    assert figures.top_found(-sizes, sizes) == 0
    assert figures.coverage(sizes - 1, sizes + np.array([1, 1, -0.5, 1, 1]), sizes) == 0.8


@pytest.mark.usefixtures("quick")
def test_the_command_measures_every_method_at_every_age(tmp_path: Path) -> None:
    pytest.importorskip("sklearn", reason="pip install 'tocsin[bench]'")
    file = tmp_path / "some.jsonl"
    rows = [
        {
            "id": one.id,
            "t_min": [0.0, *(one.times / 60).tolist()],
            "parent": [-1, *([0] * one.size)],
        }
        for one in some(60)
    ]
    file.write_bytes(b"\n".join(msgspec.json.encode(row) for row in rows))
    done = CliRunner().invoke(command, [str(file), "--draws", "20"])
    assert done.exit_code == 0, done.output
    for title in ("Median relative error", "Rank correlation", "Coverage", "us per event"):
        assert title in done.output
    for name in (
        "Tocsin",
        ALIKE,
        "size alone",
        "batch SEISMIC",
        "features, trees",
    ):
        assert done.output.count(f"| {name} |") >= 3
    assert "nan" not in done.output
