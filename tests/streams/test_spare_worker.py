"""More workers than partitions: the spare ones are ready too, or no rollout would ever end.

A Deployment that is replaced without falling below its capacity starts the new pod first, and waits
until it is ready. Where there are as many pods as partitions, the new one has nothing to do yet.
"""

from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from streams.kafka import topics
from tests.streams.running import own_settings, running

pytestmark = [pytest.mark.process, pytest.mark.broker, pytest.mark.slow]


@pytest.mark.parametrize("role", ["score", "cases"])
def test_a_worker_without_partitions_is_ready(
    role: str, broker: str, tmp_path: Path, until: Callable[..., None]
) -> None:
    settings = msgspec.structs.replace(own_settings(broker, tmp_path), partitions=1)
    topics.create(settings)
    with running(settings, tmp_path) as workers:
        first = workers("--role", role)
        until(lambda: first.ready, 90)
        second = workers("--role", role)
        until(lambda: first.ready and second.ready, 90)
