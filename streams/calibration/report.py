"""What a calibration is told as: the heading of the file, and what moved."""

from collections.abc import Iterator

from msgspec.structs import asdict

from scoring.levels import Level
from scoring.policy import Policy
from streams.calibration.course import Calibrated


def heading(found: Calibrated, model: str, histories: int, crises: int) -> str:
    """How the numbers came about, for the top of the policy file."""
    seen = found.tally
    return (
        f"Fitted by `tocsin calibrate policy` to {histories} histories, {crises} of them crises,\n"
        f"read by {model}.\n"
        f"On kinds left out: log loss {found.loss:.3f} (as set: {found.loss_before:.3f}).\n"
        f"On the histories of the fit: {seen.caught:.0%} of crises caught in time,\n"
        f"{seen.respected:.0%} of controls left alone, {seen.alarms:.2f} false alarms per 1,000\n"
        "ordinary mentions.\n"
    )


def table(before: Policy, found: Calibrated) -> str:
    """Every number that was fitted, beside what it was."""
    return "\n".join(_lines(before, found.policy))


def _lines(before: Policy, after: Policy) -> Iterator[str]:
    yield f"{'':<32}{'was':>8}{'is':>8}"
    for level, old, new in zip(Level, before.levels.rules, after.levels.rules, strict=True):
        yield f"{f'levels.{level}.score':<32}{old.score:>8.2f}{new.score:>8.2f}"
    for name, value in asdict(before.weights).items():
        yield f"{f'weights.{name}':<32}{value:>8.2f}{asdict(after.weights)[name]:>8.2f}"
    own = asdict(after.incident.weights)
    for name, value in asdict(before.incident.weights).items():
        yield f"{f'incident.weights.{name}':<32}{value:>8.2f}{own[name]:>8.2f}"
