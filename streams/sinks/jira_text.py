"""A ticket's body in Jira's two forms: documents (Cloud) and wiki markup (Data Center).

https://developer.atlassian.com/cloud/jira/platform/apis/document/structure/ ; in a document a
text is a text, whatever it holds. https://jira.atlassian.com/secure/WikiRendererHelpAction.jspa ;
there every character that could begin a macro, a mention or an image is escaped.
"""

import re
from itertools import groupby
from typing import Any

from streams.sinks import render
from streams.sinks.html import link
from streams.sinks.render import Part
from streams.sinks.target import Notice

_MOST = 30_000
"""Jira takes 32,767 characters."""
_MARKUP = re.compile(r"([{}\[\]!*_?^~+|#-])")


def document(notice: Notice, last: str) -> dict[str, Any]:
    """The body in the Atlassian Document Format, with the line `last` at its end."""
    blocks: list[dict[str, Any]] = []
    for kind, run in groupby(render.parts(notice), key=lambda part: part.kind):
        paragraphs = [_paragraph(*_texts(part)) for part in run]
        if kind == "item":
            items = [{"type": "listItem", "content": [item]} for item in paragraphs]
            blocks.append({"type": "bulletList", "content": items})
        else:
            blocks += paragraphs
    blocks.append(_paragraph(_text(last, "code")))
    return {"type": "doc", "version": 1, "content": blocks}


def document_text(node: object) -> str:
    """The words of a document, line by line."""
    if not isinstance(node, dict):
        return ""
    if node.get("type") == "text":
        return str(node.get("text", ""))
    inner = [document_text(child) for child in node.get("content") or ()]
    return ("" if node.get("type") == "paragraph" else "\n").join(inner)


def wiki(notice: Notice, last: str) -> str:
    """The body in wiki markup, with the line `last` at its end."""
    blocks = []
    for kind, run in groupby(render.parts(notice), key=lambda part: part.kind):
        blocks.append(("\n" if kind in ("item", "link") else "\n\n").join(map(_wiki, run)))
    return render.short("\n\n".join(blocks), _MOST) + f"\n\n{last}"


def _texts(part: Part) -> list[dict[str, Any]]:
    if part.kind == "link":
        if address := link(part.quote):
            mark = {"type": "link", "attrs": {"href": address}}
            return [{"type": "text", "text": part.text, "marks": [mark]}]
        return [_text(f"{part.text}: {part.quote}")]
    if part.kind == "heading":
        return [_text(part.text, "strong")]
    if part.quote:
        return [_text(f"{part.text}: "), _text(f"“{part.quote}”", "em")]
    return [_text(part.text)]


def _text(text: str, *marks: str) -> dict[str, Any]:
    node: dict[str, Any] = {"type": "text", "text": text or "–"}  # an empty text is refused
    if marks:
        node["marks"] = [{"type": mark} for mark in marks]
    return node


def _paragraph(*texts: dict[str, Any]) -> dict[str, Any]:
    return {"type": "paragraph", "content": list(texts)}


def _wiki(part: Part) -> str:
    text, said = _escaped(part.text), _escaped(part.quote)
    if part.kind == "link":
        address = link(part.quote).replace("|", "%7C").replace("]", "%5D").replace("[", "%5B")
        return f"[{text}|{address}]" if address else f"{text}: {said}"
    if part.kind == "heading":
        return f"*{text}*"
    text = f"{text}: “{said}”" if said else text
    return f"* {text}" if part.kind == "item" else text


def _escaped(text: str) -> str:
    # two backslashes are a new line there, and an address would become a link
    text = text.replace("\\", "&bsol;").replace("://", ":&sol;/")
    return _MARKUP.sub(r"\\\1", text).replace("&bsol;", "&#92;").replace("&sol;", "&#47;")
