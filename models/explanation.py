"""Which words carried a signal: what the score loses when they are left out.

Deletion is slower than gradients and faithful by construction: a span is quoted because the model
itself, without it, is less sure.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from models.heads import HEADS
from models.predictor import Predictor

_MOST_SPANS = 24
_LIKELY = 0.5
_WORD = re.compile(r"\S+")


@dataclass(frozen=True)
class Reason:
    """A quoted span, and by how much the probability falls without it (0 to 1)."""

    signal: str
    quote: str
    drop: float


def explain(predictor: Predictor, text: str, role: str) -> list[Reason]:
    """The span that carried each signal the text is likely to hold, strongest first."""
    spans = _spans(text)
    if not spans:
        return []
    without = [text[:start] + " " + text[end:] for start, end in spans]
    whole, *parts = predictor.predict([text, *without], [role] * (len(spans) + 1))
    reasons = []
    for head in HEADS:
        score = whole.probabilities[head]
        if score < _LIKELY:
            continue
        drops = [score - part.probabilities[head] for part in parts]
        quote, drop = _widen(text, spans, drops)
        reasons.append(Reason(head, quote, round(drop, 3)))
    return sorted(reasons, key=lambda reason: (-reason.drop, reason.signal))


def _spans(text: str) -> list[tuple[int, int]]:
    """At most `_MOST_SPANS` runs of words, of equal numbers of words."""
    words = [found.span() for found in _WORD.finditer(text)]
    size = max(1, -(-len(words) // _MOST_SPANS))
    groups = [words[at : at + size] for at in range(0, len(words), size)]
    return [(group[0][0], group[-1][1]) for group in groups]


def _widen(
    text: str, spans: Sequence[tuple[int, int]], drops: Sequence[float]
) -> tuple[str, float]:
    """The strongest span with those neighbours that matter at least half as much."""
    best = max(range(len(spans)), key=lambda i: drops[i])
    first = last = best
    enough = max(drops[best] / 2, 1e-9)
    while first > 0 and drops[first - 1] >= enough:
        first -= 1
    while last + 1 < len(spans) and drops[last + 1] >= enough:
        last += 1
    return text[spans[first][0] : spans[last][1]], max(drops[best], 0.0)
