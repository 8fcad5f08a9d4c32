"""The report in a real browser: whatever a recording holds, nothing runs and nobody is asked."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.conftest import Cli
from tests.streams.browser import chromium, violations
from tests.streams.consoles import hostile
from tests.streams.report.test_report import crisis, report

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture(scope="module")
def browser() -> "Iterator[Browser]":
    with chromium() as started:
        yield started


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


@pytest.mark.parametrize("lang", ["en", "fr"])
def test_everybody_can_read_it(tmp_path: Path, browser: "Browser", lang: str) -> None:
    out = tmp_path / "out.html"
    out.write_text(report(crisis(), lang=lang), "utf-8")
    page = browser.new_context(bypass_csp=True).new_page()
    page.goto(out.as_uri())
    assert violations(page) == []
    page.close()
