"""What the decision costs, and that it stays flat: stories, ordinary traffic, a million threads."""

import argparse
import gc
import resource
import statistics
import sys
import time
from collections.abc import Callable, Sequence

import msgspec

from benchmarks import traffic
from scoring import policy
from scoring.history import History
from scoring.partition import Partition
from scoring.scored import Scored
from streams import stories
from streams.scorer.reader import Reader

ROUNDS = 3
GOAL_A_SECOND = 20_000
GOAL_BYTES = 4096


def main(arguments: Sequence[str] = ()) -> None:
    """Prints mentions per second and bytes per conversation; times are of this process's CPU."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks fold")
    parser.add_argument("--mentions", type=int, default=100_000, help="of ordinary traffic")
    parser.add_argument("--most", type=int, default=100_000, help="conversations to grow to")
    parser.add_argument("--stories", action="store_true", help="the case library as well: a model")
    options = parser.parse_args(arguments)
    ordinary(options.mentions)
    growth(options.most)
    if options.stories:
        library()


def ordinary(count: int) -> None:
    """A dozen brands: the whole decision, and the state it leaves."""
    events = list(traffic.mentions(count))
    taken = _best(lambda: _replay(events))
    print(
        f"ordinary traffic: {count / taken:,.0f} mentions per second "
        f"({count / taken / GOAL_A_SECOND:.2f} of the goal), {count} mentions, 12 brands"
    )
    partition = Partition(policy.default())
    for event in events:
        partition.mention(event)
    sizes = _sizes(partition)
    print(_told("state per conversation", sizes))
    busy = sorted(partition.cases.values(), key=lambda case: -case.evidence.mentions)
    full = [case for case in busy if len(case.evidence.newest) >= 50]
    if full:
        print(_told("with the ids of 50 mentions", [_size(case) for case in full]))


def growth(most: int) -> None:
    """Time per mention of the same traffic with ever more conversations held."""
    batch, first = 10_000, 0.0
    partition = Partition(policy.default())
    events = traffic.mentions(most * 3 + 10 * batch, per_conversation=2.0, a_day=most)
    held = 1_000
    while held <= most:
        while len(partition.cases) < held:
            partition.mention(next(events))
        part = [next(events) for _ in range(batch)]
        gc.collect()
        started = time.process_time()
        for event in part:
            partition.mention(event)
        taken = (time.process_time() - started) / batch * 1e6
        first = first or taken
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(
            f"{held:>9,} conversations held: {taken:5.1f} us per mention, "
            f"{taken / first:.2f} times the first, {memory:,.0f} MB"
        )
        held *= 10


def library() -> None:
    """Each story of the case library, the clock's running on until all is at rest included."""
    reader = Reader()
    sizes: list[int] = []
    for slug in stories.slugs():
        scored = reader.read(stories.load(slug).mentions)
        taken = _best(lambda told=scored: _replay(told)) / len(scored) * 1e6  # type: ignore[misc]
        print(f"{slug:<26} {taken:6.0f} us per mention, {len(scored)} mentions")
        partition = Partition(policy.default())
        for event in scored:
            partition.mention(event)
        sizes += _sizes(partition)
    print(_told("state per conversation of the library", sizes))


def _replay(events: Sequence[Scored]) -> None:
    history = History(policy.default())
    for event in events:
        for _ in history.add(event):
            pass
    for _ in history.finish():
        pass


def _best(run: Callable[[], None]) -> float:
    """Seconds of CPU of the fastest round: the others waited for their neighbours' caches."""
    times = []
    for _ in range(ROUNDS):
        gc.collect()
        started = time.process_time()
        run()
        times.append(time.process_time() - started)
    return min(times)


def _size(case: object) -> int:
    return len(msgspec.msgpack.encode(case))


def _sizes(partition: Partition) -> list[int]:
    return [_size(case) for case in partition.cases.values()]


def _told(name: str, sizes: Sequence[int]) -> str:
    ordered = sorted(sizes)
    return (
        f"{name}: median {statistics.median(ordered):.0f} bytes "
        f"({statistics.median(ordered) / GOAL_BYTES:.2f} of the most allowed), 99th percentile "
        f"{ordered[len(ordered) * 99 // 100]}, largest {ordered[-1]}, {len(ordered)} of them"
    )


if __name__ == "__main__":
    main(sys.argv[1:])
