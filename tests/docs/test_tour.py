"""docs/tour.md, walked from top to bottom with a real broker and a real worker."""

import os
import shutil
import socket
import sys
from pathlib import Path

import pytest

from streams.config import Settings
from tests.conftest import ROOT
from tests.docs.walked import files, fits, steps, walk

PAGE = (ROOT / "docs" / "tour.md").read_text("utf-8")
TIMEOUT_S = 280


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.mark.slow
@pytest.mark.process
@pytest.mark.broker
def test_the_tour_is_true(settings: Settings, tmp_path: Path) -> None:
    for tool in ("bash", "curl"):
        if shutil.which(tool) is None:
            pytest.skip(f"no {tool}: install {tool}")
    folder, port = tmp_path / "tocsin", str(free_port())
    folder.mkdir()
    (folder / "streams").symlink_to(ROOT / "streams")
    for name, text in files(PAGE).items():
        (folder / name).write_text(text, "utf-8")
    command = tmp_path / "bin" / "tocsin"
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m streams "$@"\n')
    command.chmod(0o755)
    kept = {name: value for name, value in os.environ.items() if not name.startswith("TOCSIN_")}
    environment = kept | {
        "PATH": f"{command.parent}:{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        "TOCSIN_TOPIC_PREFIX": settings.topic_prefix,
        "TOCSIN_GROUP_PREFIX": settings.group_prefix,
        "TOCSIN_STATE_DIR": str(settings.state_dir),
        "TOCSIN_WEB_PORT": port,
    }

    def here(text: str) -> str:
        return text.replace("localhost:9092", settings.broker).replace("6066", port)

    found = steps(PAGE)
    ended = walk([here(step.command) for step in found], folder, environment, TIMEOUT_S)
    for step, (code, output) in zip(found, ended, strict=False):
        assert code == 0, f"$ {step.command}\n{output}"
        assert fits([here(line) for line in step.expected], output), f"$ {step.command}\n{output}"
    assert len(ended) == len(found)
    assert "<main>" in (folder / "report.html").read_text("utf-8")


def test_what_fits() -> None:
    assert fits(["...", "crisis ...", "..."], "a\nb\ncrisis air 9\nlast\n")
    assert fits(["one", "..."], "one\ntwo\nthree")
    assert fits(["..."], "")
    assert fits([], "anything")
    assert not fits(["one"], "one\ntwo")
    assert not fits(["one ... three"], "one\nthree")
    assert not fits(["a.c"], "abc")
