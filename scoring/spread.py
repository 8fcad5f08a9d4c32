"""How far it will go: shares and their audiences in bounded state, and what they lead to.

Each publication exposes an audience, who react with a memory kernel. The state holds counts and
decaying sums only; the sums commute, so publications may be folded in any order.
"""

import math
from typing import NamedTuple

import msgspec

from scoring import kernel, layer
from scoring.kernel import NOTHING, Sums

USUAL_AUDIENCE = 150
"""Audience assumed of an account while none is known: about the median account."""
USUAL_INFECTIOUSNESS = 1 / 4_000
"""Shares per exposure while nothing is known of a text."""

_PRIOR_EXPOSURE = 2_000.0  # how much exposure outweighs the infectiousness assumed
_PRIOR_AUDIENCES = 3.0  # how many known audiences outweigh the usual one
_MOST_REPRODUCTION = 0.95
_MOST_PROMISED = 1e9  # shares that no text promises more of
_PRIOR_FACTOR = math.exp(1.2816 * 1.9)  # of the 80 % interval while nobody has shared


class Spread(msgspec.Struct, frozen=True, array_like=True):
    """Bounded state; times in seconds, `shared_at` and `log_audience` are sums.

    `exposure` and `exposed` are of audiences that are known; `blank` publications had none. Sums
    decay as of `at`, the newest publication: `exposed` of followers, `blanks` of publications
    without known followers, `shared` of shares.
    """

    at: float = 0.0
    since: float = 0.0
    shares: int = 0
    shares_since: float = 0.0
    shared_at: float = 0.0
    known: int = 0
    exposure: float = 0.0
    log_audience: float = 0.0
    known_shares: int = 0
    shared_exposure: float = 0.0
    blank: int = 0
    exposed: Sums = NOTHING
    blanks: Sums = NOTHING
    shared: Sums = NOTHING


class Forecast(NamedTuple):
    """Final number of shares with its 80 % interval, and the reproduction number."""

    shares: float
    low: float
    high: float
    reproduction: float


def expose(spread: Spread, at: float, followers: int, *, share: bool) -> Spread:
    """The state after a publication at `at` (seconds) to `followers` (0: unknown)."""
    begun = spread.known or spread.blank
    now = at if not begun or at > spread.at else spread.at
    fade = kernel.decays(now - spread.at if begun else 0.0)
    mark = kernel.decays(now - at)
    audience, blank, shared = float(followers), not followers, float(share)
    return Spread(
        now,
        min(spread.since, at) if begun else at,
        spread.shares + share,
        (min(spread.shares_since, at) if spread.shares else at) if share else spread.shares_since,
        spread.shared_at + at * shared,
        spread.known + (not blank),
        spread.exposure + audience,
        spread.log_audience + (math.log(audience) if followers else 0.0),
        spread.known_shares + (share and not blank),
        spread.shared_exposure + audience * shared,
        spread.blank + blank,
        _moved(spread.exposed, fade, mark, audience),
        _moved(spread.blanks, fade, mark, float(blank)),
        _moved(spread.shared, fade, mark, shared),
    )


def _moved(sums: Sums, fade: Sums, mark: Sums, amount: float) -> Sums:
    if sums == NOTHING:
        return tuple([amount * new for new in mark]) if amount else NOTHING
    if not amount:
        return tuple([one * left for one, left in zip(sums, fade, strict=True)])
    return tuple(
        [one * left + amount * new for one, left, new in zip(sums, fade, mark, strict=True)]
    )


class View:
    """The state as of a time (seconds), with `counted` shares that a counter showed.

    Shares that only a counter shows are taken to have come evenly since the first publication.
    Audiences that are not known are taken to be of the usual size, or of the geometric mean of
    those that are.
    """

    def __init__(self, spread: Spread, at: float, counted: int = 0, prior: float = 0.0) -> None:
        at = max(at, spread.at)
        hidden = max(0, counted - spread.shares)
        self.shares = spread.shares + hidden
        fade, since = kernel.decays(at - spread.at), max(0.0, at - spread.since)
        unseen = kernel.even(since)
        self.shared = tuple(
            [
                one * left + hidden * spot
                for one, left, spot in zip(spread.shared, fade, unseen, strict=True)
            ]
        )
        total_age = max(0.0, spread.shares * at - spread.shared_at) + hidden * since / 2
        self.mean_age = total_age / max(1, self.shares)
        seen_age = max(0.0, spread.shares * (at - spread.shares_since))
        self.age = (seen_age + hidden * since) / max(1, self.shares)

        typical = _typical(spread)
        self.remaining = kernel.remaining(
            tuple(
                [
                    left * (one + typical * none) + typical * hidden * spot
                    for left, one, none, spot in zip(
                        fade, spread.exposed, spread.blanks, unseen, strict=True
                    )
                ]
            )
        )
        exposure = spread.exposure + typical * (spread.blank + hidden)
        reacted = max(0.0, exposure - self.remaining) + _PRIOR_EXPOSURE
        expected = (prior or USUAL_INFECTIOUSNESS) * _PRIOR_EXPOSURE
        self.infectiousness = (self.shares + expected) / reacted
        borne_out = min(self.infectiousness, prior)
        shown = spread.exposure - spread.shared_exposure
        shown += typical * (spread.blank - (spread.shares - spread.known_shares))
        own = self.remaining * shown / exposure if exposure else 0.0
        self.promised = min(_MOST_PROMISED, borne_out * own * _passed_on(borne_out))
        """Shares in the end by what the text promised to those whom it was shown by no share, as
        far as the shares so far bear it out."""
        blank_shares = self.shares - spread.known_shares
        self.audience = (spread.shared_exposure + typical * (blank_shares + 0.5)) / (
            self.shares + 0.5
        )

    @property
    def reproduction(self) -> float:
        """Shares that one share leads to, in the mean."""
        return self.infectiousness * self.audience

    @property
    def reactions(self) -> float:
        """Shares to come from the audiences there are already."""
        return self.infectiousness * self.remaining


def most_expected(spread: Spread, counted: int, prior: float) -> float:
    """No fewer shares than `forecast` expects at any time until there is another publication.

    `counted` and `prior` as there, `prior` in shares per exposure.
    """
    shares = max(spread.shares, counted)
    typical = _typical(spread)
    exposure = spread.exposure + typical * (spread.blank + shares - spread.shares)
    promised = prior * exposure * _passed_on(prior) + 0.1
    return shares + max(promised, 2 * layer.MOST_GROWTH * (1 + shares) if shares else 0.0)


def _passed_on(infectiousness: float) -> float:
    """Shares that each share of the first audience leads to, itself included."""
    return 1 / (1 - min(infectiousness * USUAL_AUDIENCE, _MOST_REPRODUCTION))


def _typical(spread: Spread) -> float:
    """Followers of an account whose followers are unknown."""
    known = spread.log_audience + _PRIOR_AUDIENCES * math.log(USUAL_AUDIENCE)
    return math.exp(known / (spread.known + _PRIOR_AUDIENCES))


def forecast(spread: Spread, at: float, counted: int = 0, prior: float = 0.0) -> Forecast:
    """What to expect as of `at` (seconds); `counted` are shares that a counter showed.

    `prior` is the infectiousness (shares per exposure) that the text promises, 0 when nothing is
    known of it: until somebody shares, nothing is then expected. Later on, no fewer in the end are
    expected than it still promises. A reproduction number of one or more is explosive: the
    forecast is bounded all the same.
    """
    view = View(spread, at, counted, prior)
    promised = view.promised
    if not view.shares:
        return Forecast(
            shares=round(promised, 1),
            low=round(promised / _PRIOR_FACTOR, 1),
            high=round(promised * _PRIOR_FACTOR, 1),
            reproduction=0.0,
        )
    low, middle, high = layer.coming(
        view.shares, view.shared, view.age, view.mean_age, view.reactions
    )
    return Forecast(
        shares=round(max(promised, view.shares + middle), 1),
        low=round(view.shares + low, 1),
        high=round(max(promised, view.shares + high), 1),
        reproduction=round(view.reproduction, 3),
    )
