"""How messages bring about others: a branching process with a memory.

Each message exposes its author's followers, who react at a rate that falls as Zhao et al. 2015
(SEISMIC, arXiv:1506.02594) measured on retweets: constant for five minutes, then a power law of
exponent 1.2315. Reactions later than three days are left out.
"""

import heapq
from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np

_FLAT_S = 300.0
_EXPONENT = 0.2315
_FLAT_SHARE = _EXPONENT / (1 + _EXPONENT)
_HORIZON_S = 3 * 86_400.0
_MOST_CHILDREN = 60
"""Reactions to one message at most: whoever has two million followers brings them late or never."""


class Exposure(NamedTuple):
    """A message at a time (seconds) before so many followers; `source` is whose it answers."""

    at: float
    number: int
    followers: int
    source: int


def delay(rng: np.random.Generator) -> float:
    """Seconds until a reaction, drawn from the memory kernel."""
    if rng.random() < _FLAT_SHARE:
        return float(rng.uniform(0, _FLAT_S))
    return float(_FLAT_S * (1 - rng.random()) ** (-1 / _EXPONENT))


def grow(
    rng: np.random.Generator,
    seeds: list[tuple[float, int]],
    chance: Callable[[float], float],
    audience: Callable[[], int],
    most: int,
) -> Iterator[Exposure]:
    """Reactions to `seeds` (time, followers), in order of time, at most `most`.

    `chance(at)` is the probability that one follower of a message published then reacts at all;
    `audience()` draws the followers of whoever reacts. A seed's number is its index.
    """
    heap = [Exposure(at, number, followers, -1) for number, (at, followers) in enumerate(seeds)]
    heapq.heapify(heap)
    number = made = len(heap)
    while heap and made < most + len(seeds):
        event = heapq.heappop(heap)
        if event.source >= 0:
            made += 1
            yield event
        mean = chance(event.at) * event.followers
        for _ in range(min(_MOST_CHILDREN, int(rng.poisson(mean)))):
            after = delay(rng)
            if after < _HORIZON_S:
                heapq.heappush(heap, Exposure(event.at + after, number, audience(), event.number))
                number += 1
