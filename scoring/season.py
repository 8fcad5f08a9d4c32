"""Which hours of the week are busy for a brand: factors on its usual rate, learnt online.

A slot's factor is what was counted in it over what the brand's rate of the time foretold, both
fading week by week, and both begun with a few complaints' worth of prior: the same hour of any
day, and for that in turn no season at all. A brand that nothing is known of has flat weeks.
"""

import msgspec

HOUR = 3600.0
SLOTS = 168
_DAY = 24
_KEEP = 0.85
"""Weight left of a week a week later: about two months of memory."""
_PRIOR = 8.0
_PRIOR_DAYS = 6.0
_PRIOR_WEEKS = 3.0
"""A slot's prior is worth so many complaints, and so many days (of an hour of any day) or weeks:
one bad day teaches little."""


class Season(msgspec.Struct, frozen=True, array_like=True):
    """Complaints counted and foretold by slot, and the factors that follow; empty: none known."""

    counted: tuple[float, ...] = ()
    foretold: tuple[float, ...] = ()
    factors: tuple[float, ...] = ()


def slot(at: float) -> int:
    """Hour of the week (UTC) that a time in seconds falls in."""
    return int(at // HOUR) % SLOTS


def learn(season: Season, hour: float, hours: int, count: float, rate: float) -> Season:
    """The season after `count` in the hour at `hour` (seconds), and none in the others.

    `hours` is how many passed since then, that one included; `rate` what was usual an hour.
    """
    counted = list(season.counted or (0.0,) * SLOTS)
    foretold = list(season.foretold or (0.0,) * SLOTS)
    for passed in range(min(hours, SLOTS)):
        place = slot(hour + passed * HOUR)
        counted[place] = counted[place] * _KEEP + (0.0 if passed else count)
        foretold[place] = foretold[place] * _KEEP + rate
    return Season(tuple(counted), tuple(foretold), _factors(counted, foretold, rate))


def _factors(counted: list[float], foretold: list[float], rate: float) -> tuple[float, ...]:
    days, weeks = _PRIOR + _PRIOR_DAYS * rate, _PRIOR + _PRIOR_WEEKS * rate
    by_hour = [
        (sum(counted[hour::_DAY]) + days) / (sum(foretold[hour::_DAY]) + days)
        for hour in range(_DAY)
    ]
    return tuple(
        round((counted[place] + weeks * by_hour[place % _DAY]) / (foretold[place] + weeks), 6)
        for place in range(SLOTS)
    )


def effective(season: Season, at: float, hours: float) -> float:
    """How many average hours the `hours` up to `at` (seconds) are worth."""
    if not season.factors:
        return hours
    begin, total = at - hours * HOUR, 0.0
    while begin < at:
        end = min(at, begin - begin % HOUR + HOUR)
        total += (end - begin) / HOUR * season.factors[slot(begin)]
        begin = end
    return total
