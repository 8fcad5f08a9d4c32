"""The whole page: one file with everything in it, that asks nothing of anybody.

It runs no script and loads nothing, and says so to the browser as well; strangers' words are text.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from importlib import resources
from xml.etree.ElementTree import Element

from scoring.escalation import Escalation
from scoring.policy import Policy
from scoring.trace import Trace
from streams.plot.story import stories
from streams.report.case import Told, chapter
from streams.report.gathered import Gathered
from streams.report.markup import document, element, strange
from streams.report.summary import cases_table, lead, pages_table, tiles
from streams.report.words import LANGUAGES, word
from streams.sinks import language
from streams.sinks.settings import Tickets

MOST = 40
"""Cases that are told in full; the most urgent ones."""
_ALLOWED = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"


def told(
    said: Iterable[Escalation], gathered: Gathered, trace: Trace, policy: Policy
) -> list[Told]:
    """The cases, most urgent first, with what happened in the first MOST of them."""
    found = stories(said, trace, policy)
    return [
        Told(anchor=f"case-{number}", story=story, entries=gathered.entries(list(story.said)))
        for number, story in enumerate(found[:MOST], start=1)
    ]


def spoken(said: Iterable[Escalation]) -> str:
    """The language that most cases are told in, where it is one of the page's; else English."""
    first = {one.case_id: one for one in said}
    counts = Counter(language.of(one) for one in first.values())
    return max(LANGUAGES, key=lambda lang: (counts[lang], lang == "en"))


def page(
    cases: Sequence[Told],
    gathered: Gathered,
    policy: Policy,
    tickets: Tickets,
    *,
    name: str,
    lang: str,
    version: str,
    left: int = 0,
    late: int = 0,
    bad: int = 0,
) -> str:
    """The page about the recording `name`; `left` cases are not among `cases`."""
    title = word(lang, "title")
    style = (resources.files("streams.report") / "report.css").read_text("utf-8")
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("title", f"{title}: {name}"),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="color-scheme", content="light only"),
        element("meta", name="robots", content="noindex"),
        element("meta", name="referrer", content="no-referrer"),
        element("style", style),
    )
    head.insert(1, element("meta", content=_ALLOWED, **{"http-equiv": "Content-Security-Policy"}))
    body = element(
        "body",
        element(
            "main",
            element("p", "Tocsin", class_="mark"),
            element("h1", title),
            strange("p", word(lang, "of", name=name), class_="of"),
            *lead(cases, gathered, left, late, bad, lang),
            *_overview(cases, policy, tickets, lang),
            *(chapter(one, gathered, lang) for one in cases),
            _foot(cases, policy, version, lang),
        ),
    )
    return document(element("html", head, body, lang=lang))


def _overview(
    cases: Sequence[Told], policy: Policy, tickets: Tickets, lang: str
) -> Iterable[Element]:
    if cases:
        yield tiles(cases, lang)
        yield element("h2", word(lang, "pages"))
        yield from pages_table(cases, policy, tickets, lang)
        yield element("h2", word(lang, "cases"))
        yield cases_table(cases, lang)


def _foot(cases: Sequence[Told], policy: Policy, version: str, lang: str) -> Element:
    model = cases[0].said[0].model if cases else "-"
    made = word(lang, "made", version=version, policy=policy.label, model=model)
    return element("footer", element("p", made), element("p", word(lang, "made_note")))
