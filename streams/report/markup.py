"""HTML as a tree: whatever is put in as text comes out as text."""

from collections.abc import Iterable
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from streams.sinks.html import link
from streams.sinks.render import one_line

Child = Element | str | None


def element(tag: str, *children: Child, **attributes: str) -> Element:
    """An element; `None` is left out, and `class_` stands for `class`."""
    made = Element(tag, {name.rstrip("_"): value for name, value in attributes.items()})
    for child in children:
        if isinstance(child, Element):
            made.append(child)
        elif child and len(made):
            made[-1].tail = (made[-1].tail or "") + child
        elif child:
            made.text = (made.text or "") + child
    return made


def table(head: Iterable[str], rows: Iterable[Element], class_: str) -> Element:
    """A table whose head is repeated on every printed page; "" widens the heading before it."""
    cells: list[Element] = []
    for name in head:
        if name:
            cells.append(element("th", name, scope="col"))
        else:
            cells[-1].set("colspan", "2")
    top = element("thead", element("tr", *cells))
    return element("table", top, element("tbody", *rows), class_=class_)


def strange(tag: str, words: str, **attributes: str) -> Element:
    """What a stranger wrote: one line, and its direction of writing stays its own."""
    return element(tag, one_line(words), dir="auto", **attributes)


def anchor(address: str | None, words: str) -> Element | None:
    """A link into the web that tells it nothing of the reader; None for any other address."""
    target = link(address or "")
    return element("a", words, href=target, rel="noopener noreferrer nofollow") if target else None


def document(root: Element) -> str:
    """The whole page; the same tree gives the same text."""
    return "<!doctype html>\n" + ElementTree.tostring(root, "unicode", "html") + "\n"
