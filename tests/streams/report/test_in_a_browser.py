"""The report of a hostile recording in a real browser: nothing runs, nobody is asked anything."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.conftest import Cli
from tests.streams.test_console import CHROMIUM, FLAGS, hostile

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture
def browser() -> "Iterator[Browser]":
    if not CHROMIUM.exists():
        pytest.skip("no browser: install chromium (Debian: apt-get install chromium)")
    playwright = pytest.importorskip(
        "playwright.sync_api", reason="no playwright: pip install playwright"
    )
    with playwright.sync_playwright() as tool:
        started = tool.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        yield started
        started.close()


@pytest.mark.parametrize("width", [1100, 390])
def test_a_hostile_recording(cli: Cli, tmp_path: Path, browser: "Browser", width: int) -> None:
    out = tmp_path / "out.html"
    done = cli("backtest", str(hostile(tmp_path)), "--html", str(out), timeout_s=200)
    assert done.returncode == 0, done.stderr
    page = browser.new_page(viewport={"width": width, "height": 900})
    asked: list[str] = []
    said: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    page.goto(out.as_uri())
    for mark in page.locator("td:visible, blockquote").all()[:40]:
        mark.hover()
    assert page.evaluate("window.pwned") is None
    assert [url for url in asked if not url.startswith(("file:", "data:image/svg+xml"))] == []
    assert said == []
    assert page.locator("u, script").count() == 0
    assert "<u onmouseover" in page.locator("main").inner_text()
    assert page.locator("a[href^='javascript']").count() == 0
    drawn = page.evaluate("[...document.images].every(i => i.complete && i.naturalWidth > 0)")
    assert drawn, "a plot is not drawn"
    scrolled = page.evaluate("document.documentElement.scrollWidth")
    assert scrolled <= width, "it is wider than the screen"
    page.close()
