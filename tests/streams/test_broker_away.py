"""A broker that is away: workers say so, end when told to, and go on when it is back."""

import json
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import msgspec
import pytest

from benchmarks.faults.proxy import DIRECT, Proxy
from streams.config import Settings
from streams.kafka import topics
from streams.kafka.embedded import EmbeddedBroker
from streams.kafka.topics import Topics
from tests.streams.crowd import crowd
from tests.streams.helpers import following, publish
from tests.streams.running import Running, Workers, own_settings, running

pytestmark = [pytest.mark.process, pytest.mark.broker, pytest.mark.slow]

Until = Callable[..., None]


class Bench(NamedTuple):
    """A broker that workers reach through a proxy, and the tests go past it."""

    proxy: Proxy
    direct: Settings
    workers: Workers


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    broker = EmbeddedBroker()
    with Proxy(lambda: broker.port) as proxy:
        broker = EmbeddedBroker(advertised=proxy.address)
        with broker:
            settings = own_settings(proxy.address, tmp_path)
            direct = msgspec.structs.replace(settings, broker=broker.address, group_prefix=DIRECT)
            topics.create(msgspec.structs.replace(settings, broker=broker.address))
            with running(settings, tmp_path) as workers:
                yield Bench(proxy, direct, workers)


def problems(worker: Running, page: str) -> str:
    return " ".join(json.loads(worker.get(page)[1])["problems"])


def test_it_is_said_and_when_told_to_stop_the_worker_does_not_wait(
    bench: Bench, until: Until
) -> None:
    worker = bench.workers("--role", "cases,tickets", TOCSIN_LOG_FORMAT="json")
    until(lambda: worker.ready, 90)
    bench.proxy.refuse()
    until(lambda: not worker.ready, 60)
    assert "the broker has not answered for" in problems(worker, "/readyz")
    assert worker.get("/healthz")[0] == 200, "a restart would not bring the broker back"
    assert worker.end(signal.SIGTERM) == 3
    lines = [json.loads(line) for line in worker.log.splitlines()]
    assert "without a last commit" in lines[-1]["message"]


@pytest.mark.parametrize("how", ["refuse", "silence"])
def test_when_it_is_back_the_same_worker_goes_on(bench: Bench, until: Until, how: str) -> None:
    scored = Topics.of(bench.direct).scored
    mentions = crowd(700, ("shoes-2011",))
    worker = bench.workers("--role", "score", TOCSIN_BATCH_SIZE="16")
    until(lambda: worker.ready, 90)
    with following(bench.direct, scored) as follower:
        publish(bench.direct, mentions[:350])
        until(lambda: len(follower.ids()) > 100, 60)
        getattr(bench.proxy, how)()
        publish(bench.direct, mentions[350:])
        until(lambda: not worker.ready, 60)
        bench.proxy.heal()
        until(lambda: len(set(follower.ids())) == len(mentions), 120)
    until(lambda: worker.ready, 60)
    assert worker.process.poll() is None
    assert worker.end(signal.SIGTERM) == 0


def test_one_that_starts_while_it_is_away_ends_with_one_line(bench: Bench) -> None:
    bench.proxy.refuse()
    worker = bench.workers("--role", "cases", TOCSIN_LOG_FORMAT="json")
    assert worker.process.wait(60) == 3
    assert worker.log.startswith("tocsin: ")
    assert worker.log.count("\n") == 1
