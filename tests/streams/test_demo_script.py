"""What the demo plays: recorded times moved to the present, never beyond, spacing kept."""

import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

import pytest

from scoring.decoding import decode
from streams import stories
from streams.demo import script
from streams.errors import UsageError
from tests.streams.helpers import START, lines, mention

NOW = 1_800_000_000.0


def test_library_ends_now_and_keeps_its_spacing() -> None:
    play = script.from_library(NOW)
    times = [line.at for line in play.lines if line.at is not None]
    assert times == sorted(times)
    assert times[-1] == pytest.approx(NOW, abs=0.001)
    moved = {(m.brand, m.id): m.at for m in (decode(line.value) for line in play.lines)}
    for slug in stories.slugs():
        recorded = sorted(stories.load(slug).mentions, key=lambda m: m.at)
        for one in recorded:
            before = NOW - moved[one.brand, one.id]
            assert before == pytest.approx(recorded[-1].at - one.at, abs=0.001)


def test_library_changes_nothing_but_the_time() -> None:
    play = script.from_library(NOW)
    moved = {(m.brand, m.id): m for m in (decode(line.value) for line in play.lines)}
    import msgspec

    for slug in stories.slugs():
        for one in stories.load(slug).mentions:
            found = moved[one.brand, one.id]
            assert msgspec.structs.replace(found, created_at=one.created_at) == one


def test_own_mentions_end_now_in_order_with_bad_lines_beside_their_neighbours(
    tmp_path: Path,
) -> None:
    file = tmp_path / "own.jsonl"
    late, early = mention(1, START), mention(2, START - timedelta(hours=2), unknown="kept")
    file.write_text(lines(late, "bad one", early, "bad two"))
    told: list[int] = []
    play = script.from_file(file, lambda number, reason: told.append(number), NOW)
    assert told == [2, 4]
    values = [line.value for line in play.lines]
    assert b'"m-2"' in values[0]
    assert b'"kept"' in values[0]
    assert values[1] == b"bad two"
    assert b'"m-1"' in values[2]
    assert values[3] == b"bad one"
    assert [line.at for line in play.lines] == [NOW - 7200, None, NOW, None]
    assert play.lines[0].key == b"skylark-air:m-2"


def test_file_of_bad_lines_only_is_played(tmp_path: Path) -> None:
    file = tmp_path / "bad.jsonl"
    file.write_text("bad\n")
    assert len(script.from_file(file, lambda number, reason: None).lines) == 1


def test_empty_file_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "empty.jsonl"
    file.write_text("\n\n")
    with pytest.raises(UsageError, match="holds no mentions"):
        script.from_file(file, lambda number, reason: None)


def test_nothing_of_the_future_is_ever_played() -> None:
    before = time.time()
    assert max(line.at or 0 for line in script.from_library().lines) <= before + 5


def test_parent_process_stays_light() -> None:
    code = (
        "import sys, streams.cli.demo, streams.demo.run, streams.demo.show; "
        "sys.exit(bool({'torch', 'transformers', 'faust'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
