"""The report tells what was said and what happened, in two languages, and nobody gets markup in."""

import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from scoring.escalation import Escalation
from scoring.history import History
from scoring.mention import Kind, Role
from scoring.policy import Policy, default
from scoring.scored import Scored
from scoring.trace import Trace
from streams.report.gathered import MOST, Gathered
from streams.report.moments import MOST as MOST_MOMENTS
from streams.report.moments import Crowd, moments
from streams.report.page import page, spoken, told
from streams.report.words import _WORDS
from streams.sinks.settings import Tickets, parse
from tests.conftest import Cli
from tests.scoring.helpers import FURIOUS, HOUR, complaint, mention, policy_with, scored, share
from tests.scoring.test_incident import outage
from tests.streams.helpers import one_line

EAGER = policy_with(weights__baseline=-3.0)
LIBRARY = Path(__file__).parents[3] / "streams" / "library"
HOSTILE = "</blockquote><script>alert(1)</script><img src=x onerror=alert(1)> & \"' \u202e\x07 end"
PAGER = {
    "sinks": {"pager": {"type": "pagerduty", "routing_key_env": "KEY"}},
    "routes": [{"min_level": "escalate", "sinks": ["pager"]}],
}


class Text(HTMLParser):
    """The words of a page, its tags, and the addresses that it names."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.addresses: list[str] = []
        self.handlers: list[str] = []
        self.words = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        for name, value in attrs:
            if name in ("href", "src"):
                self.addresses.append(value or "")
            if name.startswith("on"):
                self.handlers.append(name)

    def handle_data(self, data: str) -> None:
        self.words += data + " "


def report(
    events: list[Scored], policy: Policy = EAGER, lang: str | None = None, tickets: object = None
) -> str:
    trace, gathered = Trace(policy), Gathered()
    history = History(policy, trace)
    said: list[Escalation] = []
    for event in events:
        gathered.mention(event)
        said += history.add(event)
    said += history.finish()
    return page(
        told(said, gathered, trace, policy),
        gathered,
        policy,
        tickets if isinstance(tickets, Tickets) else Tickets(),
        name="a.jsonl",
        lang=lang or spoken(said),
        version="1",
    )


def crisis() -> list[Scored]:
    """A paid complaint, the brand deletes it, and many pass it on."""
    deletion = mention("gone", 600, kind=Kind.DELETION, role=Role.BRAND, by="us", parent_id="root")
    return [
        complaint(promoted=True, text="Lost my case, no answer", url="https://a.example/1"),
        *(share(f"s{n}", 30.0 * n) for n in range(1, 15)),
        scored(deletion),
        complaint("again", 900, text="They deleted it!"),
    ]


def test_it_tells_what_happened_and_what_was_said() -> None:
    words = Text(report(crisis())).words
    assert "Lost my case, no answer" in words
    assert "The brand deleted a post" in words
    assert "14 pass it on" in words
    assert "the complaint is paid promotion" in words
    assert "Answer where it was asked, in public" in words
    assert "1 case out of 17 mentions about skylark-air" in words
    assert re.search(r"would have paged somebody, on 2 Sep 2013, 12:\d\d\.", words)


def test_it_loads_nothing_and_runs_nothing() -> None:
    html = report(crisis())
    found = Text(html)
    assert not found.tags & {"script", "iframe", "object", "embed", "link", "base", "form"}
    assert found.handlers == []
    for address in found.addresses:
        assert address.startswith(("data:image/svg+xml;base64,", "#case-", "https://a.example/"))
    assert "default-src 'none'" in html


@pytest.mark.parametrize("place", ["text", "url", "id", "quote"])
def test_strangers_words_stay_words(place: str) -> None:
    changes: dict[str, Any] = {"conversation_id" if place == "id" else place: HOSTILE}
    first = mention(promoted=True, **({} if place == "quote" else changes))
    quotes = {"anger": HOSTILE, "objective_fact": HOSTILE} if place == "quote" else {}
    html = report([scored(first, FURIOUS, quotes=quotes)])
    found = Text(html)
    assert "script" not in found.tags
    assert found.handlers == []
    assert "\u202e" not in html
    assert "\x07" not in html
    assert all("onerror" not in address for address in found.addresses)
    assert html.count("<main>") == html.count("</main>") == 1


def test_addresses_that_are_not_of_the_web_are_no_links() -> None:
    html = report([complaint(promoted=True, url="javascript:alert(1)")])
    assert all(not a.startswith("javascript") for a in Text(html).addresses)


def test_what_its_author_took_back_is_not_told() -> None:
    back = mention("back", 1200, kind=Kind.DELETION, parent_id="root", text="")
    first = complaint(promoted=True, text="SECRET", url="https://a.example/1")
    quoted = scored(first.mention, FURIOUS, quotes={"anger": "SECRET"})
    html = report([quoted, share("s", 60), scored(back)])
    assert "SECRET" not in html
    assert "https://a.example/1" not in html
    assert "words taken back by their author" in Text(html).words


def test_in_french() -> None:
    found = Text(report(crisis(), lang="fr"))
    assert "Ce que Tocsin vous aurait dit" in found.words
    assert "la plainte est un message sponsorisé" in found.words
    assert "the complaint is paid promotion" not in found.words
    assert "La marque a supprimé un message" in found.words


def test_both_languages_say_the_same_things() -> None:
    assert _WORDS["en"].keys() == _WORDS["fr"].keys()
    slot = re.compile(r"\{\w+\}")
    for name, text in _WORDS["en"].items():
        assert set(slot.findall(text)) == set(slot.findall(_WORDS["fr"][name])), name
        assert text.count("|") == _WORDS["fr"][name].count("|"), name


def test_an_incident_is_told_in_counts() -> None:
    words = Text(report(outage(60), default())).words
    assert re.search(r"\d+ complain", words)
    assert "complaints are about one thing" in words or "people complain within" in words


def test_where_it_would_have_gone() -> None:
    words = Text(report(crisis(), tickets=parse(PAGER))).words
    assert "Goes to" in words
    assert " pager " in words


def test_a_calm_recording() -> None:
    words = Text(report([scored(mention(text="Nice flight"))])).words
    found = re.search(r"No case out of 1 mention about skylark-air, on ([^.]+)\.", words)
    assert found is not None, words
    assert " to " not in found[1]
    assert "The recording holds no mentions." in Text(report([])).words


def test_the_same_recording_gives_the_same_bytes() -> None:
    assert report(crisis()) == report(crisis())


def test_a_timeline_is_bounded_and_counts_everything() -> None:
    events = [complaint(promoted=True)]
    events += [complaint(f"c{n}", 60.0 * n, by=f"p{n}") for n in range(1, 1500)]
    gathered, trace = Gathered(), Trace(EAGER)
    history = History(EAGER, trace)
    said: list[Escalation] = []
    for event in events:
        gathered.mention(event)
        said += history.add(event)
    said += history.finish()
    entries = gathered.entries(said)
    assert len(entries) <= 2 * MOST
    found = moments(said, entries)
    crowds = [one for one in found if isinstance(one, Crowd)]
    counted = sum(sum(one.counts.values()) for one in crowds)
    own = [one for one in found if not isinstance(one, Crowd) and hasattr(one, "what")]
    assert len(own) <= MOST_MOMENTS
    assert counted + len(own) == len(entries)


def test_moments_are_in_order() -> None:
    gathered, history = Gathered(), History(EAGER)
    said: list[Escalation] = []
    for event in [*crisis(), complaint("late", 3 * HOUR)]:
        gathered.mention(event)
        said += history.add(event)
    said += history.finish()
    times = [
        one.begin
        if isinstance(one, Crowd)
        else getattr(one.at, "timestamp", lambda at=one.at: at)()
        for one in moments(said, gathered.entries(said))
    ]
    assert times == sorted(times)


@pytest.mark.slow
def test_the_command_writes_it(cli: Cli, tmp_path: Path) -> None:
    out = tmp_path / "out.html"
    file = LIBRARY / "telecom-2012.jsonl"
    done = cli("backtest", str(file), "--html", str(out), "--summary", timeout_s=200)
    assert done.returncode == 0, done.stderr
    assert "told in" in one_line(done.stderr)
    found = Text(out.read_text("utf-8"))
    assert "telecom-2012.jsonl" in found.words
    assert "script" not in found.tags


def test_a_language_is_that_of_a_report(cli: Cli) -> None:
    done = cli("backtest", str(LIBRARY / "telecom-2012.jsonl"), "--lang", "fr")
    assert done.returncode == 2
    assert "give --html too" in one_line(done.stderr)


@pytest.mark.parametrize(
    ("name", "needle"), [("out.pdf", "ends in .html"), ("no/o.html", "folder")]
)
def test_a_report_that_cannot_be(cli: Cli, tmp_path: Path, name: str, needle: str) -> None:
    done = cli("backtest", str(LIBRARY / "telecom-2012.jsonl"), "--html", str(tmp_path / name))
    assert done.returncode == 2
    assert needle in one_line(done.stderr)
