"""Fixtures of the tests that start workers."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from streams.kafka import topics
from tests.streams.running import Workers, own_settings, running


@pytest.fixture
def workers(broker: str, tmp_path: Path) -> Iterator[Workers]:
    """Starts workers on fresh topics of three partitions; all end with the test."""
    settings = own_settings(broker, tmp_path)
    topics.create(settings)
    with running(settings, tmp_path) as started:
        yield started
