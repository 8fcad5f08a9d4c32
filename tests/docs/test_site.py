"""The site of the documentation builds without a warning, leads nowhere wrong, loads nothing."""

import os
import subprocess
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from tests.conftest import ROOT

pytestmark = pytest.mark.slow


class Page(HTMLParser):
    """What a page names: its anchors, where it leads, and what it loads."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.anchors: set[str] = set()
        self.links: list[str] = []
        self.loads: list[str] = []
        self.raw: list[str] = []
        self._tag = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        self.anchors |= {values[name] for name in ("id", "name") if name in values}
        if tag == "a" and "href" in values:
            self.links.append(values["href"])
        elif tag in ("script", "img", "iframe") and "src" in values:
            self.loads.append(values["src"])
        elif tag == "link" and values.get("rel") in ("stylesheet", "icon", "preload"):
            self.loads.append(values["href"])
        self._tag = tag

    def handle_data(self, data: str) -> None:
        if self._tag == "p":
            self.raw.append(data)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if find_spec("mkdocs") is None or find_spec("material") is None:
        pytest.skip("no mkdocs-material: pip install -r requirements/docs.txt")
    folder = tmp_path_factory.mktemp("site")
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "-d", str(folder)],
        cwd=ROOT,
        env=os.environ | {"NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


@pytest.fixture(scope="module")
def pages(site: Path) -> dict[Path, Page]:
    return {path: Page(path.read_text("utf-8")) for path in site.rglob("*.html")}


def inside(page: Path, addresses: list[str], site: Path) -> Iterator[tuple[Path, str]]:
    """File and anchor of each address that is not elsewhere in the web."""
    for address in addresses:
        parts = urlsplit(address)
        if parts.scheme or parts.netloc:
            continue
        path = unquote(parts.path)
        base = site if path.startswith("/") else page.parent
        target = (base / path.lstrip("/")).resolve() if path else page
        yield (target / "index.html" if target.is_dir() else target), parts.fragment


def test_every_link_leads_somewhere(site: Path, pages: dict[Path, Page]) -> None:
    assert len(pages) > 25
    for path, page in pages.items():
        for target, anchor in inside(path, page.links + page.loads, site):
            assert target.exists(), f"{path.name}: {target}"
            if anchor and target in pages and not anchor.startswith("__"):
                assert anchor in pages[target].anchors, f"{path.name}: {target.name}#{anchor}"


def test_nothing_is_loaded_from_elsewhere(pages: dict[Path, Page]) -> None:
    for path, page in pages.items():
        assert [one for one in page.loads if urlsplit(one).netloc] == [], path.name


def test_lists_and_tables_are_no_paragraphs(pages: dict[Path, Page]) -> None:
    for path, page in pages.items():
        for text in page.raw:
            lines = text.strip().splitlines()
            assert not any(line.startswith(("- ", "| ", "```")) for line in lines), (path, text)


def test_the_case_library_is_current() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "docs.tools", "--check"],
        cwd=ROOT,
        env={name: value for name, value in os.environ.items() if not name.startswith("TOCSIN_")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
