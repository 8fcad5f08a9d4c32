"""Hooks of the site (https://www.mkdocs.org/user-guide/configuration/#hooks).

Pages that stand elsewhere in the repository become pages here, and links to them lead there; what
is no page of the site is named by its path. Lists may follow a paragraph as they may on a forge.
"""

import posixpath
import re
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).resolve().parents[2]
ELSEWHERE = {
    "CHANGELOG.md": "changelog.md",
    "CONTRIBUTING.md": "contributing.md",
    "SECURITY.md": "threat-model.md",
    "helm/tocsin/README.md": "chart.md",
    "helm/tocsin/UPGRADING.md": "chart-upgrading.md",
    "models/weights/CARD.md": "model-card.md",
}
"""Where they stand, and what they are called here."""
PICTURES = {"models/weights/reliability.png": "reliability.png"}
COMING: tuple[str, ...] = ()
"""Pages that the navigation and links may name before they are there."""
_LINK = re.compile(r"(!?)\[((?:[^\[\]]|\[[^\]]*\])*)\]\(([^)\s]+)\)")
_ITEM = re.compile(r"\s*(?:[-*]|\d+\.)\s|\|")
_FENCE = re.compile(r"\s*(```|~~~)")


def on_config(config: Any) -> Any:
    """Leaves out of the navigation what is still to come."""
    config.nav = _there(config.nav, Path(config.docs_dir))
    return config


def on_files(files: Files, *, config: Any) -> Files:
    """Adds the pages that stand elsewhere."""
    for source, name in ELSEWHERE.items():
        text = (ROOT / source).read_text("utf-8")
        files.append(File.generated(config, name, content=text))
    for source, name in PICTURES.items():
        files.append(File.generated(config, name, content=(ROOT / source).read_bytes()))
    return files


def on_page_markdown(markdown: str, *, page: Page, config: Any, files: Files) -> str:
    """Turns links between places in the repository into links between pages."""
    here = page.file.src_uri
    source = next((s for s, name in ELSEWHERE.items() if name == here), f"docs/{here}")
    lines: list[str] = []
    fenced = False
    for line in markdown.splitlines():
        if _FENCE.match(line):
            fenced = not fenced
        if not fenced:
            if lines and _starts_a_block(lines[-1], line):
                lines.append("")
            line = _LINK.sub(lambda found: _led(found, source, here), line)
        lines.append(line)
    return "\n".join(lines)


def _starts_a_block(before: str, line: str) -> bool:
    """Whether a list or table follows a paragraph without a blank line between."""
    found = _ITEM.match(line)
    begins = found is not None and line[:1] not in (" ", "")
    return begins and bool(before.strip()) and not _ITEM.match(before) and before[:1] not in "# <"


def _led(found: re.Match[str], source: str, here: str) -> str:
    picture, text, target = found.groups()
    address, _, anchor = target.partition("#")
    if not address or ":" in address:
        return found[0]
    place = posixpath.normpath(posixpath.join(posixpath.dirname(source), address))
    name = "index.md" if place == "README.md" else ELSEWHERE.get(place) or PICTURES.get(place)
    if name is None and place.startswith("docs/"):
        name = place.removeprefix("docs/")
    if name is None:
        return f"{text} (`{place}`)" if (ROOT / place).exists() else found[0]
    if name in COMING and not (ROOT / "docs" / name).exists():
        return text
    led = posixpath.relpath(name, posixpath.dirname(here) or ".")
    return f"{picture}[{text}]({led}{'#' + anchor if anchor else ''})"


def _there(items: Any, folder: Path) -> Any:
    """The navigation without what is to come."""
    if isinstance(items, list):
        return [kept for item in items if (kept := _there(item, folder)) not in (None, {})]
    if isinstance(items, dict):
        kept = {title: _there(inner, folder) for title, inner in items.items()}
        return {title: inner for title, inner in kept.items() if inner is not None}
    return None if items in COMING and not (folder / items).exists() else items
