"""A ticket's body as HTML: for mail, and for systems that take comments as HTML."""

from html import escape
from itertools import groupby
from urllib.parse import urlsplit

from streams.sinks.render import Part, one_line, parts
from streams.sinks.target import Notice

_MOST_ADDRESS = 2000


def body(notice: Notice) -> str:
    """Paragraphs, lists and links; every word escaped, and no address but of the web a link."""
    blocks = []
    for kind, run in groupby(parts(notice), key=lambda part: part.kind):
        shown = [_shown(part) for part in run]
        if kind == "item":
            blocks.append("<ul>" + "".join(f"<li>{text}</li>" for text in shown) + "</ul>")
        else:
            blocks += [f"<p>{text}</p>" for text in shown]
    return "\n".join(blocks) + "\n"


def text(words: str) -> str:
    """Words as they are."""
    return escape(words)


def link(address: str) -> str:
    """`address` as one that may be followed; empty when it is none of the web, or overlong."""
    clean = one_line(address).replace(" ", "%20")
    try:
        parted = urlsplit(clean)
    except ValueError:
        return ""
    of_the_web = parted.scheme in ("http", "https") and parted.netloc
    return clean if of_the_web and len(clean) <= _MOST_ADDRESS else ""


def _shown(part: Part) -> str:
    text, said = escape(part.text), escape(part.quote)
    if part.kind == "link":
        address = escape(link(part.quote))
        return f'<a href="{address}">{text}</a>' if address else f"{text}: {said}"
    if part.kind == "heading":
        return f"<b>{text}</b>"
    return f"{text}: “{said}”" if said else text
