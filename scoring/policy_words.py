"""A policy in words, for whoever has to answer for it."""

import math
import re
from collections.abc import Iterator
from functools import cache
from importlib import resources

from msgspec.structs import asdict

from scoring.hush import DAYS, Maintenance, QuietHours
from scoring.levels import Level
from scoring.policy import Policy, default
from scoring.policy_changes import changes

_SAYS = {
    Level.WATCH: "a person should know that it exists",
    Level.RESPOND: "answer now, in public",
    Level.ESCALATE: "page the owner: it is about to spread",
    Level.CRISIS: "it is out",
}
_LINE = re.compile(r"^(\w+) = \S+\s+# (.+)$", re.MULTILINE)
_UNITS = ((86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second"))


def words(policy: Policy) -> Iterator[str]:
    """The policy, line by line; an empty line between its parts."""
    yield f"Policy {policy.label}"
    yield ""
    yield from _levels(policy)
    yield ""
    yield from _calm(policy)
    yield ""
    yield "What moves the score of a conversation (log-odds a unit; times the odds; the unit):"
    yield from _weights(asdict(policy.weights), "weights")
    yield ""
    yield from _incidents(policy)
    yield ""
    yield from _own(policy)


def span(seconds: float) -> str:
    """`6 hours`, `90 minutes`, `2.5 days`."""
    for size, name in _UNITS:
        number = seconds / size
        if number >= 1 and (number.is_integer() or size == 1 or number >= 10):
            return f"{number:,.3g} {name}{'' if number == 1 else 's'}"
    return f"{seconds:g} seconds"


def _levels(policy: Policy) -> Iterator[str]:
    rules = policy.levels
    yield "The score is how likely a crisis is within 24 hours if the brand does nothing."
    yield "A case is opened, and raised, when its score reaches a level:"
    for level in Level:
        rule = rules.rule(level)
        lasting = f", once it has lasted {span(rule.for_s)}" if rule.for_s else ""
        outside = ", and beyond the brand's own audience" if rule.beyond_audience else ""
        yield f"  {level:<9} from {rule.score:>5.1%}{lasting}{outside}: {_SAYS[level]}"
    beyond = policy.beyond
    yield (
        f"Beyond its own audience is what {beyond.media} of the media, {beyond.influencers} "
        f"influencers, or authors with {beyond.reach:,} followers in all took up."
    )
    yield (
        f"A level is left after {span(rules.cool_down_s)} more than {rules.hysteresis * 100:g} "
        "points below it."
    )
    yield (
        f"A case is resolved, once, after {span(rules.quiet_s)} below "
        f"{rules.watch.score - rules.hysteresis:.1%}, or {span(rules.resolve_after_s)} after its "
        "last news."
    )


def _calm(policy: Policy) -> Iterator[str]:
    yield (
        f"Besides changes of level, at most one message in {span(policy.repeat_interval_s)}, "
        f"and only if the score rose by {policy.update_change * 100:g} points."
    )
    yield "None of these while somebody has acknowledged that level."
    yield (
        f"A snooze asks again when it ends, after {span(policy.snooze_at_most_s)} at the latest; "
        "a higher level ends it."
    )
    for hours in policy.quiet_hours:
        yield _quiet(hours, policy.timezone)
    for window in policy.maintenance:
        yield _window(window)
    if not policy.quiet_hours and not policy.maintenance:
        yield "No quiet hours and no maintenance windows: whatever is due is said at any time."
    yield (
        f"Mentions up to {span(policy.allowed_lateness_s)} out of order may raise an alarm; later "
        "ones are facts alone."
    )


def _quiet(hours: QuietHours, timezone: str) -> str:
    days = "every day" if set(hours.days) == set(DAYS) else "on " + ", ".join(hours.days)
    return (
        f"Quiet {days} from {hours.begin} to {hours.until} ({timezone}): what is below "
        f"{hours.unless} waits for the end."
    )


def _window(window: Maintenance) -> str:
    note = f" ({window.note})" if window.note else ""
    begin, until = (time.isoformat(" ", "minutes") for time in (window.begin, window.until))
    return f"Maintenance{note} from {begin} to {until}: what is below {window.unless} waits."


def _weights(weights: dict[str, float], table: str) -> Iterator[str]:
    units = _units()[table]
    baseline = weights["baseline"]
    yield f"  it begins at {1 / (1 + math.exp(-baseline)):.2%} (baseline {baseline:+g})"
    for name, weight in sorted(weights.items(), key=lambda item: -abs(item[1])):
        if name != "baseline":
            times = f"x{math.exp(weight):.3g}"
            yield f"  {name:<19} {weight:+5.2f}  {times:<8} {units.get(name, '')}".rstrip()


def _incidents(policy: Policy) -> Iterator[str]:
    rules = policy.incident
    windows = " or ".join(span(window) for window in rules.windows_s)
    yield (
        f"An incident of a brand may open when {rules.opens_authors} people or more complain "
        f"within {windows},"
    )
    yield f"if that has a chance of 1 in {10**rules.opens_surprise:,.0f} at most by what is usual."
    yield f"Its levels are left after {span(rules.cool_down_s)}."
    yield "What moves its score:"
    yield from _weights(asdict(rules.weights), "incident.weights")


def _own(policy: Policy) -> Iterator[str]:
    own = changes(default(), policy)
    if not own:
        yield "It is the policy that ships."
        return
    yield "Different from the policy that ships:"
    for change in own:
        yield f"  {change.key}: {_value(change.new)} instead of {_value(change.old)}"


def _value(value: object) -> str:
    return "nothing" if value is None else str(value)


@cache
def _units() -> dict[str, dict[str, str]]:
    """The unit of each weight, which stands beside it in the policy that ships."""
    text = resources.files("scoring").joinpath("policy.toml").read_text("utf-8")
    tables = re.split(r"^\[([\w.]+)\]", text, flags=re.MULTILINE)
    return {
        name: dict(_LINE.findall(body))
        for name, body in zip(tables[1::2], tables[2::2], strict=True)
        if name.endswith("weights")
    }
