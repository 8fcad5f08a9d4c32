"""Draws cases one under the other: level and score, then how fast it spreads, over one time axis.

No words of customers are drawn: what they take back later would stay in the picture.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from html import escape
from importlib import resources

from scoring.escalation import CaseKind, Escalation, Status
from streams.plot.axis import Across, Scale, Stretched, ages, ceiling, ticks
from streams.plot.story import Story
from streams.plot.words import counted, day, lasting, word
from streams.sinks.render import one_line

WIDTH = 960
_LEFT, _RIGHT = 56, 864
_HEAD, _SCORE, _GAP, _PACE, _FOOT = 84, 150, 26, 56, 62
HEIGHT = _HEAD + _SCORE + _GAP + _PACE + _FOOT
_EXPLOSIVE = 1.0
_STAMP = "%Y-%m-%d %H:%M"


def picture(stories: Sequence[Story], title: str, lang: str = "en", *, dark: bool = True) -> str:
    """The whole SVG, its words in `lang`; `dark`: it follows the reader's theme."""
    height = max(1, len(stories)) * HEIGHT + 8
    body = "".join(_case(story, lang, number * HEIGHT) for number, story in enumerate(stories))
    if not stories:
        body = f'<text x="24" y="34" class="name">{word(lang, "none")}</text>'
    return _whole(body, height, title, dark)


def chart(story: Story, lang: str) -> str:
    """One case as SVG without a heading, for a light page that says the rest."""
    top = _HEAD - 32
    return _whole(_case(story, lang, -top, head=False), HEIGHT - top, story.case_id, dark=False)


def _whole(body: str, height: int, title: str, dark: bool) -> str:
    names = ["style.css", "dark.css"] if dark else ["style.css"]
    folder = resources.files("streams.plot")
    style = "".join((folder / name).read_text("utf-8") for name in names)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" '
        f'width="{WIDTH}" height="{height}" role="img">\n<title>{escape(one_line(title))}</title>\n'
        f"<style>\n{style}</style>\n"
        f'<rect class="paper" width="{WIDTH}" height="{height}"/>\n{body}</svg>\n'
    )


def page(svg: str, title: str) -> str:
    """The picture as an HTML page that needs nothing else."""
    return (
        '<!doctype html>\n<html lang="en">\n<meta charset="utf-8">\n'
        f"<title>{escape(title)}</title>\n"
        '<meta name="viewport" content="width=device-width">\n'
        "<style>body{margin:0;background:Canvas;color-scheme:light dark}"
        "svg{display:block;max-width:100%;height:auto;margin:0 auto}</style>\n"
        f"{svg}</html>\n"
    )


def _case(story: Story, lang: str, top: float, *, head: bool = True) -> str:
    kind = Stretched if story.sudden else Scale
    across = kind(story.begin, story.end, _LEFT, _RIGHT)
    parts = [*_head(story, lang)] if head else []
    parts += [*_score(story, across, lang), *_pace(story, across, lang)]
    parts += _axis(story, across, lang)
    return f'<g transform="translate(0 {top:g})">\n' + "\n".join(parts) + "\n</g>\n"


def _head(story: Story, lang: str) -> Iterator[str]:
    spread = max((said.spread for said in story.said), key=lambda spread: spread.mentions)
    facts = word(
        lang,
        "facts",
        kind=word(lang, story.kind),
        mentions=counted(lang, spread.mentions, "mention"),
        authors=counted(lang, spread.authors, "author"),
        messages=counted(lang, len(story.said), "message"),
        time=lasting(lang, story.end - story.opened),
    )
    most = word(lang, "most", score=f"{story.top:.0%}")
    yield f'<text x="24" y="30" class="name">{escape(one_line(story.case_id))}</text>'
    yield (
        f'<text x="24" y="48"><tspan class="label {story.peak}">{word(lang, story.peak)}</tspan>'
        f" {escape(most)}; {escape(facts)}</text>"
    )


def _score(story: Story, across: Across, lang: str) -> Iterator[str]:
    bottom = _HEAD + _SCORE
    up = Scale(0.0, 1.0, bottom, _HEAD)
    for spell in story.spells():
        x, end = across(spell.begin), across(spell.end)
        wide = f'x="{x}" width="{max(1.0, end - x):.1f}"'
        yield (
            f'<g class="{spell.level}"><title>{word(lang, spell.level)}, '
            f"{lasting(lang, spell.end - spell.begin)}</title>"
            f'<rect class="band" y="{_HEAD}" height="{_SCORE}" {wide}/>'
            f'<rect class="strip" y="{_HEAD - 4}" height="4" {wide}/></g>'
        )
    for value in (0.0, 0.5, 1.0):
        yield f'<path class="grid" d="M{_LEFT} {up(value)}H{_RIGHT}"/>'
        yield f'<text class="end small" x="{_LEFT - 6}" y="{up(value) + 4}">{value:.0%}</text>'
    heights = _apart([up(bound) + 4 for _, bound in story.bounds])
    for (level, bound), y in zip(story.bounds, heights, strict=True):
        name = f"{word(lang, level)} {bound:.0%}"
        text = f'<text class="label small {level}" x="{_RIGHT + 6}" y="{y}">{name}'
        yield f'<path class="bound {level}" d="M{_LEFT} {up(bound)}H{_RIGHT}"/>{text}</text>'
    line = _line((across(point.at), up(point.score)) for point in story.points)
    yield f'<path class="score" d="{line}"/>'
    for said in story.said:
        yield _mark(said, across(said.at.timestamp()), up(said.score), lang)
    yield f'<text class="what small" x="{_LEFT}" y="{_HEAD - 11}">{word(lang, "score")}</text>'


def _apart(places: Sequence[float], least: float = 12.0) -> list[float]:
    """Heights of labels from the lowest up, none nearer to the next than `least`."""
    kept: list[float] = []
    for place in places:
        kept.append(min(place, kept[-1] - least) if kept else place)
    return kept


def _mark(said: Escalation, x: float, y: float, lang: str) -> str:
    over = said.status is Status.RESOLVED
    why = "".join(f"\n{term.weight:+.1f} {term.note}" for term in said.why[:4])
    what = f"{word(lang, said.status)} {word(lang, said.level)}"
    told = f"{said.at:{_STAMP}} {what} {said.score:.0%}{why}"
    shape = 'class="over" r="4"' if over else f'class="said {said.level}" r="5"'
    return f'<circle {shape} cx="{x}" cy="{y}"><title>{escape(told)}</title></circle>'


def _pace(story: Story, across: Across, lang: str) -> Iterator[str]:
    top = _HEAD + _SCORE + _GAP
    bottom = top + _PACE
    incident = story.kind is CaseKind.INCIDENT
    name = word(lang, "complaints" if incident else "reproduction")
    high = ceiling([point.pace for point in story.points], 1.0 if incident else 1.5)
    up = Scale(0.0, high, bottom, top)
    for value in (0.0, high):
        yield f'<text class="end small" x="{_LEFT - 6}" y="{up(value) + 4}">{value:.3g}</text>'
    yield f'<path class="grid" d="M{_LEFT} {bottom}H{_RIGHT}"/>'
    if not incident:
        y = up(_EXPLOSIVE)
        yield f'<path class="one" d="M{_LEFT} {y}H{_RIGHT}"/>'
        yield f'<text class="small" x="{_RIGHT + 6}" y="{y + 4}">{word(lang, "grows")}</text>'
    line = _line((across(point.at), up(point.pace)) for point in story.points)
    if line:
        first, last = across(story.points[0].at), across(story.points[-1].at)
        yield f'<path class="under" d="{line}L{last} {bottom}L{first} {bottom}Z"/>'
    yield f'<path class="pace" d="{line}"/>'
    yield f'<text class="what small" x="{_LEFT}" y="{top - 7}">{name}</text>'


def _axis(story: Story, across: Across, lang: str) -> Iterator[str]:
    base = _HEAD + _SCORE + _GAP + _PACE
    known = 0
    places = []
    for point in story.points:
        if point.mentions > known:
            places.append(across(point.at))
            known = point.mentions
    rug = "".join(f"M{x} {base + 3}v8" for x in dict.fromkeys(places))
    yield f'<path class="rug" d="{rug}"><title>{word(lang, "rug")}</title></path>'
    if isinstance(across, Stretched):
        marks = list(ages(across, story.begin, lang))
        note = word(lang, "since", time=f"{datetime.fromtimestamp(story.begin, UTC):{_STAMP}}")
    else:
        marks, note = list(ticks(story.begin, story.end)), "UTC"
    for tick in marks:
        x = across(tick.at)
        yield f'<path class="grid" d="M{x} {base + 12}v5"/>'
        date = day(lang, tick.date)
        yield f'<text class="mid small" x="{x}" y="{base + 29}">{tick.time or date}</text>'
        if tick.time and date:
            yield f'<text class="mid small" x="{x}" y="{base + 43}">{date}</text>'
    yield f'<text class="end small" x="{_RIGHT}" y="{base + 43}">{note}</text>'


def _line(places: Iterable[tuple[float, float]]) -> str:
    """A path through the places, without those between two others at the same spot."""
    kept: list[tuple[float, float]] = []
    for place in places:
        if not kept or place != kept[-1]:
            kept.append(place)
    return "".join(f"{'L' if index else 'M'}{x} {y}" for index, (x, y) in enumerate(kept))
