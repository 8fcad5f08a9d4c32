"""The disk of the state folder is full: the worker says so, loses nothing, and goes on."""

import json
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest

from benchmarks import traffic
from streams.kafka.topics import Topics
from tests.streams.helpers import received
from tests.streams.running import Running, Workers, running
from tests.streams.small_disk import SmallDisk
from tests.streams.test_restart_on_disk import ROCKS, conversations, done, feed, read

pytest.importorskip("rocksdict", reason="pip install 'tocsin[rocksdb]'")
pytestmark = [pytest.mark.process, pytest.mark.broker, pytest.mark.slow]

Until = Callable[..., None]
PATIENCE_S = 120
FIRST, ALL = 60, 240


@pytest.fixture
def on_small(workers: Workers, small: SmallDisk, tmp_path: Path) -> Iterator[Workers]:
    """Workers whose state folder is on it."""
    settings = msgspec.structs.replace(workers.settings, state_dir=small.path / "state")
    with running(settings, tmp_path) as made:
        yield made


def problems(worker: Running) -> list[str]:
    found: list[str] = json.loads(worker.get("/healthz")[1] or b"{}").get("problems", [])
    return found


def test_a_full_disk_is_told_and_waited_for(
    on_small: Workers, small: SmallDisk, until: Until
) -> None:
    settings = on_small.settings
    feed(settings, 0, FIRST)
    first = on_small("--role", "cases", **ROCKS)
    until(lambda: first.ready and done(first) >= FIRST, PATIENCE_S)
    small.fill()
    feed(settings, FIRST, ALL)
    assert first.process.wait(PATIENCE_S) == 70
    assert "cannot be written: No space left on device" in first.log
    assert "Traceback" not in first.log

    second = on_small("--role", "cases", **ROCKS)
    until(lambda: any("is full" in one for one in problems(second)), PATIENCE_S)
    assert second.get("/healthz")[0] == 200, "a restart makes no room"
    assert second.get("/readyz")[0] == 503
    assert second.log.count("is full") == 1
    assert second.end(signal.SIGTERM) == 0

    third = on_small("--role", "cases", **ROCKS)
    until(lambda: any("is full" in one for one in problems(third)), PATIENCE_S)
    small.clear()
    until(lambda: third.ready and done(third) > 0, PATIENCE_S)
    written = received(settings, Topics.of(settings).cases_state)
    until(lambda: conversations(third) > 0, PATIENCE_S)
    assert read(third) < len(written), "what was on disk is good"
    assert problems(third) == []
    feed(settings, ALL, ALL + 60)
    told = {event.mention.partition_key for event in traffic.mentions(ALL + 60, 3.0)}
    until(lambda: conversations(third) == len(told), PATIENCE_S)
    assert third.end(signal.SIGTERM) == 0

    fourth = on_small("--role", "cases", **ROCKS)
    until(lambda: fourth.ready and conversations(fourth) == len(told), PATIENCE_S)
    assert read(fourth) == 0


def test_state_in_memory_needs_no_room(on_small: Workers, small: SmallDisk, until: Until) -> None:
    small.fill()
    feed(on_small.settings, 0, FIRST)
    worker = on_small("--role", "cases")
    until(lambda: worker.ready and done(worker) >= FIRST, PATIENCE_S)
    assert problems(worker) == []
