"""What a person's command does to a case, and until when."""

from msgspec.structs import replace

from scoring.command import Action, Command
from scoring.policy import Policy
from scoring.standing import Standing

SAME_CLOCK_S = 3 * 86_400.0
"""People's clock and event time are the same if they differ by less: a silent partition's event
time stands still until something is due. Else a recording is being replayed."""


def ordered(standing: Standing, command: Command, now: float, policy: Policy) -> Standing:
    """The standing after a command that is read at event time `now` (seconds).

    A case that is not open any more has nothing to decide, nor has an old ticket about one that
    flared up again: the standing stays as it is. What opens again does so by `reopens`.
    """
    if not standing.open or command.episode not in (None, standing.episode):
        return standing
    in_hand = max(standing.acknowledged, standing.rank)
    match command.action:
        case Action.ACKNOWLEDGE:
            return replace(standing, acknowledged=in_hand, owner=standing.owner or command.by)
        case Action.ASSIGN:
            owner = command.assignee or command.by
            return replace(standing, acknowledged=in_hand, owner=owner)
        case Action.RESOLVE:
            return replace(standing, dismissed=True)
        case Action.RELEASE:
            return replace(standing, acknowledged=0, owner="")
        case Action.WAKE:
            if not standing.snooze_until:
                return standing
            return replace(standing, snoozed=0, snooze_until=0.0, held_until=now)
        case Action.REOPEN:
            return standing
        case Action.SNOOZE:
            until = _until(command, now, policy)
            if until <= now:
                return standing
            owner = standing.owner or command.by
            return replace(
                standing,
                acknowledged=in_hand,
                owner=owner,
                snoozed=standing.rank,
                snooze_until=until,
                held_until=until,
            )


def reopens(standing: Standing, command: Command) -> bool:
    """Whether a command opens a case again: the episode that it names is the last, and over."""
    over = standing.episode > 0 and not standing.open
    return over and command.action is Action.REOPEN and command.episode in (None, standing.episode)


def _until(command: Command, now: float, policy: Policy) -> float:
    """When a snooze ends in event time; as long as was asked for where that is another clock."""
    assert command.until is not None  # the decoder asks for it
    given, until = command.at.timestamp(), command.until.timestamp()
    if abs(given - now) > SAME_CLOCK_S:
        until += now - given
    return min(until, now + policy.snooze_at_most_s)
