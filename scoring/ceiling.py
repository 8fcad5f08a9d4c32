"""How high a score could be at most, for next to nothing: most mentions need no assessment.

Nearly all that raises the score is multiplied by the grievance, so a conversation in which nobody
has much against the brand cannot open a case, whatever else is true of it. The bound is never too
low (`tests/scoring/test_ceiling.py`); a weight that this file does not know switches it off.
"""

import math
from typing import NamedTuple

from msgspec.structs import asdict

from scoring import prior
from scoring.bounded import strength
from scoring.evidence import MOST_NAMED, Evidence
from scoring.policy import Policy, Weights
from scoring.spread import most_expected

SILENCE = 6.0
"""The most that silence counts, in units of its weight."""

_PERSISTENCE, _COMPLAINANTS, _AUDIENCE = 4.0, 6.0, 4.0
_PASSED_ON = 12.1
"""log10 of one more than the most shares that a counter may show."""
_CALMING = {"defenders", "answer", "apology", "solution", "gesture", "satisfied", "calm"}
_KNOWN = _CALMING | {
    *("baseline", "anger", "objective_fact", "corporate_denial", "fact_denied"),
    *("influencer_sharing", "promotion", "proof", "harm", "deletion", "silence", "persistence"),
    *("hand_off", "out_of_sight", "contradiction"),
    *("complainants", "audience", "influencer", "forecast", "explosive", "media_coverage"),
}


def unremarkable(evidence: Evidence, policy: Policy) -> bool:
    """Whether no assessment of this evidence, now or later, could reach the lowest level."""
    bound = _bound(policy)
    if bound is None:
        return False
    weights = bound.weights
    fact = strength(evidence.objective_fact)
    by_brand = strength(evidence.brand_denial) if evidence.complaint else 0.0
    denial = max(by_brand, strength(evidence.reported_denial))
    alone = (
        weights.objective_fact * fact
        + weights.proof * strength(evidence.proof)
        + weights.harm * strength(evidence.harm)
    )
    backing = evidence.backing
    grievance = max(evidence.grievance, by_brand) * backing
    room = bound.room - alone
    if grievance * bound.heard < room:
        return True
    heard = (
        weights.anger * strength(evidence.anger)
        + weights.corporate_denial * denial
        + weights.fact_denied * fact * denial
        + weights.influencer_sharing * strength(evidence.influencer_sharing)
        + weights.silence * SILENCE * max(fact, denial)
        + weights.persistence * min(_PERSISTENCE, math.log2(evidence.mentions or 1))
        + weights.complainants * min(_COMPLAINANTS, math.log2(len(evidence.complainants) or 1))
    )
    if evidence.followers > 1000:
        heard += weights.audience * min(_AUDIENCE, math.log10(evidence.reach / 1000))
    if evidence.spread.shares or evidence.counted_shares:
        heard += weights.explosive
    most = most_expected(evidence.spread, evidence.counted_shares, prior.MOST)
    heard += weights.forecast * math.log10(1 + most)
    if evidence.influencers or evidence.media or evidence.promoted or evidence.deletions:
        heard += weights.influencer * 3 + weights.media_coverage * 2 + weights.promotion
        heard += weights.deletion * math.log2(1 + len(evidence.deletions))
    if evidence.acts:
        heard += weights.hand_off + weights.out_of_sight + weights.contradiction
    return grievance * heard < room


def log_odds(score: float) -> float:
    """Of a probability; a hair lower, so that rounding cannot matter."""
    return math.log(score / (1 - score)) - 0.01


class _Bound(NamedTuple):
    """What a policy's weights allow: those that raise, the most that they add up to, the room."""

    weights: Weights
    heard: float
    room: float


_bounds: dict[int, tuple[Policy, _Bound | None]] = {}
"""By the policy's address, which stays its own while it is held here: hashing one costs more."""
_MOST_POLICIES = 256


def _bound(policy: Policy) -> _Bound | None:
    known = _bounds.get(id(policy))
    if known is None:
        if len(_bounds) >= _MOST_POLICIES:
            _bounds.clear()
        known = _bounds[id(policy)] = (policy, _worked_out(policy))
    return known[1]


def _worked_out(policy: Policy) -> _Bound | None:
    weights = _raising(policy.weights)
    if weights is None:
        return None
    heard = (
        weights.anger
        + weights.corporate_denial
        + weights.fact_denied
        + weights.influencer_sharing
        + weights.silence * SILENCE
        + weights.persistence * _PERSISTENCE
        + weights.complainants * _COMPLAINANTS
        + weights.audience * _AUDIENCE
        + weights.forecast * _PASSED_ON
        + weights.explosive
        + weights.influencer * 3
        + weights.media_coverage * 2
        + weights.promotion
        + weights.deletion * math.log2(1 + MOST_NAMED)
        + weights.hand_off
        + weights.out_of_sight
        + weights.contradiction
    )
    return _Bound(weights, heard, log_odds(policy.levels.watch.score) - policy.weights.baseline)


def _raising(weights: Weights) -> Weights | None:
    """The weights without those that lower; None when one is not what this file takes it for."""
    if set(Weights.__struct_fields__) != _KNOWN or any(getattr(weights, n) > 0 for n in _CALMING):
        return None
    return Weights(**{name: max(0.0, value) for name, value in asdict(weights).items()})
