"""What has been said of a case: its level with hysteresis, cool-down and repeat interval."""

import msgspec
from msgspec.structs import replace

from scoring.escalation import Status
from scoring.hush import Hush, both
from scoring.levels import Level, from_rank
from scoring.policy import Policy


class Standing(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    """The announced state; times in seconds, `rank` as in Level.rank with 0 for no case.

    What people said of it: `owner` has it in hand up to the rank `acknowledged`; up to the rank
    `snoozed` nobody asks again before `snooze_until`; what is `dismissed` is to be resolved.
    """

    episode: int = 0
    rank: int = 0
    peak: int = 0
    said: int = 0
    said_at: float = 0.0
    said_score: float = 0.0
    below: tuple[float | None, ...] = (None,) * len(Level)
    """Since when the score is below where each level is left, None where it is not."""
    reached: tuple[float | None, ...] = ()
    """Since when the score is where each level is reached; empty where no level waits for it."""
    held_until: float = 0.0
    """When that is decided anew which a hush has held back, 0 when it held nothing back."""
    snoozed: int = 0
    snooze_until: float = 0.0
    acknowledged: int = 0
    dismissed: bool = False
    owner: str = ""

    @property
    def open(self) -> bool:
        """Whether an episode is open."""
        return self.rank > 0

    @property
    def idle(self) -> bool:
        """Whether nothing is open, nor held back, nor waits for a level to have lasted."""
        if self.rank or self.held_until > 0:
            return False
        return not self.reached or not any(at is not None for at in self.reached)


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """A message to send: `ordinal` counts the messages of an episode from 1."""

    status: Status
    level: Level
    episode: int
    ordinal: int


Move = tuple[Standing, Said | None]


def settle(
    standing: Standing,
    score: float,
    beyond: bool,
    at: float,
    policy: Policy,
    *,
    news: bool,
    over: bool = False,
    again: bool = False,
) -> Move:
    """The standing after a score at time `at`, and the message that the change asks for.

    `news` tells whether a mention caused it: a timer alone never opens a case again, unless what
    a mention caused was held back until now. What is `over` is resolved whatever its score. What a
    person opens `again` is open at the lowest level at least, quiet hours or not.
    """
    woken = 0 < standing.held_until <= at
    if woken:
        standing = replace(standing, held_until=0.0)
    if standing.open:
        standing = replace(standing, below=_below(standing, score, at, policy))
    news = news or woken
    wanted = rank_of(score, beyond, policy)
    standing, wanted, ripe = _waited(standing, wanted, at, policy, news=news)
    news = news or ripe
    if again and not standing.open:
        return _rise(standing, max(wanted, 1), score, at, policy)
    rank = _called_for(standing, wanted, score, beyond, at, policy, news=news, over=over)
    if rank is None:
        return standing, None
    hush = hushed(standing, at, policy)
    if hush and not standing.dismissed and (rank < standing.rank or rank < hush.passes):
        return replace(standing, held_until=hush.until), None
    if rank > standing.rank:
        return _rise(standing, rank, score, at, policy)
    if rank == standing.rank:
        return _say(standing, Status.UPDATE, rank, score, at)
    return _fall(standing, rank, score, at, policy)


def hushed(standing: Standing, at: float, policy: Policy) -> Hush | None:
    """What goes unsaid at `at`: quiet hours, maintenance, and what a person snoozed."""
    hush = policy.hush(at)
    if standing.open and at < standing.snooze_until:
        return both(hush, Hush(standing.snoozed + 1, standing.snooze_until))
    return hush


def deadlines(standing: Standing, policy: Policy) -> list[float]:
    """Times (seconds) at which there may be something to say, passed ones among them."""
    rules = policy.levels
    times = [
        since + rule.for_s
        for rank, (since, rule) in enumerate(zip(standing.reached, rules.rules, strict=False), 1)
        if since is not None and rank > standing.rank
    ]
    if standing.held_until:
        times.append(standing.held_until)
    if not standing.open:
        return times
    times += [
        since + rules.cool_down_s
        for since in standing.below[1 : standing.rank]
        if since is not None
    ]
    quiet_since = standing.below[0]
    return times if quiet_since is None else [*times, quiet_since + rules.quiet_s]


def _called_for(
    standing: Standing,
    wanted: int,
    score: float,
    beyond: bool,
    at: float,
    policy: Policy,
    *,
    news: bool,
    over: bool,
) -> int | None:
    """The rank that a message is due about, 0 for `resolved`, None when none is."""
    if not standing.open:
        settled = at < standing.snooze_until and wanted <= standing.snoozed
        opens = wanted and not settled and (news or standing.episode == 0)
        return wanted if opens else None
    if over or standing.dismissed:
        return 0
    if wanted > standing.rank:
        return wanted
    if _lasted(standing.below[0], policy.levels.quiet_s, at):
        return 0
    # A case that cools is told once at a lower level, at which nobody is paged, and then resolved.
    left = _lasted(standing.below[standing.rank - 1], policy.levels.cool_down_s, at)
    if left and standing.rank > Level.RESPOND.rank:
        kept = _kept(standing, beyond, at, policy)
        if kept <= Level.RESPOND.rank:
            return kept
    if 0 < standing.snooze_until <= at:
        return standing.rank
    return standing.rank if news and _telling(standing, score, at, policy) else None


def rank_of(score: float, beyond: bool, policy: Policy) -> int:
    """The rank of the level that a score reaches by itself, 0 for none."""
    reached = 0
    for rank, rule in enumerate(policy.levels.rules, start=1):
        if score >= rule.score and (beyond or not rule.beyond_audience):
            reached = rank
    return reached


def _waited(
    standing: Standing, wanted: int, at: float, policy: Policy, *, news: bool
) -> tuple[Standing, int, bool]:
    """How long each level has been reached, the highest that waited enough, and if it had to.

    A level that the case has already needs no second wait.
    """
    rules = policy.levels.rules
    if not any(rule.for_s for rule in rules):
        return standing, wanted, False
    known = standing.reached or (None,) * len(rules)
    start = at if news or standing.open or standing.episode == 0 else None
    reached = tuple(
        None if wanted < rank else start if since is None else since
        for rank, since in enumerate(known, start=1)
    )
    enough = [
        rank
        for rank, (since, rule) in enumerate(zip(reached, rules, strict=True), start=1)
        if since is not None and (rank <= standing.rank or at >= since + rule.for_s)
    ]
    granted = max(enough, default=0)
    waited = granted > 0 and rules[granted - 1].for_s > 0
    return replace(standing, reached=reached), granted, waited


def _below(standing: Standing, score: float, at: float, policy: Policy) -> tuple[float | None, ...]:
    hysteresis = policy.levels.hysteresis
    return tuple(
        None if score >= rule.score - hysteresis else at if since is None else since
        for rule, since in zip(policy.levels.rules, standing.below, strict=True)
    )


def _lasted(since: float | None, seconds: float, at: float) -> bool:
    return since is not None and at >= since + seconds


def _kept(standing: Standing, beyond: bool, at: float, policy: Policy) -> int:
    """The highest level below the present one that is not to be left as well."""
    for rank in range(standing.rank - 1, 1, -1):
        allowed = beyond or not policy.levels.rules[rank - 1].beyond_audience
        if allowed and not _lasted(standing.below[rank - 1], policy.levels.cool_down_s, at):
            return rank
    return 1


def _telling(standing: Standing, score: float, at: float, policy: Policy) -> bool:
    """Whether news of the same level is worth a message: it is worse, it is time, nobody has it.

    What gets better is told by the level that it falls to.
    """
    moved = score - standing.said_score >= policy.update_change
    rested = at - standing.said_at >= policy.repeat_interval_s
    return moved and rested and standing.acknowledged < standing.rank


def _rise(standing: Standing, rank: int, score: float, at: float, policy: Policy) -> Move:
    if standing.open:
        return _say(standing, Status.UPDATE, rank, score, at)
    began = Standing(episode=standing.episode + 1, reached=standing.reached)
    began = replace(began, below=_below(began, score, at, policy))
    return _say(began, Status.OPEN, rank, score, at)


def _fall(standing: Standing, rank: int, score: float, at: float, policy: Policy) -> Move:
    if rank:
        return _say(standing, Status.UPDATE, rank, score, at)
    dismissed, had = standing.dismissed, standing.rank
    after, said = _say(standing, Status.RESOLVED, 0, score, at)
    after = replace(after, reached=(), acknowledged=0, dismissed=False)
    if dismissed:  # whoever said that it is over is not asked about the same again at once
        after = replace(after, snoozed=had, snooze_until=at + policy.levels.quiet_s)
    return after, said


def begun(standing: Standing, rank: int, score: float, at: float) -> tuple[Standing, Said]:
    """The standing of an open case of which nothing was said until now, at `rank`."""
    return _say(replace(standing, peak=0), Status.OPEN, rank, score, at)


def _say(
    standing: Standing, status: Status, rank: int, score: float, at: float
) -> tuple[Standing, Said]:
    peak = max(standing.peak, rank)
    said = standing.said + 1
    after = replace(
        standing,
        rank=rank,
        peak=peak,
        said=said,
        said_at=at,
        said_score=score,
        held_until=0.0,
        snoozed=0,
        snooze_until=0.0,
    )
    level = from_rank(rank or peak)
    assert level is not None  # a message is only ever said of a case that reached a level
    return after, Said(status=status, level=level, episode=standing.episode, ordinal=said)
