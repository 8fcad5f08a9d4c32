"""What a text promises before anybody has shared it: shares per exposure, by who says what where.

Set by hand. The public cascades that the forecast is fitted on come without texts and channels, so
nothing here is fitted; the first few shares outweigh it (scoring/spread.py). Anger: articles one
standard deviation angrier were 34 % likelier to be passed on (Berger and Milkman 2012, Journal of
Marketing Research 49). The other factors are estimates without a source.
"""

import math

from scoring.mention import Role
from scoring.spread import USUAL_INFECTIOUSNESS

ANGER = 1.34
"""Times as many shares of a text that is certainly angry."""
SHARING = 2.0
"""Of one that certainly calls for, or reports, that it is passed on."""
PROOF = 1.35
"""Of one with a picture or film of a fact."""

CHANNELS = {
    "facebook": 0.6,
    "forum": 0.2,
    "instagram": 0.3,
    "linkedin": 0.6,
    "reddit": 0.3,
    "review": 0.05,
    "website": 0.3,
    "youtube": 0.3,
}
"""Times as many shares per follower as on channels made of resharing."""
ROLES = {Role.MEDIA: 1.5, Role.INFLUENCER: 1.5}
MOST = USUAL_INFECTIOUSNESS * max(ROLES.values()) * ANGER * SHARING * PROOF
"""Shares per exposure, the most that any text promises."""


def infectiousness(
    channel: str,
    role: Role = Role.UNKNOWN,
    *,
    anger: float = 0.0,
    sharing: float = 0.0,
    proof: float = 0.0,
) -> float:
    """Shares per exposure to expect of a first mention; signals are probabilities, 0 to 1."""
    factor = CHANNELS.get(channel, 1.0) * ROLES.get(role, 1.0)
    signals = math.pow(ANGER, anger) * math.pow(SHARING, sharing) * math.pow(PROOF, proof)
    return USUAL_INFECTIOUSNESS * factor * signals
