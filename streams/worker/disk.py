"""A table on disk: a RocksDB per partition, so that a restart reads only what it missed.

A worker's folder is its own, which a lock sees to. Entries and the offset of the changelog up to
which they go are written together, after the changelog has acknowledged them, so that what is on
disk is never ahead of it; the tail that it lacks is read from there. A copy that was left for
longer than `STALE_S` is dropped: of what was deleted meanwhile the changelog may hold no trace any
more (Kafka's `delete.retention.ms`, 24 hours). So is one that RocksDB cannot read.

A disk that cannot be written ends the worker, which loses nothing by it: it begins again once
there is room (`streams.worker.folder`), from what was written whole, and from the changelog.

RocksDB through `rocksdict` (https://rocksdict.github.io/RocksDict/rocksdict.html).
"""

import fcntl
import logging
import shutil
import struct
import time
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from faust.types import TP

from streams.errors import ConfigError, TocsinError
from streams.worker.held import Held

if TYPE_CHECKING:
    from rocksdict import Cache, Options, Rdict, WriteBufferManager

log = logging.getLogger(__name__)

STALE_S = 12 * 3600.0
LOCK = "lock"
_REACHED = b"\0reached"
"""Where a partition notes its offset and the wall clock; our keys begin with a digit."""
_REACHED_FORM = struct.Struct("<qd")
_UNTRUSTED = -1
_REFUSED, _UNREADABLE = "IO error", "Corruption"
"""How RocksDB's errors begin (its `Status::ToString`)."""
_SYSTEM = "(os error"
"""In errors of rocksdict's own files, which it writes when a partition is opened."""
_BUFFER = 4 * 1024 * 1024
_BUFFERS = 2
_MEMORY = 64 * 1024 * 1024
_UNWRITTEN = _MEMORY // 2
_OPEN_FILES = 64
"""Bounds on what RocksDB takes; the memory, half of it for what is not written yet, is that of all
partitions of a process together, however many they are."""


class DiskError(TocsinError):
    """The state folder cannot be written; what it lacks is in the changelog."""

    exit_code = 70


def check() -> None:
    """Raises ConfigError where the library is missing."""
    try:
        import rocksdict  # noqa: F401
    except ImportError:
        raise ConfigError(
            "TOCSIN_STATE_STORE is rocksdb and its library is not installed: "
            "pip install 'tocsin[rocksdb]', or set it to memory"
        ) from None


def lock(folder: Path) -> IO[bytes]:
    """Takes a worker's folder for this process, until it ends. Raises ConfigError, OSError."""
    held = (folder / LOCK).open("ab")
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        held.close()
        raise ConfigError(
            f"another worker has its state in {folder}; give each its own TOCSIN_STATE_DIR"
        ) from None
    return held


class OnDisk(Held):
    """Opens a partition when it is first asked for."""

    def __init__(self, *arguments: Any, folder: Path, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._folder = folder
        self._open: dict[int, Rdict] = {}

    def look(self, partition: int, key: bytes) -> bytes | None:
        """The entry of a key."""
        found: bytes | None = self._of(partition).get(key)
        return found

    def apply(self, partition: int, changes: Mapping[bytes, bytes | None], end: int) -> None:
        """Writes all of it or nothing."""
        from rocksdict import WriteBatch

        batch = WriteBatch(raw_mode=True)
        for key, entry in changes.items():
            if entry is None:
                batch.delete(key)
            else:
                batch.put(key, entry)
        held = self._of(partition)
        if self._noted(held)[0] != _UNTRUSTED:
            batch.put(_REACHED, _REACHED_FORM.pack(end, time.time()))
        with self._writing():
            held.write(batch)

    def entries(self, partition: int) -> Iterator[tuple[bytes, bytes]]:
        """As they are when it begins, in the order of their keys."""
        for key, entry in self._of(partition).items():
            if isinstance(key, bytes) and key != _REACHED:
                yield key, entry

    def keep(self, partitions: Collection[int]) -> None:
        """Closes the others; their files stay, for they may come back."""
        for number in self._open.keys() - set(partitions):
            self._close(number)

    def wipe(self, partition: int) -> None:
        """Deletes its files."""
        if partition in self._open:
            self._close(partition)
        shutil.rmtree(self._path(partition), ignore_errors=True)

    def distrust(self, partition: int) -> None:
        """Notes that this copy is to be dropped."""
        held = self._of(partition)
        with self._writing():
            held.put(_REACHED, _REACHED_FORM.pack(_UNTRUSTED, time.time()))

    def reached(self, partition: int) -> int | None:
        """Where the changelog goes on after what is on disk."""
        end, _ = self._noted(self._of(partition))
        return end if end > 0 else None

    def persisted_offset(self, tp: TP) -> int | None:
        """The last offset applied; None, and an empty partition, where the copy is not good."""
        if not self._path(tp.partition).exists():
            return None
        try:
            end, at = self._noted(self._of(tp.partition))
            if end > 0 and time.time() - at <= STALE_S:
                return end - 1
            why = "it is too old, or not to be trusted"
        except Exception as error:
            if not str(error).startswith(_UNREADABLE):
                raise
            why = str(error)
        log.info("%s, partition %s: the copy on disk is dropped: %s", tp.topic, tp.partition, why)
        self.wipe(tp.partition)
        return None

    async def on_stop(self) -> None:
        """Closes all: what was written is on disk."""
        self.keep(())

    def _path(self, partition: int) -> Path:
        return self._folder / str(partition)

    def _of(self, partition: int) -> "Rdict":
        if partition not in self._open:
            from rocksdict import Rdict

            path = self._path(partition)
            with self._writing():
                path.parent.mkdir(parents=True, exist_ok=True)
                self._open[partition] = Rdict(str(path), _options())
        return self._open[partition]

    def _close(self, partition: int) -> None:
        held = self._open.pop(partition)
        try:
            held.close()
        except Exception as error:  # noqa: BLE001 - rocksdict has no other
            # What was written stands in the log that RocksDB reads when it opens.
            log.warning("a table was not closed in order: %s", error)

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """Within, what the disk refuses is raised as DiskError."""
        try:
            yield
        except Exception as error:
            if isinstance(error, OSError):
                reason = error.strerror
            elif str(error).startswith(_REFUSED):
                reason = str(error).rpartition(": ")[2]
            elif _SYSTEM in str(error):
                reason = str(error).partition(_SYSTEM)[0].strip()
            else:
                raise
            raise DiskError(f"state folder {self._folder} cannot be written: {reason}") from error

    @staticmethod
    def _noted(held: "Rdict") -> tuple[int, float]:
        """Where the changelog goes on, and when that was noted; 0 where nothing was."""
        noted = held.get(_REACHED)
        if not noted:
            return 0, 0.0
        end, at = _REACHED_FORM.unpack(noted)
        return end, at


@lru_cache(maxsize=1)
def _memory() -> "tuple[Cache, WriteBufferManager]":
    """What all partitions share."""
    from rocksdict import Cache, WriteBufferManager

    cache = Cache(_MEMORY)
    manager = WriteBufferManager.new_write_buffer_manager_with_cache(_UNWRITTEN, False, cache)
    return cache, manager


def _options() -> "Options":
    from rocksdict import BlockBasedOptions, DBCompressionType, Options

    cache, manager = _memory()

    options = Options(raw_mode=True)
    options.create_if_missing(True)
    options.set_write_buffer_size(_BUFFER)
    options.set_max_write_buffer_number(_BUFFERS)
    options.set_write_buffer_manager(manager)
    options.set_max_open_files(_OPEN_FILES)
    options.set_keep_log_file_num(2)
    options.set_compression_type(DBCompressionType.lz4())
    table = BlockBasedOptions()
    table.set_block_cache(cache)
    table.set_bloom_filter(10, block_based=False)
    options.set_block_based_table_factory(table)
    return options
