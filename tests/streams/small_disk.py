"""A disk of some megabytes that can be filled: a tmpfs, which only root can mount."""

import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

SIZE_MB = 96
_FILLER = "filler"
_CHUNK = b"\0" * 65_536


class SmallDisk:
    """Mounted at `path`."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def fill(self, left_mb: int = 0) -> None:
        """Leaves so many megabytes."""
        with (self.path / _FILLER).open("ab", buffering=0) as filler, suppress(OSError):
            while self._left() > left_mb << 20 and filler.write(_CHUNK):
                continue

    def clear(self) -> None:
        """Makes room again."""
        (self.path / _FILLER).unlink(missing_ok=True)

    def _left(self) -> int:
        found = os.statvfs(self.path)
        return found.f_bavail * found.f_frsize


@contextmanager
def mounted(path: Path) -> Iterator[SmallDisk]:
    """A disk at a folder that is made. Raises PermissionError where nothing can be mounted."""
    path.mkdir(parents=True, exist_ok=True)
    options = f"size={SIZE_MB}m,mode=0755"
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(path)],
        capture_output=True,
        check=False,
    )
    if made.returncode:
        raise PermissionError("mounting a tmpfs needs root")
    try:
        yield SmallDisk(path)
    finally:
        # Lazily: a worker that is just ending may still have a file open.
        subprocess.run(["umount", "--lazy", str(path)], check=False, capture_output=True)


def possible() -> bool:
    """Whether one can be mounted here."""
    if os.geteuid():
        return False
    try:
        with tempfile.TemporaryDirectory() as folder, mounted(Path(folder) / "disk"):
            return True
    except OSError:
        return False
