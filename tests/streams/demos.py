"""A running `tocsin demo`, for tests: its lines, its processes, and that nothing stays behind."""

import json
import os
import re
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import psutil

from tests.conftest import ROOT

READY_S = 90.0


class Demo:
    """`with Demo(folder, "--headless") as demo:` starts it; `folder` takes its temporary files."""

    def __init__(self, folder: Path, *arguments: str, **variables: str) -> None:
        self.folder = folder
        kept = {name: value for name, value in os.environ.items() if not name.startswith("TOCSIN_")}
        self.environment = (
            kept | {"PYTHONPATH": str(ROOT), "TMPDIR": str(folder), "LANG": "C.UTF-8"} | variables
        )
        self.command = [sys.executable, "-m", "streams", "demo", "--no-browser", *arguments]
        self.said: list[str] = []
        self.family: list[psutil.Process] = []

    def __enter__(self) -> Self:
        self.process = subprocess.Popen(
            self.command,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.remember()
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()
        for one in self.family:
            if one.is_running():
                one.kill()

    def _read(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.said.append(line.rstrip("\n"))

    def until(self, found: Callable[[], object], timeout_s: float = READY_S) -> None:
        """Waits while the demo runs."""
        deadline = time.monotonic() + timeout_s
        while not found():
            assert time.monotonic() < deadline, self.said
            assert self.process.poll() is None, self.said
            time.sleep(0.05)

    def console(self) -> str:
        """The address of the console, as soon as the demo tells it."""
        self.until(lambda: any("console at" in line for line in self.said))
        self.remember()
        told = next(line for line in self.said if "console at" in line)
        found = re.search(r"(http://\S+/)#token=(\S+)", told)
        assert found, told
        self.token = found[2]
        return found[1]

    def link(self) -> str:
        """The address as the demo tells it, with the token that changes need."""
        return f"{self.console()}#token={self.token}"

    def page(self, path: str) -> bytes:
        """A page of the worker."""
        with urllib.request.urlopen(self.console() + path, timeout=20) as answer:
            body: bytes = answer.read()
        return body

    def remember(self) -> None:
        """Notes every process that the demo has started, to look for later."""
        try:
            children = psutil.Process(self.process.pid).children(recursive=True)
        except psutil.NoSuchProcess:
            return
        self.family += [child for child in children if child not in self.family]

    def ends(self, timeout_s: float) -> tuple[int, dict[str, Any] | None]:
        """Exit code, and what it wrote to standard output."""
        self.process.wait(timeout_s)
        self._reader.join(10)
        assert self.process.stdout is not None
        written = self.process.stdout.read()
        return self.process.returncode, json.loads(written) if written else None

    def left_behind(self) -> list[object]:
        """Processes and temporary files that are still there."""
        psutil.wait_procs(self.family, timeout=10)
        return [one for one in self.family if one.is_running()] + list(self.folder.iterdir())
