"""Pictures of the console for the docs: `python -m tests.streams.screenshots [FOLDER]`.

Plays the case library in a demo of its own; needs Chromium and Playwright, as the tests do.
"""

import io
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from tests.conftest import ROOT
from tests.streams.browser import PATIENCE_MS, chromium
from tests.streams.cable import Cable
from tests.streams.demos import Demo

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

DESKTOP = {"width": 1360, "height": 860}
PHONE = {"width": 390, "height": 844}
CASE = "#case .plots canvas"
SOMETHING = "[role=option]:visible, .plot canvas:visible, .none:visible"
QUALITY = 70


class Camera:
    """Takes pictures of a demo into a folder."""

    def __init__(self, demo: Demo, browser: "Browser", folder: Path) -> None:
        self._demo = demo
        self._browser = browser
        self._folder = folder

    def open(self, address: str = "", size: Any = DESKTOP, **options: Any) -> "Page":
        """A page of the console, with something to see on it."""
        context = self._browser.new_context(
            viewport=size, device_scale_factor=1.25, **({"locale": "en-GB"} | options)
        )
        context.add_init_script("localStorage.setItem('name', 'Ana')")
        page = context.new_page()
        base = self._demo.console()
        page.goto(address if address.startswith("http") else base + (address or self._token))
        page.wait_for_selector(SOMETHING, timeout=PATIENCE_MS)
        return page

    @property
    def _token(self) -> str:
        return self._demo.link().removeprefix(self._demo.console())

    def take(self, page: "Page", name: str) -> None:
        """Writes a picture, small enough for the repository."""
        from PIL import Image

        page.wait_for_timeout(700)  # until what moves has come to rest
        raw = Image.open(io.BytesIO(page.screenshot()))
        raw.convert("RGB").save(self._folder / f"{name}.webp", quality=QUALITY, method=6)
        page.context.close()


def choose(page: "Page", case: str) -> None:
    """Shows a case."""
    page.locator(f"[role=option][data-case*='{case}']").first.click()
    page.wait_for_selector(f"#case[data-case*='{case}']")
    page.wait_for_selector(CASE)


def main(folder: Path) -> None:
    """Takes them all."""
    with (
        tempfile.TemporaryDirectory() as place,
        Demo(Path(place), "--speed", "60") as demo,
        chromium() as browser,
    ):
        camera = Camera(demo, browser, folder)
        page = camera.open()
        page.wait_for_selector("#case .nothing")
        camera.take(page, "console-empty")
        demo.until(lambda: any("everything is played" in line for line in demo.said), 400)
        page = camera.open()
        choose(page, "tel-0019")
        page.keyboard.press("a")
        page.wait_for_selector("#case .state:has-text('Ana has it')", timeout=PATIENCE_MS)
        page.wait_for_selector("#toasts p", state="detached", timeout=PATIENCE_MS)
        choose(page, "air-0031")
        camera.take(page, "console")
        page = camera.open(color_scheme="dark", locale="fr-FR")
        choose(page, "tel-0019")
        camera.take(page, "console-dark")
        page = camera.open()
        choose(page, "tel-0019")
        page.evaluate("document.querySelector('#case').scrollTop = 690")
        camera.take(page, "console-story")
        page = camera.open("?view=brands")
        page.locator(".tab", has_text="7 days").click()
        camera.take(page, "console-brands")
        page = camera.open(size=PHONE, color_scheme="dark")
        page.locator("[role=option]").first.click()
        page.wait_for_selector(CASE)
        camera.take(page, "console-phone")
        with Cable(urlsplit(demo.console()).port or 0) as cable:
            page = camera.open(f"http://127.0.0.1:{cable.port}/")
            page.wait_for_selector(CASE)
            cable.cut()
            page.wait_for_selector("body[data-state=lost]", timeout=PATIENCE_MS)
            camera.take(page, "console-disconnected")
        demo.process.terminate()
        demo.ends(30)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs" / "img")
