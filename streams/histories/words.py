"""Who says what: messages dealt from written pools, without repeats, as phones leave them."""

import unicodedata
from collections.abc import Sequence

import numpy as np

from streams.histories import people
from streams.histories.kinds import Lang
from streams.histories.people import Brand

_EMOJI = ["😡", "🤬", "🙄", "😤", "😂", "🤷", "👀", "💀", "😭", "🙏", "👏", "❤️", "😅", "🔥"]
_TRIES = 12


def fill(text: str, rng: np.random.Generator, brand: Brand, lang: Lang) -> str:
    """The text with its slots filled.

    Slots are {brand}, {at}, {place}, {name}, {n}, {days}, {amount} and {hour}.
    """
    if "{" not in text:
        return text
    towns, names = people.names(f"towns_{lang}"), people.names(f"names_{lang}")
    euros = int(rng.integers(19, 480))
    return text.format(
        brand=brand.name,
        at=f"@{brand.handle}",
        place=towns[rng.integers(len(towns))],
        name=names[rng.integers(len(names))],
        n=int(rng.integers(2, 9)),
        days=int(rng.integers(3, 29)),
        amount=f"{euros} €" if lang == "fr" else f"£{euros}",
        hour=f"{rng.integers(7, 22)}h{rng.integers(10, 59)}"
        if lang == "fr"
        else f"{rng.integers(1, 12)}.{rng.integers(10, 59)}{'am' if rng.random() < 0.4 else 'pm'}",
    )


def _bare(text: str, rng: np.random.Generator) -> str:
    return text.rstrip(".")


def _lower(text: str, rng: np.random.Generator) -> str:
    return " ".join(w if w.startswith(("@", "http")) else w.lower() for w in text.split(" "))


def _unaccented(text: str, rng: np.random.Generator) -> str:
    decomposed = unicodedata.normalize("NFD", text)
    return unicodedata.normalize("NFC", "".join(c for c in decomposed if c not in "\u0300\u0301"))


def _loud(text: str, rng: np.random.Generator) -> str:
    words = text.split(" ")
    at = int(rng.integers(len(words)))
    return " ".join((*words[:at], words[at].upper(), *words[at + 1 :]))


def _emoji(text: str, rng: np.random.Generator) -> str:
    # At most a doubling of what is there: which feeling it would be is not ours to add.
    last = text[-1]
    return text + last if last in "".join(_EMOJI) else text + " ..."


def _plain(text: str) -> list[int]:
    """Places inside words that no phone completes by itself, as it does handles and addresses."""
    kept: list[int] = []
    start = 0
    for word in text.split(" "):
        if not word.startswith(("@", "#", "http")):
            kept += range(start + 1, start + len(word) - 1)
        start += len(word) + 1
    return kept


def _typo(text: str, rng: np.random.Generator) -> str:
    places = [i for i in _plain(text) if text[i : i + 2].isalpha()]
    if not places:
        return text
    at = places[rng.integers(len(places))]
    return text[:at] + text[at + 1] + text[at] + text[at + 2 :]


def _dropped(text: str, rng: np.random.Generator) -> str:
    places = [i for i in _plain(text) if text[i - 1 : i + 2].isalpha()]
    if not places:
        return text
    at = places[rng.integers(len(places))]
    return text[:at] + text[at + 1 :]


_SCUFFS = (_bare, _lower, _unaccented, _loud, _emoji, _typo, _dropped)


def scuff(text: str, rng: np.random.Generator) -> str:
    """The text as another thumb would have typed it."""
    return _SCUFFS[rng.integers(len(_SCUFFS))](text, rng) or text


class Deck:
    """Deals the lines of a pool in chance order; once all are dealt, scuffed, never twice the same.

    `handled`: the chance that a post tags the brand although the line does not. After a dozen vain
    tries a repeat is let through: a pool cannot feed any crowd.
    """

    def __init__(
        self, pool: Sequence[str], rng: np.random.Generator, brand: Brand, lang: Lang
    ) -> None:
        self._pool = pool
        self._rng = rng
        self._brand = brand
        self._lang = lang
        self._left: list[str] = []
        self._said: set[str] = set()

    def deal(self, *, rough: float = 0.25, tag: float = 0.0) -> str:
        """The next message; `rough` is the chance of a scuff, `tag` that of a handle put first."""
        rng = self._rng
        if not self._left:
            self._left = [self._pool[i] for i in rng.permutation(len(self._pool))]
        line = self._left.pop()
        text = ""
        for attempt in range(_TRIES):
            text = fill(line, rng, self._brand, self._lang)
            if rng.random() < rough or attempt > 0:
                text = scuff(text, rng)
            if tag and "@" not in text and rng.random() < tag:
                text = f"@{self._brand.handle} {text}"
            if text not in self._said:
                break
        self._said.add(text)
        return text
