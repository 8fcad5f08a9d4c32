"""How far it will go: SEISMIC in bounded state, after Zhao et al. 2015 (KDD, arXiv:1506.02594).

Each share exposes the sharer's followers; they react with a memory kernel that is constant
(6.27e-4 per second) for five minutes and then falls as a power law with exponent 1 + 0.2315. Its
survival function is written as a sum of exponentials (largest error 0.0124 up to 30 days, fitted
by non-negative least squares), so that exposure is a handful of decaying sums. The sums commute:
shares may be folded in any order.
"""

import math
from typing import NamedTuple

import msgspec

KERNEL = (
    (0.3799, 517.9),
    (0.1660, 2683.0),
    (0.1591, 13890.0),
    (0.0841, 71970.0),
    (0.0777, 372800.0),
    (0.0071, 1931000.0),
    (0.1261, 10000000.0),
)
"""(share, time constant in seconds) of each exponential; the shares sum to one."""

UNKNOWN_FOLLOWERS = 150
"""Audience assumed of an account whose followers are not known: about the median account."""

_PRIOR_SHARES = 0.5
_PRIOR_EXPOSURE = 2_000.0
_MOST_REPRODUCTION = 0.95
_INTERVAL_Z = 1.2816  # 80 % of a normal distribution
_SPREAD_FLOOR = 0.7
_SPREAD_FEW = 1.2


class Spread(msgspec.Struct, frozen=True, array_like=True):
    """Bounded state: counts, exposure, and one decayed exposure per exponential as of `at`."""

    at: float = 0.0
    shares: int = 0
    shared_exposure: float = 0.0
    exposure: float = 0.0
    decayed: tuple[float, ...] = (0.0,) * len(KERNEL)


class Forecast(NamedTuple):
    """Final number of shares with its 80 % interval, and the reproduction number."""

    shares: float
    low: float
    high: float
    reproduction: float


def expose(spread: Spread, at: float, followers: int, *, share: bool) -> Spread:
    """The state after a publication at `at` (seconds) to `followers`; a share counts as one."""
    audience = float(followers or UNKNOWN_FOLLOWERS)
    now = max(spread.at, at) if spread.exposure else at
    decayed = tuple(
        old * math.exp((spread.at - now) / tau) + audience * math.exp((at - now) / tau)
        for old, (_, tau) in zip(spread.decayed, KERNEL, strict=True)
    )
    return Spread(
        at=now,
        shares=spread.shares + share,
        shared_exposure=spread.shared_exposure + (audience if share else 0.0),
        exposure=spread.exposure + audience,
        decayed=decayed,
    )


def forecast(spread: Spread, at: float, counted: int = 0) -> Forecast:
    """What to expect as of `at` (seconds); `counted` are shares that a counter showed.

    The infectiousness is shares per exposure so far, pulled towards one in 4,000 while little is
    known. A reproduction number of one or more is explosive: the forecast is then bounded, not
    infinite.
    """
    shares = max(spread.shares, counted)
    at = max(at, spread.at)
    remaining = sum(
        weight * old * math.exp((spread.at - at) / tau)
        for old, (weight, tau) in zip(spread.decayed, KERNEL, strict=True)
    )
    seen = max(spread.exposure - remaining, 0.0)
    infectiousness = (shares + _PRIOR_SHARES) / (seen + _PRIOR_EXPOSURE)
    per_share = (spread.shared_exposure + _PRIOR_SHARES * UNKNOWN_FOLLOWERS) / (
        spread.shares + _PRIOR_SHARES
    )
    reproduction = infectiousness * per_share
    growth = 1 - min(reproduction, _MOST_REPRODUCTION)
    coming = infectiousness * remaining / growth if shares else 0.0
    deviation = _SPREAD_FLOOR + _SPREAD_FEW / math.sqrt(shares + 1)
    factor = math.exp(_INTERVAL_Z * deviation)
    return Forecast(
        shares=round(shares + coming, 1),
        low=round(shares + coming / factor, 1),
        high=round(shares + coming * factor, 1),
        reproduction=round(reproduction, 3) if shares else 0.0,
    )
