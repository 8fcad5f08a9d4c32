"""`tocsin forecast` as a user runs it: what is told of an age is what was known at that age."""

import json
import random
from datetime import timedelta
from typing import Any

import pytest

from scoring.prior import infectiousness
from scoring.spread import Spread, expose, forecast
from tests.conftest import Cli
from tests.streams.helpers import START, lines, mention, one_line

pytestmark = pytest.mark.process


def conversation(root: str, shares: int, gap_s: float = 20.0) -> list[dict[str, Any]]:
    """A post by somebody with 5,000 followers, shared every `gap_s` seconds."""
    first = mention(0, START, id=root, author={"id": "ann", "followers": 5000})
    return [first] + [
        mention(
            number,
            START + timedelta(seconds=gap_s * number),
            id=f"{root}-{number}",
            kind="share",
            text="",
            parent_id=root,
            author={"id": f"{root}-by-{number}", "followers": 300},
        )
        for number in range(1, shares + 1)
    ]


def rows(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def test_each_conversation_and_age_has_a_line_from_what_was_known_then(cli: Cli) -> None:
    given = [*conversation("fast", 90), *conversation("quiet", 0)]
    done = cli("forecast", "-", stdin=lines(*given))
    assert (done.returncode, done.stderr) == (0, "")
    found = rows(done.stdout)
    assert [(row["conversation_id"], row["age_s"]) for row in found] == [
        (root, age) for root in ("fast", "quiet") for age in (600, 3600, 21600)
    ]
    assert set(found[0]) == {
        "conversation_id",
        "age_s",
        "shares",
        "forecast_shares",
        "forecast_low",
        "forecast_high",
        "reproduction",
    }
    assert [row["shares"] for row in found] == [30, 90, 90, 0, 0, 0]
    spread = expose(Spread(), START.timestamp(), 5000, share=False)
    for number in range(1, 31):
        spread = expose(spread, START.timestamp() + 20 * number, 300, share=True)
    promised = infectiousness("forum")
    expected = forecast(spread, START.timestamp() + 600, prior=promised)
    assert found[0]["forecast_shares"] == expected.shares
    assert (found[0]["forecast_low"], found[0]["forecast_high"]) == (expected.low, expected.high)
    assert found[0]["reproduction"] == expected.reproduction
    for row in found:
        assert row["forecast_low"] <= row["forecast_shares"] <= row["forecast_high"]
        assert row["forecast_low"] >= row["shares"]
    assert found[3]["forecast_shares"] < 10


def test_neither_order_nor_repetition_nor_the_future_changes_an_age(cli: Cli) -> None:
    given = conversation("root", 40)
    whole = cli("forecast", "-", "--at", "10m", stdin=lines(*given))
    shuffled = [*given, *given[5:9]]
    random.Random(4).shuffle(shuffled)
    assert cli("forecast", "-", "--at", "10m", stdin=lines(*shuffled)).stdout == whole.stdout
    known = [
        one for one in given if one["created_at"] <= (START + timedelta(minutes=10)).isoformat()
    ]
    assert len(known) < len(given)
    assert cli("forecast", "-", "--at", "10m", stdin=lines(*known)).stdout == whole.stdout


def test_ages_are_told_in_rising_order_and_counters_count(cli: Cli) -> None:
    counter = mention(
        1,
        START + timedelta(minutes=30),
        id="counter",
        kind="engagement",
        text="",
        parent_id="root",
        conversation_id="root",
        engagement={"shares": 250},
    )
    done = cli(
        "forecast", "-", "--at", "1h, 90s,0.5d", stdin=lines(*conversation("root", 0), counter)
    )
    assert [(row["age_s"], row["shares"]) for row in rows(done.stdout)] == [
        (90, 0),
        (3600, 250),
        (43200, 250),
    ]
    assert rows(done.stdout)[1]["forecast_shares"] > 250


def test_bad_lines_are_told_and_fail_only_when_strict(cli: Cli) -> None:
    given = lines("{nonsense", *conversation("root", 3), json.dumps(mention(1, START, text=3)))
    done = cli("forecast", "-", "--at", "1h", stdin=given)
    assert done.returncode == 0
    assert len(rows(done.stdout)) == 1
    assert "line 1: not_json" in done.stderr
    assert "line 6: wrong_type" in done.stderr
    strict = cli("forecast", "-", "--at", "1h", "--strict", stdin=given)
    assert (strict.returncode, strict.stdout) == (1, done.stdout)


def test_nothing_in_nothing_out(cli: Cli) -> None:
    done = cli("forecast", stdin="")
    assert (done.returncode, done.stdout) == (0, "")
    assert "no mentions" in one_line(done.stderr)


@pytest.mark.parametrize("ages", ["soon", "10", "0m", "-5m", "1h,,2h", "1e9d", "nanh", ""])
def test_an_age_that_is_none_is_told_in_one_line(cli: Cli, ages: str) -> None:
    done = cli("forecast", "-", "--at", ages, stdin="")
    assert done.returncode == 2
    assert "give 30s, 10m, 6h or 2d" in one_line(done.stderr)


def test_a_file_that_is_not_there_is_told_in_one_line(cli: Cli) -> None:
    done = cli("forecast", "/nowhere.jsonl")
    assert done.returncode == 2
    assert "/nowhere.jsonl" in one_line(done.stderr)
