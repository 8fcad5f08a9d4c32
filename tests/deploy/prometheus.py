"""A real Prometheus on this machine, for tests: it scrapes what it is told, often."""

import json
import math
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.streams.helpers import eventually

SCRAPE_S = 2
COMMAND = shutil.which("prometheus")
needs_prometheus = pytest.mark.skipif(
    COMMAND is None, reason="needs Prometheus: apt-get install prometheus, or `make tools`"
)
_CONFIG = """
global: {{scrape_interval: {every}s, scrape_timeout: {every}s}}
scrape_configs:
  - job_name: tocsin
    static_configs: [{{targets: {targets}}}]
"""


class Series(NamedTuple):
    """Labels, and values that are numbers (others are left out)."""

    labels: dict[str, str]
    values: list[float]


class Prometheus:
    """What the HTTP API of a running Prometheus answers."""

    def __init__(self, address: str, process: "subprocess.Popen[bytes]") -> None:
        self._address = address
        self._process = process
        self.began = time.time()

    def over_time(self, expr: str) -> list[Series]:
        """A query at every scrape since the start. Fails the test on an error in the query."""
        found = self._get(
            "query_range", query=expr, start=self.began, end=time.time(), step=SCRAPE_S
        )
        return [Series(one["metric"], _numbers(one["values"])) for one in found["result"]]

    def value(self, expr: str) -> float:
        """Sum of a query's series now, 0 when there are none."""
        found = self._get("query", query=expr)["result"]
        return sum(float(series["value"][1]) for series in found)

    def wait_for(self, expr: str, least: float, timeout_s: float) -> None:
        """Waits until the sum of a query's series is `least` or more."""
        eventually(lambda: self.value(expr) >= least, timeout_s)

    def label_values(self, label: str, metric: str) -> list[str]:
        """What a board's variable offers."""
        values: list[str] = self._get(f"label/{label}/values", **{"match[]": metric})
        return values

    @property
    def ready(self) -> bool:
        """Does it answer queries."""
        assert self._process.poll() is None, "Prometheus ended by itself"
        try:
            with urllib.request.urlopen(f"{self._address}/-/ready", timeout=5) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    def _get(self, path: str, **fields: object) -> Any:
        url = f"{self._address}/api/v1/{path}?{urllib.parse.urlencode(fields)}"
        try:
            with urllib.request.urlopen(url, timeout=30) as answer:
                return json.load(answer)["data"]
        except urllib.error.HTTPError as error:
            pytest.fail(f"{json.load(error)['error']}: {fields}")


@contextmanager
def prometheus(folder: Path, targets: Sequence[str]) -> Iterator[Prometheus]:
    """Runs until the block ends; `targets` are `host:port`."""
    assert COMMAND is not None
    config = folder / "prometheus.yml"
    config.write_text(_CONFIG.format(every=SCRAPE_S, targets=json.dumps(list(targets))), "utf-8")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{probe.getsockname()[1]}"
    with (folder / "prometheus.log").open("wb") as log:
        process = subprocess.Popen(
            [
                COMMAND,
                f"--config.file={config}",
                f"--storage.tsdb.path={folder / 'tsdb'}",
                f"--web.listen-address={address}",
            ],
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        started = Prometheus(f"http://{address}", process)
        eventually(lambda: started.ready, 60)
        yield started
    finally:
        process.kill()
        process.wait()


def _numbers(samples: Sequence[tuple[float, str]]) -> list[float]:
    return [value for _, text in samples if math.isfinite(value := float(text))]
