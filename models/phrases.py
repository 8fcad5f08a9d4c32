"""Which phrases to quote: those that take the most from a logit for their length, and read well."""

from collections.abc import Collection, Sequence

import numpy as np

from models.cuts import LONGEST, MOST_CHARACTERS, USUAL, Word

Run = tuple[int, int]
"""The first word of a phrase and the one after its last."""
Quote = tuple[Run, ...]
"""One phrase or two, in the order of the text."""

BETWEEN = " … "
_ESTIMATED, _SEEN = 0.9, 0.6
"""A phrase of n words is worth what it takes from a logit, over n to this power.

Estimates grow faster with the length than what is seen when the words are left out. Both powers
give some eight words; what a quote takes from the score beyond as many random words hardly changes
between 0.6 and 0.9 (validation split).
"""
_SECOND = 0.6
"""What a second phrase must be worth, of the first, to be quoted beside it."""
_ALIKE = 0.5


def _worth(falls: np.ndarray, prices: np.ndarray, quality: np.ndarray) -> np.ndarray:
    values = falls / prices
    return np.where(values > 0, values * quality, values)


def worth(falls: np.ndarray, quotes: Sequence[Quote], quality: np.ndarray) -> np.ndarray:
    """What quotes are worth without which a logit was seen to fall so much, shape (quotes,)."""
    lengths = [sum(end - first for first, end in quote) for quote in quotes]
    least = [min(quality[first, end - first - 1] for first, end in quote) for quote in quotes]
    return _worth(falls, np.array(lengths) ** _SEEN, np.array(least))


def ranked(falls: np.ndarray, quality: np.ndarray, most: int) -> list[tuple[float, Run]]:
    """The `most` best phrases with their worth, best first, none much like a better one.

    `falls` and `quality` have the shape (words, LONGEST); no phrase of quality 0 is taken, and
    none of one word where there is a longer one.
    """
    allowed = quality > 0
    if allowed[:, 1:].any():
        allowed[:, 0] = False
    values = _worth(falls, np.arange(1, LONGEST + 1) ** _ESTIMATED, quality)
    values = np.where(allowed, values, -np.inf)
    found: list[tuple[float, Run]] = []
    for place in np.argsort(-values, axis=None, kind="stable")[: allowed.sum()]:
        first, extra = divmod(int(place), LONGEST)
        run = (first, first + extra + 1)
        if all(_likeness(run, other) <= _ALIKE for _, other in found):
            found.append((float(values[first, extra]), run))
            if len(found) == most:
                break
    return found


def beside(quality: np.ndarray, run: Run, words: Sequence[Word]) -> np.ndarray:
    """`quality`, 0 for phrases that overlap `run`, are too long beside it, or of one word."""
    start, end = run
    first = np.arange(len(words))[:, None]
    lengths = np.arange(1, LONGEST + 1)[None]
    last = np.minimum(first + lengths, len(words)) - 1
    begins, ends = np.array([(word.start, word.end) for word in words]).T
    room = MOST_CHARACTERS - len(BETWEEN) - (words[end - 1].end - words[start].start)
    fits = (ends[last] - begins[first] <= room) & (lengths <= USUAL - (end - start))
    fits &= lengths > 1
    apart = (first + lengths <= start) | (first >= end)
    return np.where(fits & apart, quality, 0.0)


def joined(
    first: tuple[float, Run], others: Sequence[tuple[float, Run]], gaps: Collection[int]
) -> Quote:
    """`first` alone, or with the best of `others` where that is worth nearly as much."""
    value, run = first
    if not others or others[0][0] < _SECOND * value:
        return (run,)
    one, other = sorted((run, others[0][1]))
    return ((one[0], other[1]),) if one[1] == other[0] and other[0] not in gaps else (one, other)


def _likeness(one: Run, other: Run) -> float:
    """Words in both, of the words in either."""
    both = min(one[1], other[1]) - max(one[0], other[0])
    return max(0, both) / (max(one[1], other[1]) - min(one[0], other[0]))
