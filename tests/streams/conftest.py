"""Fixtures of the tests that start workers, or want a disk of their own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from streams.kafka import topics
from tests.streams.running import Workers, own_settings, running
from tests.streams.small_disk import SmallDisk, mounted
from tests.streams.vendors import PagerDutyVendor


@pytest.fixture
def workers(broker: str, tmp_path: Path) -> Iterator[Workers]:
    """Starts workers on fresh topics of three partitions; all end with the test."""
    settings = own_settings(broker, tmp_path)
    topics.create(settings)
    with running(settings, tmp_path) as started:
        yield started


@pytest.fixture
def small(tmp_path: Path) -> Iterator[SmallDisk]:
    """A disk that can be filled; skips where none can be mounted."""
    try:
        with mounted(tmp_path / "disk") as disk:
            yield disk
    except PermissionError as error:
        pytest.skip(str(error))


@pytest.fixture
def vendor(monkeypatch: pytest.MonkeyPatch) -> Iterator[PagerDutyVendor]:
    """A PagerDuty; its key is in PAGER_KEY."""
    monkeypatch.setenv("PAGER_KEY", "R" * 32)
    made = PagerDutyVendor()
    with made.running():
        yield made
