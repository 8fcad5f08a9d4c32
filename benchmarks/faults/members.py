"""The worker processes of a run, each with a supervisor that starts it again when it ends."""

import json
import signal
import time
from collections import Counter
from pathlib import Path

import psutil

from streams.config import Settings
from tests.streams.running import Running

RESTART_AFTER_S = 1.0
MAY_END_WITH = frozenset({0, 3, 70, -signal.SIGKILL, -signal.SIGTERM})
"""Exit codes of a worker that is disturbed: told to stop, no broker, to be started afresh; killed,
and told to stop before it had begun."""
_NOT_OURS = "resource_tracker"
"""Python's own words about a process that was killed."""
_UNKNOWN = "local member_id was not recognized"
"""aiokafka's, about a session that the broker has ended."""


class Member:
    """One worker; `wanted` says whether its supervisor keeps it up."""

    def __init__(self, settings: Settings, folder: Path, roles: str, variables: dict[str, str]):
        self.roles = roles
        self.wanted = True
        self.stopped = False
        self.exits: Counter[int] = Counter()
        self.killed = 0
        self.most_mb = 0.0
        self.logs: list[Path] = []
        self._settings, self._folder, self._variables = settings, folder, variables
        self._again_at = 0.0
        self._seen: set[int] = set()
        self.running = self._start()

    def _start(self) -> Running:
        number = len(list(self._folder.glob("worker-*.log")))
        self.logs.append(self._folder / f"worker-{number}.log")
        roles = ["--role", self.roles] if self.roles else []
        return Running(self._settings, self.logs[-1], *roles, **self._variables)

    @property
    def pid(self) -> int:
        """Of the present process."""
        return self.running.process.pid

    @property
    def up(self) -> bool:
        """Whether its process runs (a stopped one does)."""
        return self.running.process.poll() is None

    @property
    def ready(self) -> bool:
        """Whether it says so; not asked while it is stopped."""
        return self.up and not self.stopped and bool(self.running.address) and self.running.ready

    def supervise(self) -> None:
        """Starts it again when it has ended, a second later."""
        if self.up:
            self._look()
            return
        if self.pid not in self._seen:
            self._seen.add(self.pid)
            self.exits[self.running.process.returncode] += 1
            self._again_at = time.monotonic() + RESTART_AFTER_S
        if self.wanted and time.monotonic() >= self._again_at:
            self.running.clean()
            self.running = self._start()

    def signal(self, number: signal.Signals) -> None:
        """Sends a signal to the worker, not to its scoring process."""
        if self.up:
            self.stopped = (self.stopped or number is signal.SIGSTOP) and number is not (
                signal.SIGCONT
            )
            self.killed += number is signal.SIGKILL
            self.running.process.send_signal(number)

    @property
    def scoring(self) -> psutil.Process | None:
        """The process with its model."""
        try:
            return self.running.scoring_process if self.up else None
        except psutil.Error:
            return None

    def leave(self) -> None:
        """Is told to stop, once, and not started again."""
        if self.wanted:
            self.wanted = False
            self.signal(signal.SIGCONT)
            self.signal(signal.SIGTERM)

    def end(self, timeout_s: float) -> int:
        """Exit code of a stop in order; raises subprocess.TimeoutExpired."""
        self.leave()
        self.running.process.wait(timeout_s)
        self.supervise()
        return self.running.process.returncode

    def clean(self) -> None:
        """Ends it whatever happens."""
        self.wanted = False
        self.running.clean()

    @property
    def lost_sessions(self) -> int:
        """How often the broker did not know it any more: it was too slow for its session."""
        return sum(log.read_text("utf-8", "replace").count(_UNKNOWN) for log in self.logs)

    def bad_lines(self) -> list[str]:
        """Lines of its logs that are no JSON; the one line of an exit with 2 or 3 may be."""
        text = "\n".join(log.read_text("utf-8", "replace") for log in self.logs)
        said = [line for line in text.split("\n") if line and not line.startswith("tocsin: ")]
        return [line for line in said if _NOT_OURS not in line and not _json(line)]

    def _look(self) -> None:
        try:
            used = psutil.Process(self.pid).memory_info().rss / 1e6
        except psutil.Error:
            return
        self.most_mb = max(self.most_mb, used)


def _json(line: str) -> bool:
    try:
        return isinstance(json.loads(line), dict)
    except ValueError:
        return False
