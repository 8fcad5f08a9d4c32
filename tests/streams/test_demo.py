"""`tocsin demo` as a user runs it: a real broker, a real worker, the whole case library."""

import json
import os
import signal
from pathlib import Path
from typing import Any

import psutil
import pytest

from scoring.levels import Level
from streams import stories
from tests.conftest import Cli
from tests.streams.demos import Demo
from tests.streams.helpers import START, lines, mention, one_line

pytestmark = [pytest.mark.process, pytest.mark.broker]


class Played:
    """What was seen of one run of the whole library at full speed."""

    def __init__(self, folder: Path) -> None:
        with Demo(folder, "--headless", "--speed", "max", "--json") as demo:
            self.pages = {path: demo.page(path) for path in ("", "healthz", "readyz", "metrics")}
            self.board = json.loads(demo.page("api/board"))
            self.family = len(demo.family)
            self.code, report = demo.ends(timeout_s=240)
            assert report is not None
            self.report: dict[str, Any] = report
            self.said = demo.said
            self.left = demo.left_behind()


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Played:
    return Played(tmp_path_factory.mktemp("played"))


@pytest.mark.slow
def test_whole_library_is_played_and_worked_off(played: Played) -> None:
    every = sum(len(stories.load(slug).mentions) for slug in stories.slugs())
    assert played.code == 0
    assert played.report["sent"] == played.report["scored"] == every
    assert played.report["dead_letters"] == 0
    assert played.report["resolved"] > 0
    assert played.report["mentions_per_s"] > 0
    assert 0 < played.report["first_escalation_s"] < played.report["seconds"]


@pytest.mark.slow
def test_each_story_reaches_its_level(played: Played) -> None:
    assert sorted(played.report["stories"]) == stories.slugs()
    for slug, reached in played.report["stories"].items():
        for expected in stories.load(slug).outcome.expect:
            rank = Level(reached).rank if reached else 0
            assert rank >= (expected.reaches.rank if expected.reaches else 0), slug
            assert rank < (expected.never.rank if expected.never else 9), slug


@pytest.mark.slow
def test_each_escalation_is_one_line(played: Played) -> None:
    told = [line for line in played.said if not line.startswith("tocsin: ")]
    raised = [line for line in told if not line.startswith("resolved")]
    assert len(raised) == sum(played.report["escalations"].values())
    assert len(told) - len(raised) == played.report["resolved"]
    assert any(line.startswith("crisis    skylark-air  ") for line in raised)
    assert "the demo ended after" in played.said[-1]


@pytest.mark.slow
def test_console_and_its_data_are_served_meanwhile(played: Played) -> None:
    assert b"<title>Tocsin</title>" in played.pages[""]
    assert json.loads(played.pages["healthz"])["ok"]
    assert json.loads(played.pages["readyz"])["ok"]
    assert b"tocsin_mentions_total" in played.pages["metrics"]
    assert set(played.board) == {"cases", "newest", "facts"}


@pytest.mark.slow
def test_nothing_stays_behind(played: Played) -> None:
    assert played.family >= 3  # broker, worker, scoring process
    assert played.left == []


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_told_to_end_it_ends_cleanly(tmp_path: Path, number: signal.Signals) -> None:
    with Demo(tmp_path, "--json", "--speed", "50") as demo:
        if number is signal.SIGINT:
            demo.console()
            demo.until(lambda: any(line.startswith("respond") for line in demo.said))
        else:
            demo.until(lambda: any("loading" in line for line in demo.said))
            demo.remember()
        demo.process.send_signal(number)
        code, report = demo.ends(timeout_s=15)
        assert code == 0
        assert report is not None
        assert "the demo ended after" in demo.said[-1]
        assert demo.left_behind() == []


@pytest.mark.slow
def test_killed_it_takes_worker_and_broker_along(tmp_path: Path) -> None:
    with Demo(tmp_path) as demo:
        demo.console()
        assert demo.family
        demo.process.kill()
        gone, alive = psutil.wait_procs(demo.family, timeout=20)
        assert alive == []
        assert gone


@pytest.mark.slow
def test_own_mentions_and_what_is_wrong_with_them(tmp_path: Path) -> None:
    folder = tmp_path / "temporary"
    folder.mkdir()
    file = tmp_path / "own.jsonl"
    good = [mention(number, START) for number in range(5)]
    file.write_text(lines(good[0], "{nonsense", *good[1:], mention(6, START, text=3)))
    arguments = ("--headless", "--json", "--speed", "max", "--file", str(file))
    with Demo(folder, *arguments, TOCSIN_BROKER="127.0.0.1:1", TOCSIN_TOPIC_PREFIX="x.") as demo:
        code, report = demo.ends(timeout_s=90)
        assert code == 0, demo.said
        assert report is not None
        assert demo.said[0].startswith("line 2: not_json")
        assert demo.said[1].startswith("line 7: wrong_type")
        assert (report["sent"], report["scored"], report["dead_letters"]) == (7, 5, 2)
        assert report["stories"] == {"skylark-air": None}
        assert demo.left_behind() == []


def test_ends_after_so_many_seconds(tmp_path: Path) -> None:
    with Demo(tmp_path, "--seconds", "2") as demo:
        assert demo.ends(timeout_s=20) == (0, None)
        assert demo.left_behind() == []


def test_worker_that_dies_is_told_with_its_last_words(tmp_path: Path) -> None:
    policy = tmp_path / "policy.toml"
    policy.write_text("nonsense = 1\n")
    folder = tmp_path / "temporary"
    folder.mkdir()
    with Demo(folder, TOCSIN_POLICY=str(policy)) as demo:
        assert demo.ends(timeout_s=60)[0] == 1
        assert any("nonsense" in line for line in demo.said[:-1]), demo.said
        assert demo.said[-1] == "tocsin: the worker ended by itself (exit code 2)"
        assert demo.left_behind() == []


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("--file", "missing.jsonl"), "'missing.jsonl' does not exist"),
        (("--file", os.devnull), "holds no mentions"),
        (("--speed", "fast"), "'fast' is no speed"),
        (("--port", "70000"), "--port"),
    ],
)
def test_wrong_use_is_one_line(cli: Cli, arguments: tuple[str, ...], reason: str) -> None:
    done = cli("demo", "--headless", *arguments)
    assert done.returncode == 2
    assert reason in one_line(done.stderr)


def test_taken_port_is_told_before_anything_starts(cli: Cli, broker: str) -> None:
    done = cli("demo", "--headless", "--port", broker.rpartition(":")[2])
    assert done.returncode == 2
    assert "is taken" in one_line(done.stderr)
