"""Where runbooks are: one address, for the rules, their tests and the boards; and the page itself.

`python -m deploy.runbooks` puts `BASE` into the rules and their tests and makes the page anew that
every worker serves; `--check` only says which files differ, and ends with 1.
"""

import re
import sys
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token

BASE = "http://localhost:6066/static/runbooks.html"
"""The page that a worker on this machine serves. On call, people are elsewhere: put the address
there under which they reach your console, or a copy of docs/operations.md."""

ROOT = Path(__file__).resolve().parents[1]
SOURCE = ROOT / "docs" / "operations.md"
PAGE = ROOT / "streams" / "web" / "static" / "runbooks.html"
PROMETHEUS = ROOT / "deploy" / "prometheus"
_LINK = re.compile(r"(runbook_url: \"?)[^\s\"#]+(#[\w-]+)")
_HEAD = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="dark light">
<title>Tocsin: operations</title>
<link rel="icon" href="/static/icon.svg" type="image/svg+xml">
<link rel="stylesheet" href="/static/runbooks.css">
</head>
<body>
<main>
"""
_FOOT = "</main>\n</body>\n</html>\n"


def anchor(heading: str) -> str:
    """The anchor that GitHub gives a heading."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def page() -> str:
    """docs/operations.md as a page; links to other files stay words, since only this is served."""
    parser = MarkdownIt("commonmark", {"html": False}).enable("table")
    tokens = parser.parse(SOURCE.read_text("utf-8"))
    for at, token in enumerate(tokens):
        if token.type == "heading_open":
            token.attrSet("id", anchor(tokens[at + 1].content))
        if token.children:
            token.children = _served(token.children)
    html = RendererHTML().render(tokens, parser.options, {})
    # a wide table scrolls by itself, and not the page
    html = html.replace("<table>", '<div class="table"><table>').replace(
        "</table>", "</table></div>"
    )
    return _HEAD + html + _FOOT


def files() -> dict[Path, str]:
    """What each file is to hold."""
    found = {PAGE: page()}
    for folder in ("rules", "tests"):
        for path in sorted((PROMETHEUS / folder).glob("*.yaml")):
            found[path] = _LINK.sub(rf"\g<1>{BASE}\g<2>", path.read_text("utf-8"))
    return found


def main(arguments: list[str]) -> int:
    """Exit code: 0 when all is written or the same, 1 when `--check` finds a difference."""
    stale = [
        path
        for path, text in files().items()
        if not path.is_file() or path.read_text("utf-8") != text
    ]
    for path in stale:
        print(path)
        if "--check" not in arguments:
            path.write_text(files()[path], "utf-8")
    return 1 if stale and "--check" in arguments else 0


def _served(children: list[Token]) -> list[Token]:
    kept, gone = [], 0
    for token in children:
        if token.type == "link_open" and not str(token.attrGet("href")).startswith(("http", "#")):
            gone += 1
        elif token.type == "link_close" and gone:
            gone -= 1
        else:
            kept.append(token)
    return kept


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
