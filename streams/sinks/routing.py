"""Which sinks an escalation goes to: the first route that matches, and on where it says so."""

from collections.abc import Sequence

from scoring.escalation import Escalation
from scoring.policy import Policy
from streams.sinks.settings import Route, words


def route(
    routes: Sequence[Route], policy: Policy, said: Escalation, lang: str
) -> tuple[Route, ...]:
    """The routes taken, in order; none where nothing matches."""
    taken = []
    for one in routes:
        if matches(one, policy, said, lang):
            taken.append(one)
            if not one.go_on:
                break
    return tuple(taken)


def sinks(routes: Sequence[Route]) -> tuple[str, ...]:
    """The sinks of the routes taken, each once."""
    return tuple(dict.fromkeys(name for one in routes for name in one.sinks))


def matches(one: Route, policy: Policy, said: Escalation, lang: str) -> bool:
    """Whether everything that the route says holds of the escalation.

    Quiet hours are looked up at the escalation's own time, so that a late delivery takes the same
    way. An end carries the highest level of its case, hence takes the way of the worst message.
    """
    if said.level.rank < one.min_level.rank:
        return False
    if one.kind is not None and said.kind is not one.kind:
        return False
    if one.brand and said.brand not in words(one.brand):
        return False
    if one.lang and lang not in words(one.lang):
        return False
    if one.label and not labels(said) & set(words(one.label)):
        return False
    if one.hours is None:
        return True
    quiet = policy.for_brand(said.brand).hush(said.at.timestamp()) is not None
    return quiet == (one.hours == "inside")


def labels(said: Escalation) -> set[str]:
    """The names of the evidence that counts against the brand."""
    return {term.signal for term in said.why if term.weight > 0}
