"""Fixtures of the tests of deployment files."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from streams.kafka import topics
from tests.streams.running import Workers, own_settings, running


@pytest.fixture(scope="module")
def workers(broker: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workers]:
    """Starts workers on fresh topics; all end with the module."""
    folder: Path = tmp_path_factory.mktemp("workers")
    settings = own_settings(broker, folder)
    topics.create(settings)
    with running(settings, folder) as started:
        yield started
