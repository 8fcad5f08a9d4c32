"""One row of a case's timeline: a mention, a change of level, or many small things at once."""

from collections.abc import Mapping
from xml.etree.ElementTree import Element

from scoring.escalation import Escalation, Status
from scoring.mention import Role
from scoring.timeline import Entry, What
from streams.report.gathered import Gathered
from streams.report.markup import anchor, element, strange
from streams.report.moments import Crowd, Moment
from streams.report.words import counted, date, hour, many, moment, people, word

_MOST_WORDS = 280
_ORDER = (
    What.COMPLAINT,
    What.SHARE,
    What.MEDIA,
    What.ANSWER,
    What.DEFENCE,
    What.VOICE,
    What.DELETION,
    What.EDIT,
)


def row(
    one: Moment, brand: str, words: Mapping[str, str], gathered: Gathered, lang: str
) -> tuple[Element, str]:
    """The row, and the day under which it stands."""
    if isinstance(one, Escalation):
        at = one.at.timestamp()
        return _level(one, at, lang), date(lang, at)
    if isinstance(one, Crowd):
        return _crowd(one, lang), date(lang, one.begin)
    return _entry(one, brand, words, gathered, lang), date(lang, one.at)


def _level(said: Escalation, at: float, lang: str) -> Element:
    over = said.status is Status.RESOLVED
    level = word(lang, said.level)
    text = word(lang, "ends")
    if not over:
        text = word(lang, "becomes", level=level.capitalize(), score=f"{said.score:.0%}")
    told = element("td", element("b", text), colspan="2")
    return element("tr", _time(hour(at)), told, class_=f"mark {'resolved' if over else said.level}")


def _crowd(one: Crowd, lang: str) -> Element:
    counts = [many(lang, one.counts[what], f"many_{what}") for what in _ORDER if what in one.counts]
    text = ", ".join(counts)
    told = element("td", text[:1].upper() + text[1:])
    if date(lang, one.begin) != date(lang, one.end):
        told.append(element("span", f" {word(lang, 'until', time=moment(lang, one.end))}"))
    elif hour(one.begin) != hour(one.end):
        told.append(element("span", f" {word(lang, 'until', time=hour(one.end))}"))
    reach = word(lang, "between", count=people(lang, one.reach)) if one.reach else ""
    return element("tr", _time(hour(one.begin)), told, element("td", reach), class_="crowd")


def _entry(
    entry: Entry, brand: str, words: Mapping[str, str], gathered: Gathered, lang: str
) -> Element:
    by_brand = entry.role is Role.BRAND
    name: str = entry.what
    text, taken_back = entry.words, gathered.erased(brand, entry.id)
    if entry.what is What.DELETION:
        name = "deletion_brand" if by_brand else "deletion_author"
        text, taken_back = words.get(entry.parent_id, "") if by_brand else "", False
    elif entry.what is What.ANSWER and not entry.parent_id:
        name = "post"
    head = word(lang, name)
    if entry.what is What.ANSWER and (kind := word(lang, f"answer_{entry.answer or 'other'}")):
        head = f"{head} : {kind}" if lang == "fr" else f"{head}: {kind}"
    link = anchor(entry.url, word(lang, "original")) if not taken_back else None
    told = element("td", element("b", head), " " if link is not None else None, link)
    if text:
        shown = text if len(text) <= _MOST_WORDS else text[: _MOST_WORDS - 1].rstrip() + "…"
        told.append(strange("div", shown, class_="words"))
    elif taken_back:
        told.append(element("div", word(lang, "taken_back"), class_="gone"))
    return element("tr", _time(hour(entry.at)), told, _who(entry, lang), class_=_class(entry))


def _class(entry: Entry) -> str:
    bad = entry.what is What.DELETION or entry.answer == "denial"
    return f"{entry.what}{' bad' if bad and entry.role is Role.BRAND else ''}"


def _who(entry: Entry, lang: str) -> Element:
    role = "by_media" if entry.role is Role.MEDIA else str(entry.role)
    about = [word(lang, role)]
    if entry.followers:
        about.append(counted(lang, entry.followers, "followers"))
    cell = element("td", ", ".join(about), ", ", strange("span", entry.channel))
    for mark in ("promoted", "proof"):
        if getattr(entry, mark):
            cell[-1].tail = ", "
            cell.append(element("b", word(lang, mark)))
    return cell


def _time(text: str) -> Element:
    return element("td", text, class_="time")
