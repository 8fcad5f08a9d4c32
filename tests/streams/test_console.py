"""The console in a real browser: what strangers write is shown, and never obeyed."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from streams import stories
from tests.streams.demos import Demo

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
ATTACK = (
    "<img src=x onerror=\"window.pwned='img'\"><script>window.pwned='script'</script>"
    "<a href=\"javascript:window.pwned='link'\">it</a>{{constructor}}&lt;b&gt;"
)
MARK = "<u onmouseover=\"window.pwned='u'\">"
"""Stands before every third word, so that whatever phrase is quoted holds it."""

STORY = "airline-2013"
ROOT = "air-0031"
PATIENCE_MS = 30_000

pytestmark = [pytest.mark.process, pytest.mark.browser, pytest.mark.slow]


def hostile(folder: Path) -> Path:
    """A story of the library whose every free field attacks the page."""
    rows = []
    for mention in stories.load(STORY).mentions[:130]:
        row: dict[str, Any] = json.loads(msgspec.json.encode(mention))
        words = row.get("text", "").split()
        marked = [MARK + word if at % 3 == 0 else word for at, word in enumerate(words)]
        row["text"] = f"{' '.join(marked)} {ATTACK}"
        row["author"] = row["author"] | {"handle": ATTACK}
        row["lang"] = "en"
        for name in ("id", "conversation_id", "parent_id"):
            if row.get(name):
                row[name] += ATTACK[:40]
        row["url"] = "javascript:window.pwned='url'"
        rows.append(row)
    file = folder / "hostile.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return file


@pytest.fixture(scope="module")
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


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory, browser: "Browser") -> Iterator[Demo]:
    folder = tmp_path_factory.mktemp("demo")
    file = hostile(tmp_path_factory.mktemp("file"))
    with Demo(folder, "--file", str(file), "--speed", "max") as running:
        running.until(lambda: any("everything is played" in line for line in running.said))
        running.remember()
        yield running


@pytest.fixture
def page(demo: Demo, browser: "Browser") -> "Iterator[Page]":
    context = browser.new_context()
    opened = context.new_page()
    yield opened
    context.close()


def visit(page: "Page", demo: Demo) -> list[str]:
    """Opens the console, waits for a case, and gives the list that errors of the page go to."""
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda said: errors.append(said.text) if said.type == "error" else None)
    page.on("dialog", lambda dialog: errors.append(dialog.message))
    page.goto(demo.console())
    page.wait_for_selector("#cases .headline", timeout=PATIENCE_MS)
    return errors


def test_hostile_mention_is_shown_and_not_obeyed(demo: Demo, page: "Page") -> None:
    errors = visit(page, demo)
    page.wait_for_selector("#case .why li", timeout=PATIENCE_MS)
    assert "<u onmouseover=" in page.inner_text("#case")
    assert page.evaluate("window.pwned") is None
    assert page.locator("main img, main script, main [onerror]").count() == 0
    assert page.locator("main u, main [onmouseover]").count() == 0
    assert page.locator("main a").count() == 0  # javascript: is no address to link to
    assert errors == []


def test_case_tells_its_level_numbers_reasons_and_advice(demo: Demo, page: "Page") -> None:
    visit(page, demo)
    [case] = [
        one
        for one in json.loads(demo.page("api/board"))["cases"]
        if one["escalation"]["conversation_id"].startswith(ROOT)
    ]
    page.locator("#cases button", has_text=f"{case['escalation']['score']:.0%}").first.click()
    shown = page.inner_text("#case")
    assert case["level"] in shown
    assert "skylark-air" in shown
    assert "chance of a crisis within 24 hours" in shown
    why = case["escalation"]["why"]
    assert page.locator("#case .why li").count() == len(why)
    assert page.locator("#case .lowers").count() == sum(term["weight"] < 0 for term in why)
    assert page.locator("#case .advice li").count() == len(case["escalation"]["advice"])
    widths = page.eval_on_selector_all("#case .bar i", "bars => bars.map(b => b.offsetWidth)")
    assert widths[0] == max(widths) > 0


def test_phone_needs_no_sideways_scrolling(demo: Demo, page: "Page") -> None:
    page.set_viewport_size({"width": 360, "height": 740})
    visit(page, demo)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    page.locator("#cases button").first.click()
    top = page.evaluate("document.querySelector('#case-section').getBoundingClientRect().top")
    bottom_reached = page.evaluate("innerHeight + scrollY >= document.body.scrollHeight - 1")
    assert top < 10 or bottom_reached  # the chosen case came into view


def test_french_browser_gets_french(demo: Demo, browser: "Browser") -> None:
    context = browser.new_context(locale="fr-FR")
    page = context.new_page()
    visit(page, demo)
    assert page.inner_text("#cases-title").lower() == "dossiers ouverts"
    assert page.get_attribute("html", "lang") == "fr"
    context.close()


def test_page_obeys_its_content_security_policy(demo: Demo, page: "Page") -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    answer = page.goto(demo.console())
    assert answer is not None
    assert "default-src 'self'" in answer.headers["content-security-policy"]
    page.wait_for_selector("#cases .headline", timeout=PATIENCE_MS)
    assert all(url.startswith(demo.console()) for url in asked)


def test_lost_worker_is_told(demo: Demo, page: "Page") -> None:
    """Last in this file: it stops the demo."""
    visit(page, demo)
    assert page.inner_text("#status") == "Live"
    demo.process.terminate()
    page.wait_for_selector("body[data-state=lost]", timeout=PATIENCE_MS)
    assert "Disconnected" in page.inner_text("#status")
    assert page.locator("#cases .headline").count() > 0  # what was known stays in view
    assert demo.ends(timeout_s=15)[0] == 0
