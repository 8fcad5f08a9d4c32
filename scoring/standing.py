"""What has been said of a case: its level with hysteresis, cool-down and repeat interval."""

import msgspec
from msgspec.structs import replace

from scoring.escalation import Status
from scoring.levels import Level, from_rank
from scoring.policy import Policy


class Standing(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    """The announced state; times in seconds, `rank` as in Level.rank with 0 for no case."""

    episode: int = 0
    rank: int = 0
    peak: int = 0
    said: int = 0
    said_at: float = 0.0
    said_score: float = 0.0
    below: tuple[float | None, ...] = (None,) * len(Level)
    """Since when the score is below where each level is left, None where it is not."""

    @property
    def open(self) -> bool:
        """Whether an episode is open."""
        return self.rank > 0


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """A message to send: `ordinal` counts the messages of an episode from 1."""

    status: Status
    level: Level
    episode: int
    ordinal: int


Move = tuple[Standing, Said | None]


def settle(
    standing: Standing, score: float, beyond: bool, at: float, policy: Policy, *, news: bool
) -> Move:
    """The standing after a score at time `at`, and the message that the change asks for.

    `news` tells whether a mention caused it: a timer alone never opens a case again.
    """
    wanted = _rank(score, beyond, policy)
    if wanted > standing.rank and (news or standing.open or standing.episode == 0):
        return _rise(standing, wanted, score, at, policy)
    if not standing.open:
        return standing, None
    standing = replace(standing, below=_below(standing, score, at, policy))
    if _lasted(standing.below[0], policy.levels.quiet_s, at):
        return _fall(standing, 0, score, at)
    # A case that cools is still watched until it has been quiet.
    left = _lasted(standing.below[standing.rank - 1], policy.levels.cool_down_s, at)
    if left and standing.rank > 1:
        return _fall(standing, _kept(standing, beyond, at, policy), score, at)
    return _repeat(standing, score, at, policy) if news else (standing, None)


def deadlines(standing: Standing, policy: Policy) -> list[float]:
    """Times (seconds) at which a level may have to be left, passed ones among them."""
    rules = policy.levels
    times = [
        since + rules.cool_down_s
        for since in standing.below[1 : standing.rank]
        if since is not None
    ]
    quiet_since = standing.below[0]
    return times if quiet_since is None else [*times, quiet_since + rules.quiet_s]


def close(standing: Standing, score: float, at: float) -> Move:
    """The standing after an open case is resolved."""
    return _fall(standing, 0, score, at)


def _rank(score: float, beyond: bool, policy: Policy) -> int:
    reached = 0
    for level in Level:
        rule = policy.levels.rule(level)
        if score >= rule.score and (beyond or not rule.beyond_audience):
            reached = level.rank
    return reached


def _below(standing: Standing, score: float, at: float, policy: Policy) -> tuple[float | None, ...]:
    exits = [policy.levels.rule(level).score - policy.levels.hysteresis for level in Level]
    return tuple(
        None if score >= exit_score else at if since is None else since
        for exit_score, since in zip(exits, standing.below, strict=True)
    )


def _lasted(since: float | None, seconds: float, at: float) -> bool:
    return since is not None and at >= since + seconds


def _kept(standing: Standing, beyond: bool, at: float, policy: Policy) -> int:
    """The highest level below the present one that is not to be left as well."""
    for rank in range(standing.rank - 1, 1, -1):
        level = from_rank(rank)
        assert level is not None  # ranks from 2 up are levels
        allowed = beyond or not policy.levels.rule(level).beyond_audience
        if allowed and not _lasted(standing.below[rank - 1], policy.levels.cool_down_s, at):
            return rank
    return 1


def _rise(standing: Standing, rank: int, score: float, at: float, policy: Policy) -> Move:
    status = Status.UPDATE if standing.open else Status.OPEN
    if not standing.open:
        standing = Standing(episode=standing.episode + 1)
    standing = replace(standing, below=_below(standing, score, at, policy))
    return _say(standing, status, rank, score, at)


def _fall(standing: Standing, rank: int, score: float, at: float) -> Move:
    return _say(standing, Status.UPDATE if rank else Status.RESOLVED, rank, score, at)


def _repeat(standing: Standing, score: float, at: float, policy: Policy) -> Move:
    moved = abs(score - standing.said_score) >= policy.update_change
    if not moved or at - standing.said_at < policy.repeat_interval_s:
        return standing, None
    return _say(standing, Status.UPDATE, standing.rank, score, at)


def _say(standing: Standing, status: Status, rank: int, score: float, at: float) -> Move:
    peak = max(standing.peak, rank)
    said = standing.said + 1
    after = replace(standing, rank=rank, peak=peak, said=said, said_at=at, said_score=score)
    level = from_rank(rank or peak)
    assert level is not None  # a message is only ever said of a case that reached a level
    return after, Said(status=status, level=level, episode=standing.episode, ordinal=said)
