"""The processes that do the job: Tocsin's worker, the loop by hand, quixstreams."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from benchmarks.stream import bed
from streams.config import Settings
from tests.streams.running import Running

OURS, PLAIN, QUIX = "tocsin", "aiokafka by hand", "quixstreams"
PATIENCE_S = 300.0


class Way:
    """One or more processes of one role; `with` it, they run and are ready."""

    def __init__(
        self,
        settings: Settings,
        name: str,
        role: str,
        *,
        workers: int = 1,
        quix: Path | None = None,
        **variables: str,
    ) -> None:
        self._settings, self._name, self._role, self._quix = settings, name, role, quix
        self._count, self._variables = workers, variables
        self._workers: list[Running] = []
        self._processes: list[subprocess.Popen[bytes]] = []

    @property
    def pids(self) -> list[int]:
        """Of the processes, without their children."""
        return [w.process.pid for w in self._workers] + [p.pid for p in self._processes]

    @property
    def cpu_s(self) -> float:
        """Of all of them and their children so far."""
        return sum(map(bed.cpu_s, self.pids))

    @property
    def own_cpu_s(self) -> float:
        """Without the children: of a worker, without the model."""
        return self.cpu_s - sum(
            bed.cpu_s(scoring.pid) for w in self._workers if (scoring := w.scoring_process)
        )

    @property
    def running(self) -> list[Running]:
        """Tocsin's workers."""
        return self._workers

    def __enter__(self) -> Self:
        """Starts them and waits until they are ready."""
        folder = self._settings.state_dir
        folder.mkdir(parents=True, exist_ok=True)
        for number in range(self._count):
            log = folder / f"{self._role}-{number}.log"
            own = {"OMP_NUM_THREADS": "1", **self._variables}
            if self._name == OURS:
                own["TOCSIN_STATE_DIR"] = str(folder / str(number))
                self._workers.append(Running(self._settings, log, "--role", self._role, **own))
            else:
                self._processes.append(self._start(log, own))
        deadline = time.monotonic() + PATIENCE_S
        for worker in self._workers:
            while not worker.ready:
                _check(worker.process, time.monotonic() < deadline, worker.log)
                time.sleep(0.05)
        for process in self._processes:
            log = folder / f"{self._role}-{self._processes.index(process)}.log"
            while b"ready" not in log.read_bytes():
                _check(process, time.monotonic() < deadline, log.read_text())
                time.sleep(0.05)
        return self

    def _start(self, log: Path, own: dict[str, str]) -> "subprocess.Popen[bytes]":
        module = {PLAIN: "plain", QUIX: "quix"}[self._name]
        kept = {name: value for name, value in os.environ.items() if not name.startswith("TOCSIN_")}
        settings = self._settings
        path = [str(self._quix)] if self._quix and self._name == QUIX else []
        given = {
            "TOCSIN_BROKER": settings.broker,
            "TOCSIN_TOPIC_PREFIX": settings.topic_prefix,
            "TOCSIN_GROUP_PREFIX": settings.group_prefix,
            "TOCSIN_STATE_DIR": str(settings.state_dir),
            "TOCSIN_SESSION_TIMEOUT_S": "6",
            "PYTHONPATH": os.pathsep.join([*path, str(Path(__file__).resolve().parents[2])]),
        }
        with log.open("wb") as output:
            return subprocess.Popen(
                [sys.executable, "-m", f"benchmarks.stream.{module}", self._role],
                env=kept | given | own,
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Ends them."""
        for worker in self._workers:
            worker.clean()
        for process in self._processes:
            process.send_signal(signal.SIGKILL)
            process.wait()


def _check(process: "subprocess.Popen[bytes]", in_time: bool, log: str) -> None:
    if process.poll() is not None or not in_time:
        raise RuntimeError(f"a process of the benchmark does not become ready:\n{log[-2000:]}")
