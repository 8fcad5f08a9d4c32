"""Programs that are no Python: found, or the test skips and says what to install."""

import shutil
import socket
import subprocess
from contextlib import closing
from pathlib import Path

import pytest

PACKAGES = {
    "promtool": "prometheus",
    "prometheus": "prometheus",
    "amtool": "prometheus-alertmanager",
    "prometheus-alertmanager": "prometheus-alertmanager",
}
"""Debian's package of each program."""


def program(name: str) -> str:
    """Path of a program."""
    path = shutil.which(name)
    if path is None:
        pytest.skip(f"no {name} here: `make tools`, or install Debian's {PACKAGES[name]}")
    return path


def run(name: str, *arguments: str | Path, stdin: bytes = b"") -> str:
    """What a program prints; the test fails with it when the program does."""
    done = subprocess.run(
        [program(name), *map(str, arguments)], input=stdin, capture_output=True, check=False
    )
    printed = (done.stdout + done.stderr).decode()
    assert done.returncode == 0, printed
    return printed


def free_port() -> int:
    """A port of the loopback address that nobody uses now."""
    with closing(socket.socket()) as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port
