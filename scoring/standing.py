"""What has been said of a case: its level with hysteresis, cool-down and repeat interval."""

import msgspec

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
    below_since: float | None = None

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
        return _rise(standing, wanted, score, at)
    if not standing.open:
        return standing, None
    if score < _exit_score(standing.rank, policy):
        since = at if standing.below_since is None else standing.below_since
        standing = msgspec.structs.replace(standing, below_since=since)
        if at - since >= policy.levels.cool_down_s:
            return _fall(standing, wanted, score, at)
    elif standing.below_since is not None:
        standing = msgspec.structs.replace(standing, below_since=None)
    return _repeat(standing, score, at, policy)


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


def _exit_score(rank: int, policy: Policy) -> float:
    level = from_rank(rank)
    return policy.levels.rule(level).score - policy.levels.hysteresis if level else 0.0


def _rise(standing: Standing, rank: int, score: float, at: float) -> Move:
    if not standing.open:
        standing = Standing(episode=standing.episode + 1)
        status = Status.OPEN
    else:
        status = Status.UPDATE
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
    after = Standing(
        episode=standing.episode,
        rank=rank,
        peak=peak,
        said=said,
        said_at=at,
        said_score=score,
        below_since=None if rank != standing.rank else standing.below_since,
    )
    level = from_rank(rank or peak)
    assert level is not None  # a message is only ever said of a case that reached a level
    return after, Said(status=status, level=level, episode=standing.episode, ordinal=said)
