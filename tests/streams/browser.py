"""A real browser for tests of the console: Debian's Chromium, driven by Playwright."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PATIENCE_MS = 30_000


@contextmanager
def chromium() -> "Iterator[Browser]":
    """The browser; skips the test, with what to install, where there is none."""
    if not CHROMIUM.exists():
        pytest.skip("no browser: install chromium (Debian: apt-get install chromium)")
    playwright = pytest.importorskip(
        "playwright.sync_api", reason="no playwright: pip install playwright"
    )
    with playwright.sync_playwright() as tool:
        started = tool.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        yield started
        started.close()


def faults(page: "Page") -> list[str]:
    """The list that errors of a page go to."""
    found: list[str] = []
    page.on("pageerror", lambda error: found.append(str(error)))
    page.on("console", lambda said: found.append(said.text) if said.type == "error" else None)
    page.on("dialog", lambda dialog: found.append(dialog.message))
    return found


def violations(page: "Page") -> list[str]:
    """What axe-core finds against WCAG 2.1 and 2.2, levels A and AA: rule, and where."""
    axe = pytest.importorskip(
        "axe_playwright_python.sync_playwright",
        reason="no axe-core: pip install axe-playwright-python",
    )
    tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
    found = axe.Axe().run(page, options={"runOnly": {"type": "tag", "values": tags}})
    return [
        f"{one['id']}: {node['target']} {node.get('failureSummary', '')}"
        for one in found.response["violations"]
        for node in one["nodes"]
    ]
