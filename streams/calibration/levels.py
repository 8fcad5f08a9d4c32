"""The scores from which people are told: as many crises in time, as few controls, as can be had."""

from collections.abc import Callable, Iterable

from msgspec.structs import replace

from scoring.policy import Policy
from streams.calibration.outcome import Tally

ESCALATE = (0.4, 0.45, 0.5, 0.55, 0.6, 0.65, 0.7, 0.75)
RESPOND = (0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.55)
_STEP = 0.05
"""Between respond and escalate at least, so that the two are not one."""
_OUT = 0.4
"""Crisis comes at this part of the way from escalate to certainty."""
_WATCH = 2 / 3
"""Watch comes at this part of respond's score: it costs little, and nobody is paged."""


def choose(policy: Policy, judge: Callable[[Policy], Tally], tell: Callable[[str], None]) -> Policy:
    """The policy with the scores of its levels chosen by `judge`; first paging, then answering.

    Of equally good scores the middle one, which has room on both sides.
    """
    policy = _best(policy, ESCALATE, _escalating, judge, tell, "escalate")
    beneath = [score for score in RESPOND if score <= policy.levels.escalate.score - _STEP]
    return _best(policy, beneath, _responding, judge, tell, "respond")


def _best(
    policy: Policy,
    scores: Iterable[float],
    changed: Callable[[Policy, float], Policy],
    judge: Callable[[Policy], Tally],
    tell: Callable[[str], None],
    name: str,
) -> Policy:
    found: list[tuple[float, Policy]] = []
    for score in scores:
        candidate = changed(policy, score)
        seen = judge(candidate)
        tell(
            f"{name} at {score:.2f}: {seen.caught:.0%} caught in time, {seen.respected:.0%} left "
            f"alone, {seen.alarms:.2f} false alarms per 1,000, {seen.messages:.1f} messages each"
        )
        found.append((seen.worth, candidate))
    most = max(worth for worth, _ in found)
    good = [candidate for worth, candidate in found if worth >= most - 1e-9]
    return good[len(good) // 2]


def _escalating(policy: Policy, score: float) -> Policy:
    levels = policy.levels
    respond = min(levels.respond.score, round(score - _STEP, 2))
    crisis = round(score + _OUT * (1 - score), 2)
    levels = replace(
        levels,
        escalate=replace(levels.escalate, score=score),
        crisis=replace(levels.crisis, score=crisis),
    )
    return _responding(replace(policy, levels=levels), respond)


def _responding(policy: Policy, score: float) -> Policy:
    levels = policy.levels
    watch = max(round(score * _WATCH, 2), levels.hysteresis + 0.01)
    return replace(
        policy,
        levels=replace(
            levels,
            respond=replace(levels.respond, score=score),
            watch=replace(levels.watch, score=watch),
        ),
    )
