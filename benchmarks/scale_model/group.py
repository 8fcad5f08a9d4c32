"""A consumer group whose members come, go and crash: how late its mentions get.

A fluid queue per partition. Faust's rebalances are eager: every partition of the group stands still
until all members have joined again, and one that moved stands still until its state is read.
"""

import enum
from collections.abc import Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

STEP_S = 0.1


class What(enum.StrEnum):
    """What happens to a member."""

    LEAVE = "leave"
    CRASH = "crash"
    JOIN = "join"


class Event(msgspec.Struct, frozen=True):
    """At a time (seconds)."""

    at: float
    what: What


class Group(msgspec.Struct, frozen=True, kw_only=True):
    """`rebalance_s` and `session_s` as measured and as set; `recover_s` to read moved state."""

    partitions: int
    workers: int
    rate: float
    capacity: float
    """Mentions per second of one worker."""
    rebalance_s: float = 7.0
    session_s: float = 10.0
    recover_s: float = 0.0
    skew: float = 0.0
    """Spread of the partitions' rates (the sigma of a log-normal)."""


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """Latencies in seconds: the worst of a partition, and how much of all mentions were late."""

    worst: float
    late_1s: float
    late_30s: float
    calm_at: float
    """When no partition was more than a second behind any more, after the last event."""


def simulate(group: Group, events: Sequence[Event], lasts_s: float, seed: int = 1) -> Seen:
    """Runs the group for so long."""
    weights = np.random.default_rng(seed).lognormal(0.0, group.skew, group.partitions)
    arrivals = group.rate * weights / weights.sum()
    backlog = np.zeros(group.partitions)
    free_at = np.zeros(group.partitions)
    owner = np.arange(group.partitions) % group.workers
    workers, dead = group.workers, -1
    pending = sorted(events, key=lambda event: event.at)
    shares: list[tuple[float, int]] = []
    worst = late_1 = late_30 = 0.0
    calm = 0.0
    last = max((event.at for event in events), default=0.0)
    for step in range(int(lasts_s / STEP_S)):
        now = step * STEP_S
        while pending and pending[0].at <= now:
            event = pending.pop(0)
            if event.what is What.CRASH:
                dead = workers - 1
                free_at[owner == dead] = np.inf
                shares.append((now + group.session_s, -1))
            else:
                shares.append((now, 1 if event.what is What.JOIN else -1))
        while shares and shares[0][0] <= now:
            _, change = shares.pop(0)
            workers, dead = max(1, workers + change), -1
            before, owner = owner, _shared(owner, workers)
            # All that stood still for want of an owner has one now; the rebalance stops the rest.
            free_at = np.full(group.partitions, now + group.rebalance_s)
            free_at[before != owner] += group.recover_s
        backlog += arrivals * STEP_S
        able = free_at <= now
        for worker in range(workers):
            mine = able & (owner == worker)
            waiting = backlog[mine].sum()
            if waiting > 0:
                backlog[mine] *= max(0.0, 1 - group.capacity * STEP_S / waiting)
        latency = backlog / arrivals
        worst = max(worst, float(latency.max()))
        late_1 += float(arrivals[latency > 1].sum()) * STEP_S
        late_30 += float(arrivals[latency > 30].sum()) * STEP_S
        if latency.max() > 1:
            calm = now
    total = group.rate * lasts_s
    return Seen(
        worst=worst, late_1s=late_1 / total, late_30s=late_30 / total, calm_at=max(0, calm - last)
    )


def _shared(owner: NDArray[np.int64], workers: int) -> NDArray[np.int64]:
    """As few partitions move as may, as Faust's assignor sees to."""
    after = owner.copy()
    counts = np.bincount(after[after < workers], minlength=workers)
    for partition in np.flatnonzero(after >= workers):
        after[partition] = counts.argmin()
        counts[after[partition]] += 1
    while counts.max() - counts.min() > 1:
        moved = np.flatnonzero(after == counts.argmax())[0]
        counts[after[moved]] -= 1
        after[moved] = counts.argmin()
        counts[after[moved]] += 1
    return after


def rolling(workers: int, every_s: float, begin_s: float = 10.0) -> list[Event]:
    """Each member leaves and a new one joins half an interval later."""
    return [
        event
        for number in range(workers)
        for event in (
            Event(begin_s + number * every_s, What.LEAVE),
            Event(begin_s + (number + 0.5) * every_s, What.JOIN),
        )
    ]
