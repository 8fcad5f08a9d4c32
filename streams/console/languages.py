"""Tocsin's own sentences in each language of the console; quoted words stay as they are."""

import re
from functools import lru_cache

from scoring.phrases import retold

LANGUAGES = ("en", "fr")
_QUOTE = ' — "'
_SILENT = ("no answer for ", "the brand has said nothing for ")
_PERCENT = re.compile(r"(?<=\d)\s?%")
_POINT = re.compile(r"(?<=\d)\.(?=\d)")
_SOME = re.compile(r"(\d[\d.,]*)( [^\d;]*?)\(s\)")
_SINGULAR = {"take part": "takes part", "y prennent part": "y prend part", "en parlent": "en parle"}


@lru_cache(maxsize=20_000)
def _told(note: str, lang: str) -> str:
    text = retold(note, lang)
    if lang == "fr" and text != retold(note, "en"):  # one of ours, whose numbers are ours too
        text = _POINT.sub(",", _PERCENT.sub("\u00a0%", text))
    found = _SOME.search(text)
    if found is None:
        return text
    one = found[1] == "1"
    text = _SOME.sub(r"\1\2" if one else r"\1\2s", text)
    if one:
        for several, single in _SINGULAR.items():
            text = text.replace(several, single)
    return text


def told_in_each(note: str) -> dict[str, str]:
    """A note of a reason by language, one `message` and two `messages`."""
    return {lang: _told(note, lang) for lang in LANGUAGES}


def parted(headline: str, *, ticking: bool = False) -> tuple[dict[str, str], str]:
    """The reasons of a headline by language, and the words that it quotes, empty for none.

    Where a clock tells the silence anyway (`ticking`), the length that it had when the headline
    was written is left out.
    """
    reasons, _, quote = headline.partition(_QUOTE)
    notes = reasons.split("; ")
    if ticking:
        notes = [note for note in notes if not _told(note, "en").startswith(_SILENT)] or notes
    told = {lang: "; ".join(_told(note, lang) for note in notes) for lang in LANGUAGES}
    return told, quote.removesuffix('"')
