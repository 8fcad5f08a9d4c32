"""Where a table is held: the same in memory and on disk, and what becomes of a copy on disk."""

import asyncio
import os
from collections.abc import Callable
from pathlib import Path

import faust
import msgspec
import pytest
from faust.types import TP

from streams.config import Settings
from streams.errors import ConfigError
from streams.worker import disk
from streams.worker.application import Role, application
from streams.worker.held import Held
from streams.worker.output import Output
from streams.worker.state import State

pytest.importorskip("rocksdict", reason="pip install 'tocsin[rocksdb]'")

TOPIC = TP("changelog", 1)
Make = Callable[[], Held]


def held(settings: Settings, store: str) -> Held:
    own = msgspec.structs.replace(settings, state_store=store)
    app: faust.App = application(own, Role.CASES)
    return State(app, "cases", own.partitions, Output(own), own).held


@pytest.fixture
def own(tmp_path: Path) -> Settings:
    return Settings(state_dir=tmp_path)


@pytest.fixture
def make(own: Settings) -> Make:
    """What a worker has on disk, opened as after a restart; the one before is stopped."""
    opened: list[Held] = []

    def open_anew() -> Held:
        for before in opened:
            before.keep(())
        opened.append(held(own, "rocksdb"))
        return opened[-1]

    return open_anew


@pytest.mark.parametrize("store", ["memory", "rocksdb"])
def test_entries_are_found_by_partition(own: Settings, store: str) -> None:
    table = held(own, store)
    table.apply(1, {b"1|a": b"A", b"1|b": b"B"}, 2)
    table.apply(10, {b"10|a": b"ten"}, 1)
    table.apply(1, {b"1|a": None, b"1|c": b"C"}, 4)
    assert dict(table.entries(1)) == {b"1|b": b"B", b"1|c": b"C"}
    assert table.look(1, b"1|a") is None
    assert table.look(10, b"10|a") == b"ten"
    table.wipe(1)
    assert dict(table.entries(1)) == {}
    assert dict(table.entries(10)) == {b"10|a": b"ten"}


def test_memory_forgets_other_partitions_and_disk_keeps_their_files(
    own: Settings, make: Make
) -> None:
    for table, left in ((held(own, "memory"), {}), (make(), {b"2|a": b"A"})):
        table.apply(2, {b"2|a": b"A"}, 1)
        table.keep({3})
        assert dict(table.entries(2)) == left


def test_after_a_restart_the_changelog_goes_on_where_the_copy_ends(make: Make) -> None:
    make().apply(1, {b"1|a": b"A"}, 42)
    again = make()
    assert again.persisted_offset(TOPIC) == 41
    assert again.reached(1) == 42
    assert dict(again.entries(1)) == {b"1|a": b"A"}


def test_a_copy_that_is_old_is_dropped(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    make().apply(1, {b"1|a": b"A"}, 42)
    monkeypatch.setattr(disk, "STALE_S", -1.0)
    again = make()
    assert again.persisted_offset(TOPIC) is None
    assert dict(again.entries(1)) == {}


def test_a_copy_of_a_partition_that_another_wrote_to_is_dropped(make: Make) -> None:
    table = make()
    table.apply(1, {b"1|a": b"A"}, 42)
    table.distrust(1)
    table.apply(1, {b"1|a": b"B"}, 50)
    assert table.look(1, b"1|a") == b"B", "it goes on as long as it runs"
    again = make()
    assert again.persisted_offset(TOPIC) is None
    assert dict(again.entries(1)) == {}


def test_a_partition_that_was_never_here_has_no_offset_and_makes_no_files(
    own: Settings, make: Make
) -> None:
    assert make().persisted_offset(TOPIC) is None
    assert not list(own.state_dir.rglob("CURRENT"))


def test_faust_stops_it(make: Make, own: Settings) -> None:
    table = make()
    table.apply(1, {b"1|a": b"A"}, 1)
    asyncio.run(table.on_stop())
    # RocksDB lets nobody else open what is open
    assert dict(held(own, "rocksdb").entries(1)) == {b"1|a": b"A"}


def test_two_workers_do_not_share_a_folder(tmp_path: Path) -> None:
    first = disk.lock(tmp_path)
    with pytest.raises(ConfigError, match="TOCSIN_STATE_DIR") as caught:
        disk.lock(tmp_path)
    assert str(tmp_path) in str(caught.value)
    first.close()
    disk.lock(tmp_path).close()


def test_what_partitions_have_not_written_yet_counts_together(make: Make) -> None:
    table, (cache, unwritten) = make(), disk._memory()
    megabyte = {b"%d" % number: os.urandom(1024) for number in range(1024)}
    before = unwritten.get_usage()
    for partition in range(3):
        table.apply(partition, megabyte, 1)
    assert unwritten.get_usage() - before > 3 * 1024 * 1024
    assert cache.get_usage() >= unwritten.get_usage(), "one bound for both"
    table.keep(())


def test_a_copy_that_cannot_be_read_is_dropped(own: Settings, make: Make) -> None:
    table = make()
    table.apply(1, {b"1|a": b"A"}, 1)
    asyncio.run(table.on_stop())
    (found,) = own.state_dir.rglob("CURRENT")
    found.write_text("no manifest\n")
    again = make()
    assert again.persisted_offset(TOPIC) is None
    again.apply(1, {b"1|b": b"B"}, 2)
    assert dict(again.entries(1)) == {b"1|b": b"B"}
