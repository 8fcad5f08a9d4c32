"""The target beside a real Alertmanager: what is firing there, and when it ends."""

import json
import shutil
import socket
import subprocess
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.streams.escalations import said
from tests.streams.test_targets import deliver, notice

BINARY = shutil.which("prometheus-alertmanager") or shutil.which("alertmanager")
pytestmark = [
    pytest.mark.deploy,
    pytest.mark.skipif(BINARY is None, reason="needs Alertmanager: run `make tools`"),
]
CONFIG = "route: {receiver: none, group_by: [brand]}\nreceivers: [{name: none}]\n"


@pytest.fixture
def alertmanager(tmp_path: Path, until: Callable[..., None]) -> Iterator[str]:
    (tmp_path / "am.yml").write_text(CONFIG)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    with (tmp_path / "am.log").open("wb") as log:
        process = subprocess.Popen(
            [
                str(BINARY),
                f"--config.file={tmp_path / 'am.yml'}",
                f"--storage.path={tmp_path / 'data'}",
                f"--web.listen-address=127.0.0.1:{port}",
                "--cluster.listen-address=",
            ],
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        try:
            until(lambda: asked(f"{url}/-/ready") is not None)
            yield url
        finally:
            process.kill()
            process.wait()


def asked(url: str) -> bytes | None:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            found: bytes = answer.read()
            return found
    except OSError:
        return None


def firing(url: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(asked(f"{url}/api/v2/alerts?active=true") or b"[]")
    return found


def test_one_alert_per_open_case_at_its_level(
    alertmanager: str, until: Callable[..., None]
) -> None:
    options = {"urls": [alertmanager]}
    other = said(0, case_id="skylark-air:root-2", id="o-0")
    (opened,) = deliver("alertmanager", options, notice(said(0)))
    deliver("alertmanager", options, notice(other))
    until(lambda: len(firing(alertmanager)) == 2)

    worse = notice(said(1, "update", "crisis"))
    (moved,) = deliver("alertmanager", options, worse, memory=opened.memory)
    assert moved.outcome == "updated"
    levels = {"crisis", "escalate"}
    until(lambda: {one["labels"]["level"] for one in firing(alertmanager)} == levels)
    alerts = {one["labels"]["level"]: one for one in firing(alertmanager)}
    assert len(alerts) == len(firing(alertmanager)) == 2
    crisis = alerts["crisis"]
    assert crisis["labels"]["severity"] == "critical"
    assert crisis["annotations"]["case_id"] == "skylark-air:root-1"
    assert crisis["generatorURL"] == "https://social.example/root-1"
    deliver("alertmanager", options, notice(said(2, "resolved", "crisis")))
    until(
        lambda: [one["annotations"]["case_id"] for one in firing(alertmanager)] == [other.case_id]
    )
