"""Fixtures of the tests of sources."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.streams.running import Workers
from tests.streams.sources.listening import Listening, listening


@pytest.fixture
def bench(workers: Workers, tmp_path: Path) -> Iterator[Listening]:
    """Workers of role sources, and a reader of what they send."""
    with listening(workers, tmp_path) as made:
        yield made
