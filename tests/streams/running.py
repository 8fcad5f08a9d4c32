"""Worker processes for tests: started as a user starts them, asked over HTTP, always ended."""

import json
import os
import re
import signal
import subprocess
import sys
import urllib.error
import urllib.request
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
from prometheus_client.parser import text_string_to_metric_families

from streams.config import Settings
from tests.conftest import ROOT

CONSOLE = re.compile(r"console at http://([\d.]+:\d+)/")


def own_settings(broker: str, folder: Path) -> Settings:
    """Settings whose topics and groups no other run uses."""
    own = f"t{uuid.uuid4().hex[:12]}."
    return Settings(
        broker=broker,
        topic_prefix=own,
        group_prefix=own + "group",
        state_dir=folder / "state",
        partitions=3,
    )


class Running:
    """One worker process; its log is in a file, so that no full pipe ever stops it."""

    def __init__(self, settings: Settings, log: Path, *arguments: str, **variables: str) -> None:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("TOCSIN_")}
        own = {
            "TOCSIN_BROKER": settings.broker,
            "TOCSIN_TOPIC_PREFIX": settings.topic_prefix,
            "TOCSIN_GROUP_PREFIX": settings.group_prefix,
            "TOCSIN_STATE_DIR": str(settings.state_dir),
            "TOCSIN_SESSION_TIMEOUT_S": "6",
            "TOCSIN_WEB_PORT": "0",
            "PYTHONPATH": str(ROOT),
        }
        self._log = log
        with log.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "streams", "worker", *arguments],
                env=kept | own | variables,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        self._children: list[psutil.Process] = []

    @property
    def log(self) -> str:
        """Everything it printed so far."""
        return self._log.read_text("utf-8", "replace")

    @property
    def address(self) -> str:
        """`host:port` of its console and metrics, empty while nobody listens."""
        found = CONSOLE.search(self.log)
        return found[1] if found else ""

    def get(self, path: str) -> tuple[int, bytes]:
        """Status and body of its answer; 0 while nobody listens."""
        if not self.address:
            assert self.process.poll() is None, self.log
            return 0, b""
        try:
            with urllib.request.urlopen(f"http://{self.address}{path}", timeout=10) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()
        except OSError:
            assert self.process.poll() is None, self.log
            return 0, b""

    def post(self, path: str, content: bytes, headers: dict[str, str]) -> int:
        """Status of its answer to a request of another system."""
        found = CONSOLE.search(self.log)
        assert found is not None, self.log
        request = urllib.request.Request(
            f"http://{found[1]}{path}", data=content, headers=headers, method="POST"
        )
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return error.code

    @property
    def ready(self) -> bool:
        """Has it loaded its model, and does it have its partitions."""
        return self.get("/readyz")[0] == 200

    @property
    def board(self) -> Any:
        """What the console reads."""
        return json.loads(self.get("/api/board")[1])

    def metric(self, name: str, /, **labels: str) -> float:
        """Sum of a metric's samples that bear these labels."""
        families = text_string_to_metric_families(self.get("/metrics")[1].decode())
        return sum(
            sample.value
            for family in families
            for sample in family.samples
            if sample.name == name and labels.items() <= sample.labels.items()
        )

    @property
    def scoring_process(self) -> psutil.Process | None:
        """Its child with the model (the other child is Python's resource tracker)."""
        for child in psutil.Process(self.process.pid).children():
            if "spawn_main" in " ".join(child.cmdline()):
                self._children.append(child)
                return child
        return None

    def end(self, number: signal.Signals, timeout_s: float = 30) -> int:
        """Sends a signal and waits for its exit code."""
        self.process.send_signal(number)
        return self.process.wait(timeout_s)

    def clean(self) -> None:
        """Ends what still runs."""
        children = list(self._children)
        if self.process.poll() is None:
            children += psutil.Process(self.process.pid).children(recursive=True)
            self.process.kill()
            self.process.wait()
        for child in children:
            if child.is_running():
                child.kill()


class Workers:
    """Starts workers with the settings of one run: `workers("--role", "score", TOCSIN_...="1")`."""

    def __init__(self, settings: Settings, folder: Path) -> None:
        self.settings = settings
        self._folder = folder
        self.started: list[Running] = []

    def __call__(self, *arguments: str, **variables: str) -> Running:
        log = self._folder / f"worker-{len(self.started)}.log"
        self.started.append(Running(self.settings, log, *arguments, **variables))
        return self.started[-1]


@contextmanager
def running(settings: Settings, folder: Path) -> Iterator[Workers]:
    """Workers that end with the block, whatever happens in it."""
    workers = Workers(settings, folder)
    try:
        yield workers
    finally:
        for worker in workers.started:
            worker.clean()
