"""The case library as pages: each story with its plot, its timeline and what Tocsin made of it.

Made by a backtest with the model and the policy that ship, in the words of its report.
"""

from collections.abc import Iterator
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from scoring.escalation import Escalation
from scoring.history import History
from scoring.levels import Level
from scoring.policy import default
from scoring.timeline import What
from scoring.trace import Trace
from streams import stories
from streams.plot import svg
from streams.report import case
from streams.report.case import Told
from streams.report.gathered import Gathered
from streams.report.page import told
from streams.report.words import counted, moment, waiting, word
from streams.scorer.reader import Reader
from streams.stories import Expectation, Story

LANG = "en"
_LANGUAGES = {"en": "English", "fr": "French"}
_MADE = "<!-- Written by `python -m docs.tools`; do not edit by hand. -->\n"


def pages() -> dict[str, str]:
    """Text of each file of docs/library."""
    reader = Reader()
    found = [(story, *replayed(story, reader)) for story in map(stories.load, stories.slugs())]
    found.sort(key=lambda row: (row[0].outcome.year, row[0].slug))
    files = {"index.md": "\n".join(_index(found)) + "\n"}
    for story, cases, gathered in found:
        shown = _shown(story, cases)
        files[f"{story.slug}.md"] = "\n".join(_page(story, cases, shown, gathered)) + "\n"
        files[f"{story.slug}.svg"] = svg.picture([one.story for one in shown], story.outcome.title)
    return files


def replayed(story: Story, reader: Reader) -> tuple[list[Told], Gathered]:
    """What is said when a story is replayed."""
    policy, gathered = default(), Gathered()
    trace = Trace(policy)
    history = History(policy, trace)
    said: list[Escalation] = []
    for scored in reader.read(story.mentions):
        gathered.mention(scored)
        said += history.add(scored)
    said += history.finish()
    return told(said, gathered, trace, policy), gathered


def _shown(story: Story, cases: list[Told]) -> list[Told]:
    """The cases that the story is about, the most urgent first."""
    return [
        one
        for one in cases
        if any(_about(one, expected, story) for expected in story.outcome.expect)
    ][:2]


def _about(one: Told, expected: Expectation, story: Story) -> bool:
    first = one.said[0]
    return (
        first.brand == story.outcome.brand
        and first.kind is expected.kind
        and expected.conversation_id in (None, first.conversation_id)
    )


def _index(found: list[tuple[Story, list[Told], Gathered]]) -> Iterator[str]:
    yield _MADE
    yield "# Ten crises, replayed"
    yield ""
    yield (
        "Ten complaints of 2004 to 2013 that became crises, or did not, retold as streams of "
        "mentions with made-up brands and people. Each page tells what happened, and what Tocsin "
        "said of it while it did. A test replays them all and checks what must be seen: "
        "`tests/test_library.py`."
    )
    yield ""
    yield "| year | story | medium | highest level | first told | before the media |"
    yield "|---|---|---|---|---|---|"
    for story, cases, _ in found:
        one = _shown(story, cases)[0]
        first = one.said[0].at.timestamp()
        outcome = story.outcome
        yield (
            f"| {outcome.year} | [{outcome.title}]({story.slug}.md) | {outcome.medium} | "
            f"{one.story.peak} | {moment(LANG, first)} | {_ahead(one)} |"
        )
    yield ""
    yield (
        "*Before the media*: from the first message at `escalate` or higher to the first article "
        "about the case. The stories were written with what the decision looks for in mind, so "
        "they show how it works and not how good it is: [benchmarks](../benchmarks.md) has what it "
        "does on histories that it was not fitted to."
    )


def _ahead(one: Told) -> str:
    """How long before the first article somebody was paged."""
    media = [entry.at for entry in one.entries if entry.what is What.MEDIA]
    if not media:
        return "no media"
    if one.paged is None:
        return "not paged"
    ahead = min(media) - one.paged.at.timestamp()
    return waiting(LANG, ahead) if ahead > 0 else "after"


def _page(story: Story, cases: list[Told], shown: list[Told], gathered: Gathered) -> Iterator[str]:
    outcome = story.outcome
    languages = " and ".join(_LANGUAGES[lang] for lang in outcome.languages)
    yield _MADE
    yield f"# {outcome.title}"
    yield ""
    yield f"*{outcome.year}, {outcome.medium}; in {languages}. The brand here: {outcome.brand}.*"
    yield ""
    yield outcome.story
    yield ""
    yield f"![Level, score and spread over time]({story.slug}.svg)"
    for one in shown:
        yield from _case(one, gathered)
    others = len(cases) - len(shown)
    if others:
        levels = sorted({one.story.peak for one in cases if one not in shown}, key=_rank)
        highest = levels[-1]
        yield ""
        yield (
            f"In the same recording {counted(LANG, others, 'case_count')} more "
            f"{'was' if others == 1 else 'were'} told, at `{highest}` at most."
        )
    yield ""
    yield "## Try it"
    yield ""
    yield "```"
    yield f"tocsin backtest streams/library/{story.slug}.jsonl --html {story.slug}.html"
    yield "```"


def _rank(level: Level) -> int:
    return level.rank


def _case(one: Told, gathered: Gathered) -> Iterator[str]:
    peak = one.peak
    yield ""
    yield f"## {case.reasons(peak, LANG)}"
    yield ""
    yield _html(case.facts(one, gathered, LANG))
    yield ""
    yield "### What happened"
    yield ""
    yield _html(case.timeline(one, gathered, LANG))
    yield ""
    time = moment(LANG, peak.at.timestamp())
    yield f"### {word(LANG, 'why', level=word(LANG, peak.level), time=time)}"
    yield ""
    for part in case.why(peak, gathered, LANG):
        yield _html(part)
    yield ""
    for part in case.advice(one, LANG):
        yield f"### {part.text}" if part.tag == "h3" else "\n" + _html(part)


def _html(part: Element) -> str:
    """One element, a row a line, without the addresses of made-up originals."""
    for parent in part.iter():
        for child in list(parent):
            if child.tag == "a":
                parent.remove(child)
    text = ElementTree.tostring(part, "unicode", "html")
    text = text.replace("<span> · </span>", "")
    return text.replace("<tr", "\n<tr").replace("<li>", "\n<li>")
