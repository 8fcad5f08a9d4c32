"""What a picture says, in the languages that Tocsin speaks; another one gets English."""

from datetime import timedelta

from streams.sinks import words as tickets

_WORDS = {
    "en": {
        "none": "No case was opened.",
        "conversation": "conversation",
        "incident": "incident",
        "mention": "mention|mentions",
        "author": "author|authors",
        "message": "message|messages",
        "day": "day|days",
        "facts": "{kind}, {mentions} of {authors}, {messages}, open {time}",
        "most": "at most, score up to {score}",
        "score": "score",
        "reproduction": "reproduction number",
        "complaints": "complaints an hour",
        "grows": "1: it grows",
        "rug": "mentions",
        "since": "since {time} UTC, stretched at first",
    },
    "fr": {
        "none": "Aucun dossier n'a été ouvert.",
        "conversation": "conversation",
        "incident": "incident",
        "mention": "mention|mentions",
        "author": "auteur|auteurs",
        "message": "message|messages",
        "day": "jour|jours",
        "facts": "{kind}, {mentions} de {authors}, {messages}, ouvert pendant {time}",
        "most": "au plus, score jusqu'à {score}",
        "score": "score",
        "reproduction": "taux de reproduction",
        "complaints": "plaintes par heure",
        "grows": "1 : ça s'étend",
        "rug": "mentions",
        "since": "depuis le {time} UTC, début étiré",
    },
}
_MONTHS = {
    "Feb": "févr.",
    "Apr": "avr.",
    "May": "mai",
    "Jun": "juin",
    "Jul": "juil.",
    "Aug": "août",
    "Sep": "sept.",
    "Oct": "oct.",
    "Nov": "nov.",
    "Dec": "déc.",
    "Jan": "janv.",
    "Mar": "mars",
}
MINUTE = 60.0


def word(lang: str, name: str, **values: object) -> str:
    """The words `name`, filled in; names of levels and states are those of tickets."""
    known = _WORDS[_spoken(lang)]
    return known[name].format(**values) if name in known else tickets.word(lang, name)


def counted(lang: str, number: int, name: str) -> str:
    """`1 author`, `1,850 authors`; French sets thin spaces, and counts none as one."""
    one, _, many = word(lang, name).partition("|")
    french = _spoken(lang) == "fr"
    digits = f"{number:,}".replace(",", "\u202f") if french else f"{number:,}"
    return f"{digits} {one if number == 1 or (french and not number) else many}"


def lasting(lang: str, seconds: float) -> str:
    """`45 min`, `7 h`, `3 days`."""
    delta = timedelta(seconds=seconds)
    if delta < timedelta(hours=1):
        return f"{seconds / MINUTE:.0f} min"
    if delta < timedelta(days=1):
        hours = f"{seconds / MINUTE / 60:.3g}"
        return f"{hours.replace('.', ',') if _spoken(lang) == 'fr' else hours} h"
    return counted(lang, delta.days, "day")


def day(lang: str, date: str) -> str:
    """`9 Sep 2013` as the language writes it."""
    if _spoken(lang) == "en":
        return date
    return " ".join(_MONTHS.get(part, part) for part in date.split(" "))


def _spoken(lang: str) -> str:
    primary = lang.split("-")[0].lower()
    return primary if primary in _WORDS else "en"
