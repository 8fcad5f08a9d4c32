"""The fault harness: one short run of it, its schedule, and how it goes on where it ended."""

from pathlib import Path
from typing import NamedTuple

import msgspec
import pytest

from benchmarks.faults import checks, faults, refold, report, runs, schedule
from benchmarks.faults.command import main
from benchmarks.faults.runs import Row
from benchmarks.faults.schedule import Plan, Planned
from streams.scorer.reader import Reader
from streams.worker.state import FOLDED

ROW = Row(
    seed=3,
    faults=["kill"],
    workers=2,
    mentions=900,
    failures=[],
    recover_s=7.5,
    took_s=40.0,
    exits={"0": 2, "-9": 1},
    repeated=12,
    poisoned=0,
    most_mb=190.0,
    load=3.0,
)


@pytest.mark.process
@pytest.mark.broker
@pytest.mark.slow
def test_nothing_is_lost_and_nothing_said_twice(tmp_path: Path) -> None:
    """A worker is killed, another is put to sleep past its session, and bad messages come in.

    With a broker of one's own (TOCSIN_TEST_BROKER) the same.
    """
    faults_ = (
        Planned(name="kill", at_s=3.0),
        Planned(name="stop", at_s=6.0),
        Planned(name="poison", at_s=7.0),
    )
    row = runs.run(Plan(seed=7, roles=("", ""), faults=faults_), tmp_path, Reader())
    assert row.failures == []
    assert row.mentions > 800
    assert row.exits["-9"] == 1


def test_a_seed_is_a_schedule() -> None:
    names = faults.possible()
    alone = [schedule.drawn(seed, names) for seed in range(1, 2 * len(names), 2)]
    assert [plan.faults[0].name for plan in alone] == names, "each comes alone"
    assert all(len(plan.faults) == 1 for plan in alone)
    together = [schedule.drawn(seed, names) for seed in range(0, 40, 2)]
    assert {len(plan.faults) for plan in together} == {2, 3}
    assert schedule.drawn(8, names) == schedule.drawn(8, names)


def test_runs_that_are_in_the_file_are_not_made_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    results = tmp_path / "faults.jsonl"
    names = faults.possible()
    faults_ = [fault.name for fault in schedule.drawn(3, names).faults]
    rows = [
        msgspec.structs.replace(ROW, faults=faults_),
        msgspec.structs.replace(ROW, seed=1001, failures=["lost: m-1"]),
    ]
    results.write_bytes(b"".join(msgspec.json.encode(row) + b"\n" for row in rows))
    assert main(["--seeds", "3", "--results", str(results)]) == 0
    assert len(report.kept(results)) == 2
    assert main(["--report", "--results", str(results)]) == 0
    told = capsys.readouterr().out
    assert "2 runs with 1,800 mentions, 1 of them with a failure" in told
    assert "| kill | 1 | 1 | 8 | 8 | 12 | 3 |" in told
    assert "seed 1001 (kill): lost: m-1" in told


@pytest.mark.parametrize(
    "arguments",
    [["--faults", "earthquake"], ["--seeds", "many"], ["--seeds", "5-"], ["--seeds", "5-4"]],
)
def test_wrong_use_is_one_line(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    assert "error: " in capsys.readouterr().err


class _Record(NamedTuple):
    key: bytes
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...]


def test_a_table_is_what_is_folded_furthest() -> None:
    def record(value: bytes | None, folded: int) -> _Record:
        return _Record(b"0|case|a", value, ((FOLDED, b"%d" % folded),))

    assert refold.stored([record(b"9", 9), record(b"6", 6)]) == {(0, "case|a"): b"9"}
    assert refold.stored([record(b"9", 9), record(None, 12), record(b"10", 10)]) == {}


def test_a_failure_names_few_of_many() -> None:
    assert list(checks._some("lost", [])) == []
    assert list(checks._some("lost", "abcde")) == ["lost: a, b, c and 2 more"]
