"""`tocsin score` and `tocsin backtest`: lines in, lines out, the same whatever stands beside."""

import json
import random
from pathlib import Path

import msgspec
import pytest

from scoring import escalation
from scoring.mention import Role
from streams import stories
from tests.conftest import Cli
from tests.streams.helpers import START, lines, mention

pytestmark = pytest.mark.process

STORY = stories.load("bike-lock-2004").mentions
JSON = [msgspec.json.encode(one).decode() for one in STORY]
BAD = ["{nonsense", json.dumps(mention(1, START, text=3))]


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("story") / "story.jsonl"
    path.write_text(lines(*JSON))
    return path


def test_scores_come_in_input_order_and_do_not_depend_on_the_batch(cli: Cli, file: Path) -> None:
    whole = cli("score", str(file))
    assert whole.returncode == 0
    assert whole.stderr == ""
    rows = [json.loads(line) for line in whole.stdout.splitlines()]
    assert [row["id"] for row in rows] == [one.id for one in STORY]
    for row, one in zip(rows, STORY, strict=True):
        answers = {"answer"} if one.role is Role.BRAND and one.text else set()
        assert set(row) == {"id", "lang", "signals", "complaint", "anger_grade"} | answers
        assert set(row["signals"]) == {
            "anger",
            "objective_fact",
            "corporate_denial",
            "influencer_sharing",
        }
        assert all(
            0 <= value <= 1 and round(value, 3) == value for value in row["signals"].values()
        )
        assert 0 <= row["anger_grade"] <= 3
    by_line = dict(zip(JSON, whole.stdout.splitlines(), strict=True))
    for chosen in ([JSON[7]], random.Random(3).sample(JSON, 65)):
        alone = cli("score", "-", stdin=lines(*chosen))
        assert alone.stdout.splitlines() == [by_line[line] for line in chosen]


def test_bad_lines_are_told_and_fail_only_when_strict(cli: Cli) -> None:
    given = lines(JSON[0], BAD[0], "", BAD[1], JSON[1])
    done = cli("score", stdin=given)
    assert done.returncode == 0
    assert [json.loads(line)["id"] for line in done.stdout.splitlines()] == [
        STORY[0].id,
        STORY[1].id,
    ]
    assert "line 2: not_json" in done.stderr
    assert "line 4: wrong_type" in done.stderr
    strict = cli("score", "--strict", stdin=given)
    assert strict.returncode == 1
    assert strict.stdout == done.stdout
    assert "Traceback" not in strict.stderr


@pytest.mark.parametrize("command", [["score"], ["backtest"], ["backtest", "--summary"]])
def test_nothing_in_nothing_out(cli: Cli, command: list[str]) -> None:
    done = cli(*command, "-", stdin="")
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr.startswith("tocsin: no mentions to ")


def test_plain_lines_of_text_and_reasons_that_quote_them(cli: Cli) -> None:
    texts = ["Scandaleux, vous mentez à vos clients !", "Thanks, it works again.", "🙂"]
    done = cli("score", "--text", "--explain", stdin=lines(*texts))
    assert done.returncode == 0
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert [row["id"] for row in rows] == ["1", "2", "3"]
    assert [row["lang"] for row in rows] == ["fr", "en", "und"]
    assert rows[0]["signals"]["anger"] > rows[1]["signals"]["anger"]
    assert rows[0]["why"]
    for text, row in zip(texts, rows, strict=True):
        assert all(reason["quote"] in text for reason in row["why"])


def test_backtest_gives_the_same_bytes_for_any_order_within_the_lateness(
    cli: Cli, file: Path, tmp_path: Path
) -> None:
    once = cli("backtest", str(file))
    assert once.returncode == 0
    said = [escalation.decode(line.encode()) for line in once.stdout.splitlines()]
    assert {e.case_id.partition(":")[0] for e in said} == {STORY[0].brand}
    assert said == sorted(said, key=lambda e: e.at)
    assert list(stories.unmet(stories.load("bike-lock-2004"), said)) == []
    chance = random.Random(4)
    late = sorted(zip(STORY, JSON, strict=True), key=lambda p: p[0].at + 290 * chance.random())
    assert [line for _, line in late] != JSON
    unsorted = tmp_path / "unsorted.jsonl"
    unsorted.write_text(lines(*(line for _, line in late), BAD[0]))
    again = cli("backtest", str(unsorted), "--strict")
    assert again.returncode == 1
    assert again.stdout == once.stdout
    assert f"line {len(JSON) + 1}: not_json" in again.stderr


def test_backtest_sums_up_each_case(cli: Cli, file: Path) -> None:
    rows = [
        json.loads(line) for line in cli("backtest", str(file), "--summary").stdout.splitlines()
    ]
    peaks = {row["case_id"]: row["level"] for row in rows}
    assert "crisis" in peaks.values()
    assert all(row["resolved"] for row in rows)
    assert all(row["messages"]["open"] == row["messages"]["resolved"] for row in rows)


@pytest.mark.parametrize("command", ["score", "backtest"])
def test_file_that_is_not_there(cli: Cli, command: str) -> None:
    done = cli(command, "/nowhere.jsonl")
    assert done.returncode == 2
    assert "/nowhere.jsonl" in done.stderr
    assert "Traceback" not in done.stderr


CALM = [
    "Good morning everyone, have a lovely day",
    "happy birthday to my best friend 🎂",
    "can't wait for the concert tonight",
    "bonne journée à tous ☀️",
    "just watched the new episode, so good",
    "happy friday!",
]
GRAVE = "Third time my order 4411 is lost and they closed my ticket without a word. RT please!!!"


def test_the_gate_answers_small_talk_and_can_be_turned_off(cli: Cli) -> None:
    given = lines(*CALM, GRAVE)
    gated = cli("score", "--text", stdin=given).stdout.splitlines()
    whole = cli("score", "--text", "--no-cascade", stdin=given).stdout.splitlines()
    told = cli("score", "--text", stdin=given, TOCSIN_CASCADE="false")
    assert told.stdout.splitlines() == whole
    assert gated[:-1] != whole[:-1]
    assert gated[-1] == whole[-1]
    for line in gated[:-1]:
        found = json.loads(line)
        assert max(*found["signals"].values(), found["complaint"]) < 0.5
