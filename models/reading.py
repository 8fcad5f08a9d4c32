"""A text as the network read it: which words, by which tokens, in which states.

What a long text is cut to (`models.text.encode`) is all that can be quoted of it.
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from models import cuts
from models.cuts import Span, Word
from models.phrases import BETWEEN, Quote
from models.text import clean


@dataclass(frozen=True)
class Reading:
    """The words of a cleaned text that were read whole, and the last states (tokens, hidden).

    `tokens` are each word's first token and the one after its last; `gaps` are the words before
    which some were skipped; `quality` (words, LONGEST) is how well phrases read.
    """

    text: str
    words: list[Word]
    tokens: list[Span]
    gaps: frozenset[int]
    quality: np.ndarray
    states: np.ndarray

    def quote(self, chosen: Quote) -> str:
        """The words of the chosen phrases, as the text has them."""
        spans = [(self.words[first].start, self.words[end - 1].end) for first, end in chosen]
        tidied = [cuts.tidy(self.text, span) for span in spans]
        *others, last = [self.text[start:end] for start, end in tidied]
        return BETWEEN.join([*(part.rstrip(BETWEEN) for part in others), last])

    def kept(self, chosen: Quote) -> np.ndarray:
        """Which tokens (tokens,) are not of the chosen phrases."""
        kept = np.ones(len(self.states), dtype=bool)
        for first, end in chosen:
            kept[self.tokens[first][0] : self.tokens[end - 1][1]] = False
        return kept

    def without(self, chosen: Quote) -> str:
        """What was read of the text, but for the chosen phrases."""
        gone = {at for run in chosen for at in range(*run)}
        left = [self.text[w.start : w.end] for at, w in enumerate(self.words) if at not in gone]
        return " ".join(left)


def reading_of(text: str, offsets: Sequence[Span], states: np.ndarray) -> Reading:
    """Puts together a published text, where its tokens lie in it cleaned, and their states."""
    text = clean(text)
    found = cuts.words(text)
    starts = [word.start for word in found]
    own: dict[int, list[int]] = {}
    for token, offset in enumerate(offsets):
        if offset[1] > offset[0]:
            own.setdefault(bisect_right(starts, _letter(text, offset)) - 1, []).append(token)
    whole = [
        number
        for number, word in enumerate(found)
        if number in own
        and offsets[own[number][0]][0] <= word.start
        and offsets[own[number][-1]][1] >= word.start + len(_seen(text[word.start : word.end]))
    ]
    words = [found[number] for number in whole]
    gaps = frozenset(at for at in range(1, len(whole)) if whole[at] > whole[at - 1] + 1)
    tokens = [(own[number][0], own[number][-1] + 1) for number in whole]
    return Reading(text, words, tokens, gaps, cuts.quality(words, gaps), states)


def _letter(text: str, offset: Span) -> int:
    """A character that tells which word a token belongs to: not the blank before it."""
    last = offset[1] - 1
    return last + 1 if text[last] == " " else last


def _seen(chunk: str) -> str:
    """A word without what the tokenizer leaves out at its end: characters that broke on the way."""
    return chunk.rstrip("\ufffd")
