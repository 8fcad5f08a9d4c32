"""A real Alertmanager with a configuration of the test's."""

import json
import subprocess
import time
import urllib.request
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml

from tests.conftest import ROOT
from tests.deploy.outside import free_port, program

CONFIG = ROOT / "deploy" / "alertmanager" / "alertmanager.yml"
"""The example that ships."""


class Alertmanager:
    """Its API (https://github.com/prometheus/alertmanager/blob/main/api/v2/openapi.yaml)."""

    def __init__(self, port: int, process: "subprocess.Popen[bytes]", log: Path) -> None:
        self._port = port
        self._process = process
        self._log = log

    @property
    def log(self) -> str:
        """What it has said so far."""
        return self._log.read_text()

    @property
    def ready(self) -> bool:
        """Whether it answers."""
        return bool(self._ask("/api/v2/status"))

    def tell(self, alerts: Iterable[dict[str, Any]]) -> None:
        """These fire from now on."""
        now = datetime.now(UTC).isoformat()
        assert self._ask("/api/v2/alerts", [{"startsAt": now, **alert} for alert in alerts])

    def alerts(self) -> list[dict[str, Any]]:
        """What it knows."""
        return list(self._ask("/api/v2/alerts") or [])

    def _ask(self, path: str, body: object = None) -> Any:
        request = urllib.request.Request(
            f"http://127.0.0.1:{self._port}{path}",
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
        )
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return json.loads(answer.read() or b"true")
        except OSError:
            assert self._process.poll() is None, self.log
            return None


@contextmanager
def running(config: dict[str, Any], folder: Path) -> Iterator[Alertmanager]:
    """One that answers, for as long as the block lasts."""
    file = folder / "alertmanager.yml"
    file.write_text(yaml.safe_dump(config))
    port, log = free_port(), folder / "alertmanager.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [
                program("prometheus-alertmanager"),
                f"--config.file={file}",
                f"--storage.path={folder / 'data'}",
                f"--web.listen-address=127.0.0.1:{port}",
                "--cluster.listen-address=",
            ],
            stdout=output,
            stderr=output,
        )
    started = Alertmanager(port, process, log)
    try:
        deadline = time.monotonic() + 60
        while not started.ready:
            assert time.monotonic() < deadline, started.log
            time.sleep(0.05)
        yield started
    finally:
        process.terminate()
        process.wait(30)
