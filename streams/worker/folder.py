"""The state folder of a worker: made, its own, and with room to write.

A disk that is full is waited for before a worker joins its groups, so that others have the
partitions meanwhile. A restart makes no room: it stays alive, is not ready, and says why.
"""

import asyncio
import errno
import logging
import os
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO

from streams.config import Settings
from streams.errors import ConfigError
from streams.worker import disk

log = logging.getLogger(__name__)

ROOM = 32 * 1024 * 1024
"""Bytes that state on disk wants to find free: RocksDB writes a buffer of 8 MB anew to begin."""
EVERY_S = 2.0
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
_PROBE = 64 * 1024


def probe(folder: Path, wanted: int = ROOM) -> None:
    """Raises OSError where state on disk would find less than `wanted` bytes to write."""
    found = os.statvfs(folder)
    left = found.f_bavail * found.f_frsize
    if left < wanted:
        raise OSError(errno.ENOSPC, f"{left >> 20} of {wanted >> 20} MB are free")
    with tempfile.TemporaryFile(dir=folder) as trial:  # a quota shows here alone
        trial.write(b"\0" * _PROBE)


class StateFolder:
    """Folders by role; those with a RocksDB are locked until the process ends."""

    def __init__(self, settings: Settings, roles: Sequence[str], on_disk: Sequence[str]) -> None:
        self._path = settings.state_dir
        self._roles = roles
        self._on_disk = frozenset(on_disk)
        self._locks: dict[str, IO[bytes]] = {}
        self.problem = ""
        """Why nothing can be written at present, empty when all is well."""

    def look(self) -> bool:
        """Whether all is made and has room. Raises ConfigError where that is no want of room."""
        try:
            for role in self._roles:
                self._make(role, self._path / role)
            self.problem = ""
        except OSError as error:
            if error.errno not in _FULL:
                raise ConfigError(
                    f"state folder {self._path} cannot be written ({error.strerror}); "
                    "set TOCSIN_STATE_DIR"
                ) from error
            self.problem = (
                f"the disk of the state folder {self._path} is full ({error.strerror}): make room "
                f"for {ROOM >> 20} MB, or set TOCSIN_STATE_DIR"
            )
        return not self.problem

    async def wait(self, stop: asyncio.Event) -> None:
        """Returns once there is room, or the worker is told to stop. Raises ConfigError."""
        if self.look():
            return
        log.error("%s; waiting until there is", self.problem)
        while not stop.is_set() and not self.look():
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), EVERY_S)
        if not self.problem:
            log.info("there is room in the state folder again")

    def _make(self, role: str, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        if role not in self._on_disk:
            return
        if role not in self._locks:
            self._locks[role] = disk.lock(folder)
        probe(folder)
