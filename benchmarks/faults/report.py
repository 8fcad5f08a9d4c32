"""The runs so far, told as a table: how many of each fault, what failed, how long it took."""

import statistics
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import msgspec

from benchmarks.faults.runs import Row


def kept(file: Path) -> list[Row]:
    """The rows of a results file, none when there is no file."""
    if not file.exists():
        return []
    return [msgspec.json.decode(line, type=Row) for line in file.read_bytes().splitlines() if line]


def table(rows: Sequence[Row]) -> Iterator[str]:
    """Markdown: a line for each fault alone, one for combinations, then the failures."""
    failed = sum(bool(row.failures) for row in rows)
    mentions = sum(row.mentions for row in rows)
    yield f"{len(rows)} runs with {mentions:,} mentions, {failed} of them with a failure."
    on_disk = [row for row in rows if row.store != "memory"]
    wrong = sum(bool(row.failures) for row in on_disk)
    yield f"{len(on_disk)} of them had their state on disk, {wrong} of these with a failure."
    yield ""
    yield "| fault | runs | failed | s to recover, median | longest | repeated mentions | load |"
    yield "|---|---|---|---|---|---|---|"
    names = sorted({row.faults[0] for row in rows if len(row.faults) == 1})
    for name in names:
        yield _line(name, [row for row in rows if row.faults == [name]])
    if several := [row for row in rows if len(row.faults) > 1]:
        yield _line("two or three together", several)
    for row in rows:
        for failure in row.failures:
            yield f"- seed {row.seed} ({', '.join(row.faults)}): {failure}"


def _line(name: str, rows: Iterable[Row]) -> str:
    rows = list(rows)
    times = [row.recover_s for row in rows]
    return (
        f"| {name} | {len(rows)} | {sum(bool(row.failures) for row in rows)} "
        f"| {statistics.median(times):.0f} | {max(times):.0f} "
        f"| {sum(row.repeated for row in rows)} "
        f"| {statistics.median(row.load for row in rows):.0f} |"
    )
