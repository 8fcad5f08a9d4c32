"""One case of the page: headline, facts, plot, what happened, why, and what to do."""

from base64 import b64encode
from collections.abc import Iterator, Sequence
from xml.etree.ElementTree import Element

import msgspec

from scoring.escalation import CaseKind, Escalation, Status
from scoring.levels import Level
from scoring.phrases import retold
from scoring.timeline import Entry
from streams.plot import svg
from streams.plot.story import Story
from streams.report.gathered import Gathered
from streams.report.markup import anchor, element, strange, table
from streams.report.moments import moments
from streams.report.timeline import row
from streams.report.words import counted, moment, people, waiting, weight, word
from streams.sinks.render import one_line

_REASONS = 2
_BAR = 3.0
"""Log-odds that fill the bar of a term."""


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """A case with all that the page says of it; `anchor` is its place in the page."""

    anchor: str
    story: Story
    entries: Sequence[Entry]

    @property
    def said(self) -> tuple[Escalation, ...]:
        """Its messages, in order."""
        return self.story.said

    @property
    def peak(self) -> Escalation:
        """The first message at the highest level."""
        top = self.story.peak
        return next(one for one in self.said if one.level is top)

    @property
    def top(self) -> float:
        """The highest score, also between two messages."""
        return max([self.story.top, *(point.score for point in self.story.points)])

    @property
    def paged(self) -> Escalation | None:
        """The first message that would have paged somebody."""
        return next((one for one in self.said if pages(one)), None)

    @property
    def ended(self) -> Escalation | None:
        """Its end, if it came."""
        last = self.said[-1]
        return last if last.status is Status.RESOLVED else None


def pages(said: Escalation) -> bool:
    """Whether a message pages somebody: `escalate` pages the owner, and so does what is worse."""
    return said.status is not Status.RESOLVED and said.level.rank >= Level.ESCALATE.rank


def pill(level: Level, lang: str) -> Element:
    """The name of a level on its colour."""
    return element("span", word(lang, level), class_=f"pill {level}")


def reasons(said: Escalation, lang: str) -> str:
    """The strongest evidence in one line."""
    terms = [term for term in said.why if term.weight > 0]
    if any(term.signal == "surprise" for term in terms):  # which counts them as well
        terms = [term for term in terms if term.signal != "complainants"]
    notes = [retold(term.note, lang) for term in terms[:_REASONS]]
    line = (" ; " if lang == "fr" else "; ").join(notes) or word(lang, said.kind)
    return line[:1].upper() + line[1:]


def chapter(told: Told, gathered: Gathered, lang: str) -> Element:
    """The whole case."""
    peak = told.peak
    quote = _quote(told, gathered)
    return element(
        "section",
        element("p", pill(told.story.peak, lang), " ", strange("b", peak.brand), class_="kind"),
        element("h2", reasons(peak, lang), id=told.anchor),
        strange("blockquote", quote) if quote else None,
        facts(told, gathered, lang),
        element("h3", word(lang, "course")),
        _plot(told.story, lang),
        element("h3", word(lang, "story")),
        timeline(told, gathered, lang),
        element("h3", word(lang, "why", level=word(lang, peak.level), time=_time(peak, lang))),
        *why(peak, gathered, lang),
        *advice(told, lang),
        element("p", strange("span", peak.case_id), class_="id"),
    )


def _time(said: Escalation, lang: str) -> str:
    return moment(lang, said.at.timestamp())


def _quote(told: Told, gathered: Gathered) -> str:
    """The first words of a conversation, else those that counted most; none taken back."""
    said = told.peak
    root = next((one.words for one in told.entries if one.id == said.conversation_id), "")
    return root or next(
        (
            term.quote
            for term in said.why
            if term.weight > 0 and term.quote and not gathered.erased(said.brand, term.mention_id)
        ),
        "",
    )


def facts(told: Told, gathered: Gathered, lang: str) -> Element:
    """When it began, was told, ended; how far it went."""
    first, last = told.said[0], told.said[-1]
    spread = max((one.spread for one in told.said), key=lambda spread: spread.mentions)
    waited = max(one.silence_s for one in told.said)
    size = ", ".join(
        (
            counted(lang, spread.mentions, "mention"),
            counted(lang, spread.authors, "author"),
            word(lang, "between", count=people(lang, spread.reach)),
        )
    )
    paged, ended, peak = told.paged, told.ended, told.peak.spread
    cells = [
        ("opened", moment(lang, first.opened_at.timestamp())),
        ("first_told", _time(first, lang)),
        ("first_page", _time(paged, lang) if paged else word(lang, "never")),
        ("ended", _time(last, lang) if ended else word(lang, "still")),
        ("size", size),
        ("chance", word(lang, "chance_of", share=f"{told.top:.0%}")),
    ]
    if first.kind is CaseKind.CONVERSATION and peak.forecast_shares >= 1:
        low, high = (people(lang, round(n)) for n in (peak.forecast_low, peak.forecast_high))
        expected = people(lang, round(peak.forecast_shares))
        shares = people(lang, peak.shares)
        text = word(lang, "expected", count=shares, expected=expected, low=low, high=high)
        cells.insert(5, ("shares", f"{text}, {_time(told.peak, lang)}"))
    if waited:
        cells.append(("silence", waiting(lang, waited)))
    pairs = [
        element("tr", element("th", word(lang, name), scope="row"), element("td", text))
        for name, text in cells
    ]
    erased = gathered.erased(first.brand, first.conversation_id)
    link = None if erased else anchor(first.url, word(lang, "original"))
    if link is not None:
        pairs[0][1].append(element("span", " · ", link))
    return element("table", element("tbody", *pairs), class_="facts")


def _plot(story: Story, lang: str) -> Element:
    """As a picture: what is in it reaches neither the page nor the reader's programs."""
    data = b64encode(svg.chart(story, lang).encode()).decode()
    return element(
        "img",
        src=f"data:image/svg+xml;base64,{data}",
        alt=word(lang, "plot", case=one_line(story.case_id)),
        width=str(svg.WIDTH),
    )


def timeline(told: Told, gathered: Gathered, lang: str) -> Element:
    """What happened, day by day."""
    found = moments(told.said, told.entries)
    words = {entry.id: entry.words for entry in told.entries}
    rows: list[Element] = []
    day = ""
    for one in found:
        made, date = row(one, told.said[0].brand, words, gathered, lang)
        if date != day:
            rows.append(element("tr", element("th", date, colspan="3", scope="rowgroup")))
            rows[-1].set("class", "day")
            day = date
        rows.append(made)
    return table((word(lang, "when"), word(lang, "what"), word(lang, "who")), rows, "story")


def why(said: Escalation, gathered: Gathered, lang: str) -> Iterator[Element]:
    """The terms of the sum behind a message."""
    rows = []
    for term in said.why:
        share = min(1.0, abs(term.weight) / _BAR)
        bar = element("span", class_="more" if term.weight > 0 else "less")
        bar.set("style", f"width:{share * 72:.0f}px")
        quote = "" if gathered.erased(said.brand, term.mention_id) else term.quote or ""
        note = retold(term.note, lang) or term.signal
        shown = strange("q", quote) if quote else None
        words = element("td", element("div", note), shown)
        number = element("td", weight(lang, term.weight), class_="number")
        rows.append(element("tr", words, number, element("td", bar, class_="bar")))
    yield element("p", word(lang, "why_note"), class_="note")
    yield table((word(lang, "evidence"), word(lang, "weight"), ""), rows, "why")


def advice(told: Told, lang: str) -> Iterator[Element]:
    """That of the worst moment first, then what other messages added."""
    raised = [told.peak, *(one for one in told.said if one.status is not Status.RESOLVED)]
    keys = list(dict.fromkeys(key for one in raised for key in one.advice))
    if keys:
        yield element("h3", word(lang, "advice"))
        items = (
            element("li", element("b", word(lang, key)), " ", _because(lang, key)) for key in keys
        )
        yield element("ul", *items, class_="advice")


def _because(lang: str, key: str) -> str:
    reason = word(lang, f"{key}-reason")
    return "" if reason == f"{key}-reason".replace("-", " ") else reason
