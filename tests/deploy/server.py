"""A real Prometheus that scrapes a real worker each second, with the rules that ship."""

import json
import subprocess
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

from tests.deploy.outside import free_port, program
from tests.deploy.rulebook import FILES, FOLDER


class Server:
    """Prometheus's HTTP API (https://prometheus.io/docs/prometheus/latest/querying/api/)."""

    def __init__(self, port: int, process: "subprocess.Popen[bytes]", log: Path) -> None:
        self._port = port
        self._process = process
        self._log = log

    def get(self, path: str, **query: str) -> Any:
        """The data of an answer, None while there is none."""
        url = f"http://127.0.0.1:{self._port}{path}?{urllib.parse.urlencode(query)}"
        try:
            with urllib.request.urlopen(url, timeout=10) as answer:
                return json.loads(answer.read())["data"]
        except OSError:
            assert self._process.poll() is None, self._log.read_text()
            return None

    def value(self, query: str) -> float | None:
        """The first result of an instant query."""
        found = self.get("/api/v1/query", query=query)
        return float(found["result"][0]["value"][1]) if found and found["result"] else None

    def firing(self, alert: str) -> list[dict[str, Any]]:
        """The alerts of a name that fire now."""
        found = (self.get("/api/v1/alerts") or {"alerts": []})["alerts"]
        return [
            one for one in found if one["labels"]["alertname"] == alert and one["state"] == "firing"
        ]


@contextmanager
def prometheus(target: str, folder: Path) -> Iterator[Server]:
    """Scrapes `target` (host:port) under the job name and with the rules of the example."""
    config = yaml.safe_load((FOLDER / "prometheus.yml").read_text())
    config["global"] = {"scrape_interval": "1s", "evaluation_interval": "1s"}
    config["rule_files"] = [str(file) for file in FILES]
    config["alerting"] = {}
    config["scrape_configs"][0]["static_configs"] = [{"targets": [target]}]
    file = folder / "prometheus.yml"
    file.write_text(yaml.safe_dump(config))
    port, log = free_port(), folder / "prometheus.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [
                program("prometheus"),
                f"--config.file={file}",
                f"--storage.tsdb.path={folder / 'data'}",
                f"--web.listen-address=127.0.0.1:{port}",
                "--enable-feature=exemplar-storage",
            ],
            stdout=output,
            stderr=output,
        )
    try:
        yield Server(port, process, log)
    finally:
        process.terminate()
        process.wait(30)
