"""Fixtures of the tests that start workers, or want a disk of their own."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from streams.kafka import topics
from tests.streams.browser import chromium
from tests.streams.consoles import hostile, named
from tests.streams.demos import Demo
from tests.streams.running import Workers, own_settings, running
from tests.streams.small_disk import SmallDisk, mounted
from tests.streams.vendors import PagerDutyVendor

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page


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


@pytest.fixture(scope="module")
def browser() -> "Iterator[Browser]":
    """A real one."""
    with chromium() as started:
        yield started


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory, browser: "Browser") -> Iterator[Demo]:
    """Plays stories that attack the page; one for all tests of a file."""
    folder = tmp_path_factory.mktemp("demo")
    file = hostile(tmp_path_factory.mktemp("file"))
    with Demo(folder, "--file", str(file), "--speed", "max") as playing:
        playing.until(lambda: any("everything is played" in line for line in playing.said))
        playing.remember()
        yield playing


@pytest.fixture
def page(demo: Demo, browser: "Browser") -> "Iterator[Page]":
    """Ana sits before it."""
    context = browser.new_context(locale="en-GB")
    made = named(context, "Ana").new_page()
    yield made
    made.unroute_all(behavior="ignoreErrors")  # a request may be under way
    context.close()
