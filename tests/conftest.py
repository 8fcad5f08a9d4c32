"""What tests share: a real broker, topics of one's own, and the command as a user runs it."""

import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from streams.config import Settings
from streams.kafka.embedded import EmbeddedBroker

ROOT = Path(__file__).resolve().parent.parent
Cli = Callable[..., "subprocess.CompletedProcess[str]"]


def pytest_configure() -> None:
    """Started in the background, this process ignores what its children are tested with."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
        signal.signal(signal.SIGHUP, signal.SIG_DFL)


@pytest.fixture(scope="session")
def broker() -> Iterator[str]:
    """`host:port` of a Kafka broker: TOCSIN_TEST_BROKER when it is set, else an embedded one."""
    if given := os.environ.get("TOCSIN_TEST_BROKER"):
        yield given
        return
    with EmbeddedBroker() as embedded:
        yield embedded.address


@pytest.fixture
def settings(broker: str, tmp_path: Path) -> Settings:
    """Settings whose topics and groups no other test uses."""
    own = f"t{uuid.uuid4().hex[:12]}."
    return Settings(
        broker=broker, topic_prefix=own, group_prefix=own + "group", state_dir=tmp_path / "state"
    )


@pytest.fixture
def environment(settings: Settings) -> dict[str, str]:
    """The environment of a process that runs with `settings`."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("TOCSIN_")}
    return kept | {
        "TOCSIN_BROKER": settings.broker,
        "TOCSIN_TOPIC_PREFIX": settings.topic_prefix,
        "TOCSIN_GROUP_PREFIX": settings.group_prefix,
        "TOCSIN_STATE_DIR": str(settings.state_dir),
        "PYTHONPATH": str(ROOT),
    }


@pytest.fixture
def cli(environment: dict[str, str]) -> Cli:
    """`cli("topics", "--json", TOCSIN_BROKER="...")`: runs `tocsin` in a process of its own."""

    def run(
        *arguments: str, stdin: str | bytes = "", timeout_s: float = 60, **variables: str
    ) -> "subprocess.CompletedProcess[str]":
        done = subprocess.run(
            [sys.executable, "-m", "streams", *arguments],
            input=stdin.encode() if isinstance(stdin, str) else stdin,
            capture_output=True,
            env=environment | variables,
            timeout=timeout_s,
            check=False,
        )
        return subprocess.CompletedProcess(
            done.args, done.returncode, done.stdout.decode(), done.stderr.decode()
        )

    return run


@pytest.fixture
def until() -> Callable[..., None]:
    """`until(condition, timeout_s=30)`: waits for it, fails the test when it does not come."""

    def wait(condition: Callable[[], object], timeout_s: float = 30) -> None:
        deadline = time.monotonic() + timeout_s
        while not condition():
            if time.monotonic() > deadline:
                pytest.fail(f"condition did not come true within {timeout_s:g} s")
            time.sleep(0.02)

    return wait
