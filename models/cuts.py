"""Where a text may be cut so that the part reads well: its words, and how good each phrase is.

A phrase is a run of words. It should begin and end at the border of a clause, hold something that
means something, and be neither a lone handle nor a link. Nothing here knows of the model.
"""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

LONGEST = 14
"""Words in a phrase, at most; more than `USUAL` only to reach the end of a clause."""
USUAL = 12
MOST_CHARACTERS = 140

Span = tuple[int, int]
"""First character and the one after the last."""

_CHUNK = re.compile(r"\S+")
_WORDY = re.compile(r"[^\W_]|[\u2190-\U0010ffff]")  # a letter, a digit, an emoji
_DIGIT = re.compile(r"\d")
_PICTURE = re.compile(r"[\u2190-\U0010ffff]$")
_HANDLE = re.compile(r"[.\"'(«“]*@\w")
_LINK = re.compile(r"\W*(?:http\b|[\w-]+(?:\.[\w-]+)+/)")
_OPENS = re.compile(r"[(«“\[\"¿¡]")
_SENTENCE_ENDS = re.compile(r"[.!?…][\"'»”)\]\s]*$")
_CLAUSE_ENDS = re.compile(r"(?:[,;:»”)\]]|\s[-–—])$")
_EDGES = re.compile(r"^\W+|\W+$")

_TURNING = """
mais et ou donc car or ni parce puis alors pourtant sauf but and because so then yet although
though however except
"""
_EMPTY = """
le la les l un une des du de d au aux à a en dans sur sous par pour avec chez vers entre ce cet
cette ces mon ma mes ton ta tes son sa ses notre nos votre vos leur leurs je tu il elle on nous
vous ils elles me te se m t s y qui que qu quoi dont où si comme est suis es sont êtes ai as
avez ont avons était être avoir c'est j'ai qu'il qu'elle qu'on d'un d'une il'y the an of to in
on at by for from with into about as that this these those my your his her its our their i you
he she it we they me him us them who which what if when while is am are was were be been being
have has had do does did will would can could should i'm i've it's you're we're
"""
_LEANING = """
not no very so too more less really never almost without hasn't haven't isn't aren't wasn't
don't doesn't didn't can't cannot won't wouldn't couldn't shouldn't ne n'est n'ai n'a n'ont
très trop plus moins aucun aucune sans jamais tout toute tous toutes depuis jusqu'à since until
after before than like just still encore après avant
"""
_TURNS = frozenset(_TURNING.split())
_MEANS_NOTHING = _TURNS | frozenset(_EMPTY.split())
_LEANS = _MEANS_NOTHING | frozenset(_LEANING.split())

# How well a phrase begins and ends within a clause, at a clause's and at a sentence's border.
# On the validation split such quotes take as much from the score as those that end anywhere.
_BEGINS = (0.65, 0.95, 1.0)
_ENDS = (0.6, 0.95, 1.0)
_ENDS_LEANING = 0.35
_CROSSES = 0.8


@dataclass(frozen=True)
class Word:
    """Characters `start` to `end` of the text, and what a phrase must know of them.

    `border` is how deep a cut after it goes: 0 within a clause, 1 at its end, 2 at a sentence's.
    A word that `leans` wants the one after it; a `joined` one is a number that goes on in it, and
    is never cut: half a card's number is not known for one when personal data is masked.
    """

    start: int
    end: int
    border: int
    means: bool
    leans: bool
    joined: bool
    handle: bool
    link: bool


def words(text: str) -> list[Word]:
    """The words of a cleaned text; punctuation that stands alone belongs to its neighbour."""
    spans: list[Span] = []
    opening: int | None = None
    for found in _CHUNK.finditer(text):
        start, end = found.span()
        if _WORDY.search(found.group()):
            spans.append((start if opening is None else opening, end))
            opening = None
        elif opening is None and (not spans or _OPENS.match(found.group())):
            opening = start
        elif opening is None:
            spans[-1] = (spans[-1][0], end)
    if not spans:
        return []
    if opening is not None:
        spans[-1] = (spans[-1][0], len(text))
    chunks = [text[start:end] for start, end in spans]
    return [
        _word(span, chunk, following)
        for span, chunk, following in zip(spans, chunks, [*chunks[1:], None], strict=True)
    ]


def _word(span: Span, chunk: str, following: str | None) -> Word:
    bare = _bare(chunk)
    handle, link = bool(_HANDLE.match(chunk)), bool(_LINK.match(chunk))
    if following is None or _SENTENCE_ENDS.search(chunk) or _PICTURE.search(chunk):
        border = 2
    elif (
        (handle or link)
        or _CLAUSE_ENDS.search(chunk)
        or _OPENS.match(following)
        or _LINK.match(following)
        or _bare(following) in _TURNS
    ):
        border = 1
    else:
        border = 0
    means = not (handle or link or bare in _MEANS_NOTHING)
    joined = following is not None and bool(_DIGIT.search(chunk) and _DIGIT.search(following))
    return Word(*span, border, means, bare in _LEANS, joined, handle, link)


def _bare(chunk: str) -> str:
    return _EDGES.sub("", chunk).lower().replace("’", "'")


def quality(found: Sequence[Word], gaps: Collection[int] = ()) -> np.ndarray:
    """How well phrases read, from 0 (not at all) to 1, shape (words, LONGEST).

    Entry (first, length - 1). No phrase goes over a link, nor over `gaps`: the words before
    which something is missing. A text of nothing but empty words may be quoted for want of better.
    """
    missing = [*(at in gaps for at in range(len(found))), True]
    anything = not any(word.means for word in found)
    result = np.zeros((len(found), LONGEST))
    for first, word in enumerate(found):
        if word.handle or word.link or (first and found[first - 1].joined):
            continue
        factor = _BEGINS[2 if first == 0 or missing[first] else found[first - 1].border]
        means = anything
        for length, last in enumerate(found[first : first + LONGEST], 1):
            too_long = last.end - word.start > MOST_CHARACTERS
            if last.link or (length > 1 and (missing[first + length - 1] or too_long)):
                break
            means = means or last.means
            ends = 2 if missing[first + length] else last.border
            whole = not (last.handle or last.joined)
            if means and whole and (length <= USUAL or ends):
                leaning = last.leans and not ends
                result[first, length - 1] = factor * (_ENDS_LEANING if leaning else _ENDS[ends])
            if last.border == 2:
                factor *= _CROSSES
    return result


_PAIRS = {"«": "»", "“": "”", "(": ")", "[": "]", '"': '"'}
_LOOSE = " ,;:-–—"


def tidy(text: str, span: Span) -> Span:
    """`span` without loose punctuation at its ends, nor quotation marks without their partner."""
    start, end = span
    while start < end:
        part = text[start:end]
        if part[0] in _LOOSE or (part[0] in _PAIRS and _PAIRS[part[0]] not in part[1:]):
            start += 1
        elif part[-1] in _LOOSE or _closes_nothing(part):
            end -= 1
        else:
            return start, end
    return span


def _closes_nothing(part: str) -> bool:
    opening = next((o for o, c in _PAIRS.items() if c == part[-1]), None)
    return opening is not None and opening not in part[:-1]
