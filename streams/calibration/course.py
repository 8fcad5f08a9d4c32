"""The whole course of a calibration: look, fit, choose levels, and say how it went."""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from scoring.policy import Policy
from scoring.scored import Scored
from streams.calibration import fit, levels
from streams.calibration.looks import Array, Look, look_at
from streams.calibration.outcome import Tally, outcome, tally
from streams.errors import UsageError
from streams.histories.label import History

PULLS = (0.03, 0.3, 1.0, 3.0)
"""How strongly weights may be drawn to those set; cross-validation by kind chooses."""
_FOLDS = 5
_CLIP = 1e-4

Told = Sequence[tuple[History, Sequence[Scored]]]
Tell = Callable[[str], None]


class Calibrated(NamedTuple):
    """The fitted policy, the pull that was chosen, and the log loss on kinds left out.

    `loss_before` is that of the policy that was set; `tally` is of the histories of the fit.
    """

    policy: Policy
    pull: float
    loss: float
    loss_before: float
    tally: Tally


def calibrate(told: Told, policy: Policy, tell: Tell) -> Calibrated:
    """Fits weights and levels to histories with their scores."""
    looks: list[Look] = []
    for number, (history, scored) in enumerate(told, start=1):
        looks += look_at(history, scored, policy)
        if number % 20 == 0 or number == len(told):
            tell(f"looked at {number} of {len(told)} histories")
    check(looks)
    before = log_loss(looks, policy)
    left: dict[float, Array] = {}
    for pull in PULLS:
        left[pull] = left_out(looks, policy, pull)
        loss = mean(left[pull], looks)
        tell(f"pull {pull:g}: log loss {loss:.3f} on kinds left out (as set: {before:.3f})")
    pull = chosen(left, looks)
    fitted = fit.fit(looks, policy, pull)

    def judge(candidate: Policy) -> Tally:
        return tally([outcome(history, scored, candidate) for history, scored in told])

    settled = levels.choose(fitted, judge, tell)
    return Calibrated(settled, pull, mean(left[pull], looks), before, judge(settled))


def check(looks: Sequence[Look]) -> None:
    """Raises UsageError where there is nothing to learn."""
    if len({look.kind for look in looks}) < 2:
        raise UsageError("one history teaches nothing about others: give more recordings")
    if len({look.crisis for look in looks}) < 2:
        raise UsageError(
            "nothing to tell apart: there must be looks within a day before a crisis, and others "
            "(a crisis within a quarter of an hour of the first mention gives none)"
        )


def chosen(left: Mapping[float, Array], looks: Sequence[Look]) -> float:
    """The strongest pull that is no worse than the best by more than chance would have it.

    `left` holds each pull's losses on kinds left out. One standard error over kinds (Breiman,
    Friedman, Olshen and Stone 1984, section 3.4.3): there are few kinds, and what people know of
    crises beyond them is in the weights that were set.
    """
    worth = fit.worth(looks)
    kinds = np.array([look.kind for look in looks])
    best = min(left, key=lambda pull: float(np.average(left[pull], weights=worth)))
    for pull in sorted(left, reverse=True):
        more = (left[pull] - left[best]) * worth
        each = np.array([more[kinds == kind].sum() for kind in sorted(set(kinds))]) / len(looks)
        if each.sum() <= each.std(ddof=1) * np.sqrt(len(each)):
            return pull
    return best


def left_out(looks: Sequence[Look], policy: Policy, pull: float, steps: int = fit.STEPS) -> Array:
    """Log loss of each look under weights that were not fitted on its kind; five folds."""
    kinds = sorted({look.kind for look in looks})
    score = np.zeros(len(looks))
    for fold in range(min(_FOLDS, len(kinds))):
        out = set(kinds[fold::_FOLDS])
        found = fit.fit([look for look in looks if look.kind not in out], policy, pull, steps)
        tested = [number for number, look in enumerate(looks) if look.kind in out]
        score[tested] = fit.scores([looks[number] for number in tested], found)
    return _losses(looks, score)


def log_loss(looks: Sequence[Look], policy: Policy) -> float:
    """Mean log loss of the scores, in nats, each look for what it is worth."""
    return mean(_losses(looks, fit.scores(looks, policy)), looks)


def mean(losses: Array, looks: Sequence[Look]) -> float:
    """Their mean, each look for what it is worth."""
    return float(np.average(losses, weights=fit.worth(looks)))


def _losses(looks: Sequence[Look], score: Array) -> Array:
    came = np.array([look.crisis for look in looks], dtype=float)
    sure = np.clip(score, _CLIP, 1 - _CLIP)
    losses: Array = -(came * np.log(sure) + (1 - came) * np.log(1 - sure))
    return losses
