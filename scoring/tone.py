"""How many of those who speak of a brand complain: usually, and now.

A brand of which no volume is known yet, or whose volume rises for a harmless reason, still gives
itself away when nearly everybody who speaks complains.
"""

import math

import msgspec

from scoring.baseline import HOUR

_KEEP = 0.985  # as scoring.baseline forgets
_STRENGTH = 20.0
"""Mentions that the usual share is worth at most: hours differ more than mentions of one hour."""
_NEGLIGIBLE = 1e-6


class Tone(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Mentions so far that complain and that are content, fading; `hour` in seconds."""

    complaining: float = _STRENGTH / 2
    contented: float = _STRENGTH / 2
    hour: float = 0.0


def begin(share: float) -> Tone:
    """A prior of so many complaints (0 to 1) among those who speak."""
    return Tone(_STRENGTH * share, _STRENGTH * (1 - share))


def learn(tone: Tone, at: float, complaining: int, contented: int) -> Tone:
    """The tone after a minute at `at` (seconds) with so many of each."""
    hour = at - at % HOUR
    passed = min(max(0.0, (hour - tone.hour) / HOUR), 1000.0) if tone.hour else 0.0
    keep = _KEEP**passed
    return Tone(
        tone.complaining * keep + complaining,
        tone.contented * keep + contented,
        max(hour, tone.hour),
    )


def usual(tone: Tone) -> float:
    """The usual share of complaints, 0 to 1."""
    total = tone.complaining + tone.contented
    return tone.complaining / total if total else 0.5


def one_sided(tone: Tone, complaining: int, contented: int) -> float:
    """-log10 of the chance that so many or more of these complain; 0 when it is not unusual.

    Beta-binomial tail: the share of an hour varies about the usual one.
    """
    spoke, share = complaining + contented, usual(tone)
    if not spoke or complaining <= spoke * share:
        return 0.0
    alpha = max(0.5, _STRENGTH * share)
    beta = max(0.5, _STRENGTH * (1 - share))
    log_first = (
        _log_beta(complaining + alpha, contented + beta)
        - _log_beta(alpha, beta)
        + math.lgamma(spoke + 1)
        - math.lgamma(complaining + 1)
        - math.lgamma(contented + 1)
    )
    tail = term = 1.0
    for count in range(complaining, spoke):
        left = spoke - count
        term *= left / (count + 1) * (count + alpha) / (left - 1 + beta)
        tail += term
        if term < _NEGLIGIBLE * tail:
            break
    return max(0.0, -(log_first + math.log(tail)) / math.log(10))


def _log_beta(one: float, other: float) -> float:
    return math.lgamma(one) + math.lgamma(other) - math.lgamma(one + other)
