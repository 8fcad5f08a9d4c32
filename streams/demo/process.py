"""A worker in a process of its own, that ends with the demo however the demo ends."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import Self

import streams
from streams.demo.watcher import fetch
from streams.errors import TocsinError
from streams.kafka.embedded import LAUNCHER

READY_TIMEOUT_S = 180.0
STOP_TIMEOUT_S = 10.0
_WORDS = 12


class WorkerEnded(TocsinError):  # noqa: N818 - named by outcome
    """The worker ended before the demo did; `log` is the end of what it had to say."""

    def __init__(self, text: str, log: list[str]) -> None:
        super().__init__(text)
        self.log = log


class WorkerProcess:
    """`with WorkerProcess(variables, log):` runs `tocsin worker`; what it logs goes to `log`.

    Enter the block from the main thread: Linux ends the worker when the thread that started it
    ends.
    """

    def __init__(self, variables: dict[str, str], log: Path) -> None:
        self._variables = variables
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        """Starts the worker; it is not ready yet."""
        # This very package, wherever the demo is started: the current folder may hold another.
        root = str(Path(streams.__file__).resolve().parent.parent)
        given = self._variables.get("PYTHONPATH")
        environment = self._variables | {"PYTHONPATH": os.pathsep.join(filter(None, (root, given)))}
        command = [sys.executable, "-P", "-m", "streams", "worker"]
        with self._log.open("wb") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-I", "-S", "-c", LAUNCHER, str(os.getpid()), *command],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=environment,
                # Ctrl-C goes to a whole process group: the demo ends it in its own time.
                start_new_session=True,
            )
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Asks it to end, and after ten seconds ends it with all that it started."""
        if self._process is None or self._process.poll() is not None:
            return
        self._process.terminate()
        try:
            self._process.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()

    def wait(self, console: str, ended: threading.Event) -> bool:
        """Waits until the worker is ready behind `console`; False when `ended` comes first.

        Raises WorkerEnded, and TocsinError when it is not ready within three minutes.
        """
        deadline = time.monotonic() + READY_TIMEOUT_S
        while not ended.wait(0.1):
            self.check()
            if _ready(console):
                return True
            if time.monotonic() > deadline:
                raise TocsinError(f"the worker is not ready after {READY_TIMEOUT_S:.0f} s")
        return False

    def check(self) -> None:
        """Raises WorkerEnded when the worker has."""
        if self._process is not None and (code := self._process.poll()) is not None:
            reason = f"signal {-code}" if code < 0 else f"exit code {code}"
            raise WorkerEnded(f"the worker ended by itself ({reason})", self._last_words())

    def _last_words(self) -> list[str]:
        return self._log.read_text(errors="replace").splitlines()[-_WORDS:]


def _ready(console: str) -> bool:
    try:
        fetch(console + "readyz", timeout_s=1)
    except OSError:
        return False
    return True
