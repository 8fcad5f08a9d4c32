"""The words of a ticket, in the case's language: one line, a body as plain text or as Markdown.

Personal data is masked in an escalation already. Quotes are strangers' words: a body never lets
them become markup, nor one line two.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator
from itertools import groupby
from typing import NamedTuple

from scoring.escalation import Escalation, Status
from scoring.phrases import crowd, duration
from streams.sinks.bare import unquoted
from streams.sinks.target import Notice
from streams.sinks.words import counted, word

_MARKUP = re.compile(r"([\\`*_\[\]#!|<>~@&])")
_UNSAFE = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})


class Part(NamedTuple):
    """One paragraph of a body: `kind` is "lead", "heading", "item" or "link" (text, then address).

    `quote` is what a stranger said, without quotation marks.
    """

    kind: str
    text: str
    quote: str = ""


def summary(notice: Notice, most: int = 1024) -> str:
    """One line of at most `most` characters: the headline, marked when it is a test."""
    return _marked(notice, notice.escalation.headline, most)


def subject(notice: Notice, most: int) -> str:
    """The same without its quote."""
    return _marked(notice, unquoted(notice.escalation.headline), most)


def _marked(notice: Notice, headline: str, most: int) -> str:
    line = one_line(headline)
    if notice.test:
        line = f"[{word(notice.lang, 'test')}] {line}"
    return short(line, most)


def change(notice: Notice) -> str:
    """What happened now, in a few words: `opened`, `changed`, `over`, `in hand: maria`."""
    if notice.acknowledged_by:
        return word(notice.lang, "acknowledged", by=one_line(notice.acknowledged_by))
    if notice.released_by:
        return word(notice.lang, "released", by=one_line(notice.released_by))
    return word(notice.lang, notice.escalation.status)


def plain(notice: Notice, most: int = 20_000) -> str:
    """The body as plain text, at most `most` characters."""
    return short(_body(notice, _plain), most)


def markdown(notice: Notice, most: int = 20_000) -> str:
    """The body in CommonMark, at most `most` characters; strangers' words are escaped."""
    return short(_body(notice, _markdown), most)


def parts(notice: Notice) -> Iterator[Part]:
    """The body's paragraphs, for a target with markup of its own."""
    said, lang = notice.escalation, notice.lang
    if notice.test:
        yield Part("lead", word(lang, "test"))
    level = f"{word(lang, 'level')}: {word(lang, said.level)} ({change(notice)})"
    if said.status is Status.RESOLVED:
        yield Part("lead", f"{level}.")
    else:
        yield Part("lead", f"{level}. {word(lang, 'chance', share=f'{said.score:.0%}')}.")
    if said.why and said.status is not Status.RESOLVED:
        yield Part("heading", word(lang, "why"))
        for term in said.why:
            text = f"{one_line(term.note or term.signal)} ({term.weight:+.1f})"
            yield Part("item", text, one_line(term.quote or ""))
    if said.advice and said.status is not Status.RESOLVED:
        yield Part("heading", word(lang, "advice"))
        for key in said.advice:
            yield Part("item", word(lang, key))
    yield Part("heading", word(lang, "spread"))
    for line in counts(said, lang):
        yield Part("item", line)
    if said.url:
        yield Part("link", word(lang, "original"), said.url)
    if notice.console_url:
        yield Part("link", word(lang, "console"), notice.console_url)
    yield Part("lead", f"{word(lang, 'case')} {one_line(said.case_id)} ({said.episode})")


def counts(said: Escalation, lang: str) -> Iterator[str]:
    """The numbers of a case, one line each."""
    spread = said.spread
    numbers = (
        (spread.mentions, "mention"),
        (spread.authors, "author"),
        (spread.shares, "share"),
        (spread.reach, "follower"),
    )
    yield ", ".join(counted(lang, number, name) for number, name in numbers)
    if said.status is not Status.RESOLVED:
        low, high = round(spread.forecast_low), round(spread.forecast_high)
        count = crowd(round(spread.forecast_shares))
        yield word(lang, "expected", count=count, low=crowd(low), high=crowd(high))
    if said.silence_s:
        yield word(lang, "silence", time=duration(said.silence_s / 3600))


def one_line(text: str) -> str:
    """A stranger's text as one line without control characters."""
    clean = "".join(" " if unicodedata.category(c) in _UNSAFE else c for c in text)
    return " ".join(clean.split())


def short(text: str, most: int) -> str:
    """At most `most` characters, an ellipsis where something was cut."""
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"


def escaped(text: str) -> str:
    """Text that CommonMark shows as it is, and in which no `@name` or address comes alive."""
    return _MARKUP.sub(r"\\\1", text).replace("://", ":\\//")


def _body(notice: Notice, shown: Callable[[Part], str]) -> str:
    """Paragraphs apart; the items of one list, and the links, together."""
    blocks = []
    for kind, run in groupby(parts(notice), key=lambda part: part.kind):
        blocks.append(("\n" if kind in ("item", "link") else "\n\n").join(map(shown, run)))
    return "\n\n".join(blocks) + "\n"


def _plain(part: Part) -> str:
    if part.kind == "link":
        return f"{part.text}: {part.quote}"
    if part.kind == "heading":
        return f"{part.text}:"
    text = f"{part.text}: “{part.quote}”" if part.quote else part.text
    return f"- {text}" if part.kind == "item" else text


def _markdown(part: Part) -> str:
    if part.kind == "link":
        return f"- [{part.text}](<{_address(part.quote)}>)"
    if part.kind == "heading":
        return f"**{part.text}**"
    text = escaped(part.text)
    if part.quote:
        text = f"{text}: “{escaped(part.quote)}”"
    return f"- {text}" if part.kind == "item" else text


def _address(url: str) -> str:
    return one_line(url).replace("<", "%3C").replace(">", "%3E").replace(" ", "%20")
