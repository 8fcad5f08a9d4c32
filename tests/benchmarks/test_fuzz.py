"""Hostile inputs, some hundred for each reader; `python -m benchmarks fuzz` feeds millions."""

import random
from pathlib import Path

import pytest

from benchmarks.fuzz import buried, hooks, main, requests, routes, run, sourced, targets
from benchmarks.fuzz.mutation import MAX_BYTES, mutated
from benchmarks.fuzz.targets import Target

INPUTS = 400
NAMES = (*targets.every(Path()), *hooks.every(), *sourced.every(), *buried.every())


def _known(folder: Path) -> dict[str, Target]:
    return {**targets.every(folder), **hooks.every(), **sourced.every(), **buried.every()}


@pytest.mark.parametrize("name", NAMES)
def test_hostile_inputs_are_answered(name: str, tmp_path: Path) -> None:
    known = _known(tmp_path)
    state = run.State(seed=7)
    with run.watched():
        run.block(known[name], state, tmp_path / "found", size=INPUTS)
    assert [failure.error for failure in state.failures] == []
    assert state.counts[name].inputs == INPUTS


@pytest.mark.parametrize("name", ["http", "http-console", "http-sources"])
def test_hostile_requests_break_no_server(name: str, tmp_path: Path) -> None:
    with requests.serving() as server, run.watched():
        state = run.State(seed=7)
        run.block(requests.every(server)[name], state, tmp_path, size=150)
    assert [failure.error for failure in state.failures] == []


def test_requests_as_they_should_be_get_through_to_the_handlers() -> None:
    """Else the fuzzer would know only the doors."""
    asked = [*routes.console(requests.TOKEN), *routes.sources(requests.TOKEN + "1")]
    with requests.serving() as server:
        codes = [server.ask(routes.whole(raw), 2.0).split()[1] for raw in asked]
    assert set(codes) <= {b"200", b"202"}, list(zip(asked, codes, strict=True))


@pytest.mark.parametrize("name", NAMES)
def test_good_inputs_are_among_the_seeds(name: str, tmp_path: Path) -> None:
    """Else the fuzzer would not get beyond the first check."""
    target = _known(tmp_path)[name]
    taken = 0
    for seed in target.seeds():
        try:
            target.read(seed)
            taken += 1
        except target.answers:
            continue
    assert taken or name == "model"  # whose weights would be 40 MB of seed


def test_the_same_number_gives_the_same_input() -> None:
    seeds = [b'{"a": [1, {"b": "c"}]}', b"x"]
    first, again = random.Random("1:a:0"), random.Random("1:a:0")
    made = [mutated(first, seeds) for _ in range(500)]
    assert made == [mutated(again, seeds) for _ in range(500)]
    assert len(set(made)) > 300
    assert max(map(len, made)) <= MAX_BYTES


def test_what_fails_is_kept_and_counts_go_on(tmp_path: Path) -> None:
    def read(raw: bytes) -> None:
        if raw.count(b"\xff"):
            raise ZeroDivisionError(len(raw) > 3)

    target, found = Target("bad", 1, lambda: [b"abc"], read), tmp_path / "found"
    state = run.State(seed=1)
    with run.watched():
        run.block(target, state, found)
        run.save(tmp_path / "state.json", state)
        state = run.load(tmp_path / "state.json", 1)
        run.block(target, state, found)
    assert state.counts["bad"].inputs == 2 * run.BLOCK
    assert 0 < len(state.failures) <= 2 < state.counts["bad"].failures
    assert all(b"\xff" in Path(failure.file).read_bytes() for failure in state.failures)
    assert run.load(tmp_path / "state.json", 2).inputs == 0


def test_a_hang_is_a_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "HANG_S", 0.01)

    def read(raw: bytes) -> None:
        while True:
            pass

    state = run.State(seed=1)
    with run.watched():
        run.block(Target("slow", 1, lambda: [b"a"], read), state, tmp_path, size=2)
    assert "HangError" in state.failures[0].error


def test_command_counts_and_goes_on(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    line = ["--inputs", "2000", "--targets", "command,tokens", "--state", f"{tmp_path}/state.json"]
    assert main(line) == 0
    assert main(line) == 0
    assert "| **all** | 4,000 |" in capsys.readouterr().out
    assert main(["--targets", "nothing"]) == 2
