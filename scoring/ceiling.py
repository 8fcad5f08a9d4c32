"""How high a score could be at most, for next to nothing: most mentions need no assessment.

A conversation in which nobody has anything against the brand cannot open a case, whatever else is
true of it, because what raises the score is multiplied by the grievance. The bound is rough and
never too low (`tests/scoring/test_ceiling.py`); a weight that this file does not know switches it
off.
"""

import math
from functools import lru_cache

from scoring.bounded import strength
from scoring.evidence import LIKELY, Evidence
from scoring.policy import Policy, Weights

SILENCE = 6.0
"""The most that silence counts, in units of its weight."""

_ALWAYS = {
    "anger": 1.0,
    "corporate_denial": 1.0,
    "fact_denied": 1.0,
    "influencer_sharing": 1.0,
    "silence": SILENCE,
    "persistence": 4.0,
    "complainants": 6.0,
    "audience": 4.0,
}
"""Terms that are multiplied by the grievance, and their largest amounts."""
_WITHOUT = {
    "promotion": 1.0,
    "deletion": 6.1,
    "influencer": 3.0,
    "media_coverage": 2.0,
    "forecast": 12.1,
    "explosive": 1.0,
}
"""Such terms as well, of which there is no evidence in most conversations."""
_ALONE = {"objective_fact": 1.0, "proof": 1.0}
"""Terms that count without a grievance."""
_CALMING = {"defenders", "answer", "satisfied", "calm"}
_KNOWN = {"baseline", *_ALWAYS, *_WITHOUT, *_ALONE, *_CALMING}


def unremarkable(evidence: Evidence, policy: Policy) -> bool:
    """Whether no assessment of this evidence, now or later, could reach the lowest level."""
    weights = policy.weights
    alone, heard, more = _bounds(weights)
    fact = strength(evidence.objective_fact)
    if (
        evidence.deletions
        or evidence.promoted
        or evidence.influencers
        or evidence.media
        or evidence.spread.shares
        or evidence.counted_shares
    ):
        heard += more
    denial = strength(evidence.brand_denial) if evidence.complaint else 0.0
    grievance = max(evidence.grievance, denial)
    most = weights.baseline + fact * alone + grievance * heard
    return grievance < LIKELY and most < log_odds(policy.levels.watch.score)


def log_odds(score: float) -> float:
    """Of a probability; a hair lower, so that rounding cannot matter."""
    return math.log(score / (1 - score)) - 0.01


@lru_cache(maxsize=256)
def _bounds(weights: Weights) -> tuple[float, float, float]:
    """Log-odds per unit of fact, per unit of grievance, and per unit when it is passed on."""
    known = _KNOWN.issuperset(Weights.__struct_fields__)
    if not known or any(getattr(weights, name) > 0 for name in _CALMING):
        return math.inf, math.inf, math.inf
    return _most(weights, _ALONE), _most(weights, _ALWAYS), _most(weights, _WITHOUT)


def _most(weights: Weights, amounts: dict[str, float]) -> float:
    return sum(max(0.0, getattr(weights, name)) * most for name, most in amounts.items())
