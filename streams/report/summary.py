"""The top of the page: what it comes to, each case in a line, who would have been paged when."""

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import chain
from xml.etree.ElementTree import Element

from scoring.escalation import Escalation
from scoring.levels import Level
from scoring.policy import Policy
from streams.report.case import Told, pages, pill, reasons
from streams.report.gathered import Gathered
from streams.report.markup import element, strange, table
from streams.report.words import counted, date, digits, many, moment, people, word
from streams.sinks import language
from streams.sinks.routing import route, sinks
from streams.sinks.settings import Tickets

_NAMED = 3


def lead(
    cases: Sequence[Told], gathered: Gathered, left: int, late: int, bad: int, lang: str
) -> Iterator[Element]:
    """What it comes to, in sentences."""
    yield element("p", *_sentences(cases, gathered, left, lang), class_="lead")
    notes = []
    if left:
        notes.append(many(lang, left, "more"))
    if late:
        notes.append(many(lang, late, "late"))
    if bad:
        notes.append(many(lang, bad, "bad"))
    yield element("p", " ".join([*notes, word(lang, "utc")]), class_="note")


def _sentences(cases: Sequence[Told], gathered: Gathered, left: int, lang: str) -> Iterator[str]:
    if not gathered.mentions:
        yield word(lang, "lead_empty")
        return
    brands = sorted(gathered.brands)
    named = (
        ", ".join(brands) if len(brands) <= _NAMED else counted(lang, len(brands), "brand_count")
    )
    begin, end = date(lang, gathered.first), date(lang, gathered.last)
    yield word(
        lang,
        "lead" if cases else "lead_none",
        cases=counted(lang, len(cases) + left, "case_count"),
        mentions=counted(lang, gathered.mentions, "mention"),
        brands=named,
        span=word(lang, "day" if begin == end else "span", begin=begin, end=end),
    )
    first = [told.paged.at.timestamp() for told in cases if told.paged]
    if first:
        yield " " + many(lang, len(first), "paged", time=moment(lang, min(first)))
    elif cases:
        yield " " + word(lang, "paged_none")


def tiles(cases: Sequence[Told], lang: str) -> Element:
    """How many cases reached which level at most."""
    counts = Counter(told.story.peak for told in cases)
    cells = (
        element(
            "td",
            element("div", digits(lang, counts[level]), class_="number"),
            element("div", word(lang, level)),
            class_=f"tile {level}",
        )
        for level in reversed(Level)
    )
    return element("table", element("tbody", element("tr", *cells)), class_="tiles")


def cases_table(cases: Sequence[Told], lang: str) -> Element:
    """Every case in a line, with a link to its chapter."""
    rows = []
    for told in cases:
        paged = told.paged
        spread = max((one.spread for one in told.said), key=lambda spread: spread.mentions)
        size = f"{counted(lang, spread.mentions, 'mention')}, "
        size += word(lang, "between", count=people(lang, spread.reach))
        rows.append(
            element(
                "tr",
                element("td", pill(told.story.peak, lang)),
                element(
                    "td",
                    strange("b", told.said[0].brand),
                    " ",
                    element("a", reasons(told.peak, lang), href=f"#{told.anchor}"),
                ),
                element("td", _when(told.said[0], lang)),
                element("td", _when(paged, lang) if paged else word(lang, "never")),
                element("td", size),
            )
        )
    names = ("reached", "case", "first_told", "first_page", "size")
    return table((word(lang, name) for name in names), rows, "cases")


def pages_table(
    cases: Sequence[Told], policy: Policy, tickets: Tickets, lang: str
) -> Iterator[Element]:
    """Each message that would have paged somebody, in order of time, and where it would have gone.

    Where the policy file has no sinks, nothing is said of where.
    """
    every = sorted(
        ((one.at.timestamp(), told.anchor, one) for told in cases for one in told.said),
        key=lambda row: row[0],
    )
    ringing = [row for row in every if pages(row[2])]
    if not ringing:
        yield element("p", word(lang, "pages_none"))
        return
    others = counted(lang, len(every) - len(ringing), "other")
    yield element("p", word(lang, "pages_note", others=others), class_="note")
    rows = [
        element(
            "tr",
            element("td", moment(lang, at), class_="time"),
            element("td", pill(one.level, lang)),
            element(
                "td",
                strange("b", one.brand),
                " ",
                element("a", reasons(one, lang), href=f"#{place}"),
            ),
            element("td", _sinks(one, policy, tickets, lang)) if tickets.sinks else None,
        )
        for at, place, one in ringing
    ]
    names = chain(("when", "level", "reason"), ("goes_to",) if tickets.sinks else ())
    yield table((word(lang, name) for name in names), rows, "pages")


def _sinks(said: Escalation, policy: Policy, tickets: Tickets, lang: str) -> str:
    taken = route(tickets.routes, policy, said, language.of(said))
    return ", ".join(sinks(taken)) or word(lang, "nowhere")


def _when(said: Escalation, lang: str) -> str:
    return moment(lang, said.at.timestamp())
