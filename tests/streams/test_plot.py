"""The picture of a backtest: true to what was said, bounded, and with nobody's words in it."""

import itertools
import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

from scoring.history import History
from scoring.policy import Policy, default
from scoring.scored import Scored
from scoring.trace import MOST_POINTS, Trace
from streams.plot import svg
from streams.plot.axis import Scale, Stretched, ages, ticks
from streams.plot.story import Story, stories
from streams.plot.words import lasting
from tests.conftest import Cli
from tests.scoring.helpers import HOUR, complaint, policy_with, scored, seconds, share
from tests.scoring.helpers import mention as mentioned
from tests.scoring.test_incident import outage
from tests.streams.helpers import one_line

SHOES = Path(__file__).parents[2] / "streams" / "library" / "shoes-2011.jsonl"
SVG = "{http://www.w3.org/2000/svg}"
EAGER = policy_with(weights__baseline=-3.0)


@pytest.mark.slow
def test_a_backtest_is_drawn(cli: Cli, tmp_path: Path) -> None:
    picture = tmp_path / "out.svg"
    done = cli("backtest", str(SHOES), "--summary", "--plot", str(picture), timeout_s=200)
    assert "1 case drawn in" in done.stderr
    assert json.loads(done.stdout)["case_id"] == "toncelle:shoe-0015"
    root = ElementTree.parse(picture).getroot()
    assert root.tag == SVG + "svg"
    assert "toncelle:shoe-0015" in picture.read_text("utf-8")
    none = tmp_path / "none.html"
    assert (
        cli("backtest", str(SHOES), "--case", "x", "--plot", str(none), timeout_s=200).stdout == ""
    )
    assert "No case was opened." in none.read_text("utf-8")


@pytest.mark.parametrize(
    ("name", "needle"), [("out.png", ".svg or .html"), ("no/such/out.svg", "no folder")]
)
def test_a_picture_that_cannot_be(cli: Cli, tmp_path: Path, name: str, needle: str) -> None:
    done = cli("backtest", str(SHOES), "--plot", str(tmp_path / name))
    assert done.returncode == 2
    assert needle in one_line(done.stderr)


def drawn(events: list[Scored], policy: Policy) -> tuple[list[Story], Trace]:
    trace = Trace(policy)
    history = History(policy, trace)
    said = [message for event in events for message in history.add(event)]
    said += history.finish()
    return stories(said, trace, policy), trace


def test_a_story_is_what_was_said_and_what_the_score_was() -> None:
    events = [complaint(promoted=True), *(share(f"s{n}", 60.0 * n) for n in range(1, 9))]
    (story,), trace = drawn(events, EAGER)
    assert story.points[0].at == seconds(0)
    assert [p.at for p in story.points] == sorted(p.at for p in story.points)
    assert max(p.mentions for p in story.points) == len(events)
    told = {(m.at.timestamp(), m.score) for m in story.said}
    assert told <= {(p.at, p.score) for p in trace.points(story.case_id)}
    spells = list(story.spells())
    assert spells[-1].end == story.said[-1].at.timestamp() < story.end
    assert all(one.end == other.begin for one, other in itertools.pairwise(spells))


def test_an_incident_is_drawn_too() -> None:
    found, _ = drawn(outage(60), default())
    (incident,) = [story for story in found if story.kind == "incident"]
    assert max(point.pace for point in incident.points) > 10
    root = ElementTree.fromstring(svg.picture(found, "a < b & c"))
    assert root.findtext(SVG + "title") == "a < b & c"
    assert "complaints an hour" in "".join(root.itertext())
    marks = list(root.iter(SVG + "circle"))
    assert len(marks) == sum(len(story.said) for story in found)


def test_no_words_are_drawn_and_no_mark_up_is_let_in() -> None:
    nasty = mentioned("<b>&\"'", promoted=True, thread="<b>&\"'", text="SECRET words")
    found, _ = drawn([scored(nasty, complaint().scores)], EAGER)
    text = svg.page(svg.picture(found, "x"), "x")
    assert "skylark-air:&lt;b&gt;&amp;" in text
    assert "SECRET" not in text
    assert "<b>" not in text


def test_a_trace_is_bounded() -> None:
    events = [complaint(), *(share(f"s{n}", 700.0 * n) for n in range(1, 1500))]
    _, trace = drawn(events, EAGER)
    points = trace.points(events[0].mention.case_id)
    assert len(points) <= MOST_POINTS
    assert (points[0].at, points[0].mentions) == (seconds(0), 1)


def test_the_same_history_gives_the_same_picture() -> None:
    events = [complaint(promoted=True), share("s", 60)]
    assert svg.picture(drawn(events, EAGER)[0], "t") == svg.picture(drawn(events, EAGER)[0], "t")


@pytest.mark.parametrize("days", [0.01, 0.3, 1, 4, 11, 69, 800])
def test_ticks_are_few_and_whole(days: float) -> None:
    begin, end = seconds(1234), seconds(1234) + days * 24 * HOUR
    marks = list(ticks(begin, end))
    assert 1 <= len(marks) <= 10
    assert all(begin <= tick.at <= end and tick.at % 60 == 0 for tick in marks)
    assert marks[0].date
    across = Stretched(begin, end, 50, 870)
    places = [across(tick.at) for tick in ages(across, begin, "en")]
    assert all(b - a >= 52 for a, b in itertools.pairwise(places))


def test_scales() -> None:
    assert Scale(0, 1, 200, 100)(0.25) == 175
    assert Scale(0, 1, 200, 100)(7) == 100
    assert Stretched(0, 1e6, 50, 870)(0) == 50
    assert Stretched(0, 1e6, 50, 870)(1e6) == 870
    assert Stretched(0, 1e6, 50, 870)(HOUR) > 50 + 820 * 0.25
    assert tuple(lasting("en", s) for s in (300, 5400, 86400, 1e6)) == (
        "5 min",
        "1.5 h",
        "1 day",
        "11 days",
    )
