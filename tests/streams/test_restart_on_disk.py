"""Workers that hold their state on disk: what a restart reads, and what it does not believe."""

import re
import shutil
import signal
from collections.abc import Callable

import pytest

from benchmarks import traffic
from scoring.scored import encode_event
from streams.config import Settings
from streams.kafka import clients, topics
from streams.kafka.topics import Topics
from tests.streams.helpers import received
from tests.streams.running import Running, Workers

pytest.importorskip("rocksdict", reason="pip install 'tocsin[rocksdb]'")
pytestmark = [pytest.mark.process, pytest.mark.broker, pytest.mark.slow]

Until = Callable[..., None]
PATIENCE_S = 120
COUNT = 300
ROCKS = {"TOCSIN_STATE_STORE": "rocksdb", "TOCSIN_HOT_CASES": "5"}
READ = re.compile(r"cases-changelog, partition \d+: (\d+) records read")


def feed(settings: Settings, begin: int, end: int) -> None:
    """Ordinary traffic from one number to before another, into the log of conversations."""
    events = list(traffic.mentions(end, per_conversation=3.0))[begin:]
    with clients.producer(settings) as producer:
        for event in events:
            key = event.mention.partition_key.encode()
            producer.send(Topics.of(settings).scored, value=encode_event(event), key=key)
        producer.flush()


def read(worker: Running) -> int:
    """Records of the changelog of conversations that a worker read to recover."""
    return sum(map(int, READ.findall(worker.log)))


def conversations(worker: Running) -> float:
    return worker.metric("tocsin_conversations")


def done(worker: Running) -> float:
    return worker.metric("tocsin_stage_done_total", stage="cases")


def test_a_restart_reads_what_is_on_disk_and_not_the_changelog(
    workers: Workers, until: Until
) -> None:
    settings = workers.settings
    feed(settings, 0, COUNT)
    first = workers("--role", "cases", **ROCKS)
    until(lambda: first.ready and done(first) >= COUNT, PATIENCE_S)
    held = conversations(first)
    other = workers("--role", "cases", **ROCKS)
    assert other.process.wait(PATIENCE_S) == 2
    assert "TOCSIN_STATE_DIR" in other.log
    assert "Traceback" not in other.log
    assert first.end(signal.SIGTERM) == 0

    second = workers("--role", "cases", **ROCKS)
    until(lambda: second.ready and conversations(second) == held, PATIENCE_S)
    assert read(second) == 0, second.log
    feed(settings, COUNT, COUNT + 60)
    until(lambda: done(second) >= 60, PATIENCE_S)
    second.end(signal.SIGKILL)

    third = workers("--role", "cases", **ROCKS)
    until(lambda: third.ready and conversations(third) > held, PATIENCE_S)
    assert read(third) < len(received(settings, Topics.of(settings).cases_state)) / 2
    after = conversations(third)
    assert third.end(signal.SIGTERM) == 0

    shutil.rmtree(settings.state_dir)
    fourth = workers("--role", "cases", **ROCKS)
    until(lambda: fourth.ready and conversations(fourth) == after, PATIENCE_S)
    assert read(fourth) == len(received(settings, Topics.of(settings).cases_state))


def test_a_copy_whose_changelog_was_made_anew_is_dropped(workers: Workers, until: Until) -> None:
    settings = workers.settings
    feed(settings, 0, 60)
    first = workers("--role", "cases", **ROCKS)
    until(lambda: first.ready and done(first) >= 60, PATIENCE_S)
    assert first.end(signal.SIGTERM) == 0
    names = Topics.of(settings)
    with clients.admin(settings) as client:
        client.delete_topics([names.cases_state, names.incidents_state])
    topics.create(settings)

    second = workers("--role", "cases", **ROCKS)
    until(lambda: second.ready and "its copy is dropped" in second.log, PATIENCE_S)
    until(lambda: conversations(second) == 0, PATIENCE_S)
    assert second.process.poll() is None
