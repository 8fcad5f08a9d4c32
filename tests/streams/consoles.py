"""What tests of the console share: a story that attacks the page, and ways around in it."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec.structs import replace

from streams import stories
from tests.streams.browser import PATIENCE_MS, faults
from tests.streams.demos import Demo

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page

ATTACK = (
    "<img src=x onerror=\"window.pwned='img'\"><script>window.pwned='script'</script>"
    "<a href=\"javascript:window.pwned='link'\">it</a>{{constructor}}&lt;b&gt;"
)
MARK = "<u onmouseover=\"window.pwned='u'\">"
"""Stands before every third word, so that whatever phrase is quoted holds it."""

STORY = "airline-2013"
BESIDE = "energy-2011"
ROOT = "air-0031"
CASE = f"skylark-air:{ROOT}"
VIEWS = {"cases": "#case .plots canvas", "brands": ".plot canvas"}


def hostile(folder: Path) -> Path:
    """Two stories of the library, at one time, whose every free field attacks the page."""
    first, second = stories.load(STORY).mentions[:250], stories.load(BESIDE).mentions[:150]
    later = first[-1].created_at - second[-1].created_at
    moved = [replace(mention, created_at=mention.created_at + later) for mention in second]
    rows = []
    for mention in sorted([*first, *moved], key=lambda mention: mention.created_at):
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
        row["attachments"] = [{"type": "image", "url": "javascript:window.pwned='picture'"}]
        rows.append(row)
    file = folder / "hostile.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return file


def named(context: "BrowserContext", name: str) -> "BrowserContext":
    """A browser that knows the name of whoever sits before it."""
    context.add_init_script(
        f"localStorage.getItem('name') ?? localStorage.setItem('name', '{name}')"
    )
    return context


def visit(page: "Page", demo: Demo, view: str = "cases") -> list[str]:
    """Opens the console, waits until there is something to see; the page's errors."""
    errors = faults(page)
    page.goto(demo.link() if view == "cases" else f"{demo.console()}?view={view}")
    page.wait_for_selector(VIEWS[view], timeout=PATIENCE_MS)
    return errors


def found(demo: Demo, **query: str) -> list[dict[str, Any]]:
    """Cases by the API."""
    asked = "&".join(f"{name}={value}" for name, value in query.items())
    rows: list[dict[str, Any]] = json.loads(demo.page(f"api/v1/cases?{asked}"))["cases"]
    return rows


def open_case(page: "Page", root: str = ROOT) -> None:
    """Chooses the case of the story."""
    page.locator("[role=option]:visible", has_text="skylark-air").first.wait_for()
    rows = page.locator(f"[role=option][data-case*='{root}']")
    rows.first.click()
    page.wait_for_selector(f"#case[data-case*='{root}']", timeout=PATIENCE_MS)
