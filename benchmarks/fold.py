"""What the decision costs: the fold over the case library, and the state it leaves."""

import statistics
import time

import msgspec

from scoring import policy
from scoring.history import History
from scoring.partition import Partition
from streams import stories
from streams.scorer.reader import Reader

ROUNDS = 3


def main() -> None:
    """Prints microseconds per mention by story, and the size of conversation states."""
    reader = Reader()
    sizes: list[int] = []
    for slug in stories.slugs():
        scored = reader.read(stories.load(slug).mentions)
        times = []
        for _ in range(ROUNDS):
            started = time.process_time()
            history = History(policy.default())
            said = sum(1 for event in scored for _ in history.add(event))
            said += sum(1 for _ in history.finish())
            times.append((time.process_time() - started) / len(scored) * 1e6)
        print(
            f"{slug:<26} {statistics.median(times):6.0f} us per mention, {len(scored)} mentions, "
            f"{said} escalations"
        )
        partition = Partition(policy.default())
        for event in scored:
            partition.mention(event)
        sizes += [len(msgspec.msgpack.encode(case)) for case in partition.cases.values()]
    sizes.sort()
    print(
        f"state per conversation: median {statistics.median(sizes):.0f} bytes, 99th percentile "
        f"{sizes[len(sizes) * 99 // 100]} bytes, largest {sizes[-1]} bytes"
    )
