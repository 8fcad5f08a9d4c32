"""A broker that stands still: who sends is told to wait before memory fills, and loses nothing."""

import os
import signal
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest

from streams.kafka import topics
from streams.kafka.embedded import EmbeddedBroker
from streams.sources.ingest import IN_FLIGHT_BYTES
from tests.streams.helpers import mention, received
from tests.streams.running import own_settings, running
from tests.streams.sources.listening import TOKEN, rows, send

pytestmark = [pytest.mark.process, pytest.mark.broker, pytest.mark.slow]

Until = Callable[..., None]
EACH = 380
NOW = datetime.now(UTC)


def batch(number: int) -> bytes:
    """Nearly eight megabytes."""
    return rows(
        *(mention(number * EACH + n, NOW, text="skylark " + "x" * 19_900) for n in range(EACH))
    ).encode()


def test_what_kafka_does_not_take_is_put_off_and_none_of_it_lost(
    tmp_path: Path, until: Until
) -> None:
    with EmbeddedBroker() as broker:
        settings = own_settings(broker.address, tmp_path)
        topics.create(settings)
        fit = IN_FLIGHT_BYTES // len(batch(0))
        with running(settings, tmp_path) as workers, ThreadPoolExecutor(fit + 2) as senders:
            worker = workers("--role", "sources", TOCSIN_SOURCE_TOKEN=TOKEN)
            until(lambda: worker.ready, 60)
            child = int((_children(broker.pid) or [str(broker.pid)])[0])
            os.kill(child, signal.SIGSTOP)
            try:
                kind = "application/x-ndjson"
                sent = [senders.submit(send, worker, batch(n), kind=kind) for n in range(fit + 2)]
                until(lambda: sum(one.done() for one in sent) == 2, 60)
                for one in [one for one in sent if one.done()]:
                    status, body, headers = one.result()
                    assert (status, headers["Retry-After"]) == (429, "2")
                    assert "later" in body["error"]
                assert worker.metric("tocsin_source_back_pressure_total", source="http") == 2
                assert worker.get("/healthz")[0] == 200
            finally:
                os.kill(child, signal.SIGCONT)
            taken = [one.result(timeout=60)[:2] for one in sent]
            accepted = [body["accepted"] for status, body in taken if status == 202]
            assert accepted == [EACH] * fit
            until(
                lambda: len(received(settings, topics.Topics.of(settings).mentions)) >= fit * EACH
            )


def _children(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
