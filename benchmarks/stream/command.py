"""Runs the parts that are asked for and prints a table of each."""

import argparse
import tempfile
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from benchmarks.stream import bed, packages, runs
from benchmarks.stream.bed import Bed
from benchmarks.stream.runs import Rate
from benchmarks.stream.ways import OURS, PLAIN, QUIX

PARTS = ("rivals", "whole", "latency", "growth", "backlog")
CACHED = 1.0


def main(arguments: Sequence[str] = ()) -> None:
    """All parts take about an hour on two cores."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks stream")
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], help="all without one")
    parser.add_argument("--count", type=int, default=20_000, help="mentions of a run")
    parser.add_argument("--read", type=int, default=3_000, help="of a run in which texts are read")
    parser.add_argument("--job", default="", help="of `rivals`: those whose name has this")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=40.0, help="of a run at a steady rate")
    parser.add_argument("--backlog", type=int, default=200_000)
    parser.add_argument(
        "--quix",
        type=lambda folder: packages.quixstreams(Path(folder)),
        nargs="?",
        const=str(packages.CACHE),
        metavar="FOLDER",
        help=f"beside quixstreams too, which pip installs there ({packages.CACHE})",
    )
    options = parser.parse_args(arguments)
    with (
        tempfile.TemporaryDirectory(prefix="tocsin-stream-") as folder,
        bed.bed(Path(folder)) as found,
    ):
        for part in options.parts or PARTS:
            print(f"\n### {part}\n", flush=True)
            _DO[part](found, options)


def rivals(found: Bed, options: argparse.Namespace) -> None:
    """The same job beside itself by hand, role by role, in turns."""
    ways = [OURS, PLAIN] + ([QUIX] if options.quix else [])
    jobs: list[tuple[str, int, Callable[[str, int], Rate]]] = [
        (
            "score, texts read",
            options.read,
            lambda way, n: runs.score(found, way, n, quix=options.quix),
        ),
        (
            "score, no text read",
            options.count,
            lambda way, n: runs.score(found, way, n, repeats=CACHED, quix=options.quix),
        ),
        ("cases", options.count, lambda way, n: runs.cases(found, way, n, quix=options.quix)),
    ]
    print("| job | by | mentions/s | of the loop's | core time | of the loop's per core | broker |")
    print("|---|---|---|---|---|---|---|")
    for name, count, run in (job for job in jobs if options.job in job[0]):
        seen: dict[str, list[Rate]] = {way: [] for way in ways}
        for _ in range(options.rounds):
            for way in ways:
                seen[way].append(run(way, count))
        plain = runs.medians(seen[PLAIN])
        for way in ways:
            rate = runs.medians(seen[way])
            print(
                f"| {name} | {way} | {rate.per_s:,.0f} | {rate.per_s / plain.per_s:.2f} "
                f"| {rate.whole_s * 1e6:,.0f} us | {plain.whole_s / max(1e-9, rate.whole_s):.2f} "
                f"| {rate.broker_s * 1e6:,.0f} us |",
                flush=True,
            )


def whole(found: Bed, options: argparse.Namespace) -> None:
    """From topic to escalations, one worker of both roles, and the core time of each part."""
    print("| texts | mentions/s | stream | model | broker |\n|---|---|---|---|---|")
    for name, count, repeats in (("read", options.read, 0.3), ("known", options.count, CACHED)):
        rate = runs.medians(
            [runs.whole(found, count, repeats=repeats) for _ in range(options.rounds)]
        )
        print(
            f"| {name} | {rate.per_s:,.0f} | {rate.own_s * 1e6:,.0f} us "
            f"| {(rate.whole_s - rate.own_s) * 1e6:,.0f} us | {rate.broker_s * 1e6:,.0f} us |",
            flush=True,
        )


def latency(found: Bed, options: argparse.Namespace) -> None:
    """At shares of what a worker can; texts are read, for known ones a sender takes a core."""
    print("| load | mentions/s | probes | p50 | p90 | p99 | most | scoring | deciding |")
    print("|---|---|---|---|---|---|---|---|---|")
    for share in (0.5, 0.8, 0.95):
        # Just before: what a shared machine can do changes by the minute.
        most = runs.capacity(found, options.seconds, 0.3)
        seen = runs.latency(found, share * most, options.seconds, 0.3)
        print(
            f"| {share:.0%} | {seen.rate:,.0f} | {seen.sent} | {seen.p50:.2f} s "
            f"| {seen.p90:.2f} s | {seen.p99:.2f} s | {seen.most:.2f} s "
            f"| {seen.scoring[0]:.2f}, {seen.scoring[1]:.2f} s "
            f"| {seen.deciding[0]:.2f}, {seen.deciding[1]:.2f} s |",
            flush=True,
        )


def growth(found: Bed, options: argparse.Namespace) -> None:
    """What becomes of it with more of something."""
    read, count = options.read, options.count
    known = partial(runs.score, found, OURS, count, repeats=CACHED)
    fresh = partial(runs.score, found, OURS, read)
    cases: list[tuple[str, Callable[[], Rate]]] = [
        *((f"{n} partitions, no text read", partial(known, partitions=n)) for n in (1, 4, 16)),
        *((f"{n} workers, no text read", partial(known, workers=n)) for n in (1, 2)),
        *(
            (f"{n} workers, cases", partial(runs.cases, found, OURS, count, workers=n))
            for n in (1, 2)
        ),
        *((f"{n} workers, texts read", partial(fresh, workers=n)) for n in (1, 2)),
        *(
            (f"batches of {n}, no text read", partial(known, TOCSIN_BATCH_SIZE=str(n)))
            for n in (16, 64, 256, 1024)
        ),
        *((f"texts of {n} characters", partial(fresh, length=n)) for n in (50, 200, 800)),
        *((f"{n:.0%} repeats", partial(fresh, repeats=n)) for n in (0.0, 0.5, 0.9)),
    ]
    print("| with | mentions/s | core time | of it the stream's | broker |\n|---|---|---|---|---|")
    for name, run in cases:
        rate = runs.medians([run() for _ in range(options.rounds)])
        print(
            f"| {name} | {rate.per_s:,.0f} | {rate.whole_s * 1e6:,.0f} us "
            f"| {rate.own_s * 1e6:,.0f} us | {rate.broker_s * 1e6:,.0f} us |",
            flush=True,
        )


def backlog(found: Bed, options: argparse.Namespace) -> None:
    """A backlog worked off, and probes sent live meanwhile, without and with the fast lane."""
    for fast_lane in (False, True):
        curve, live = runs.backlog(found, options.backlog, CACHED, fast_lane=fast_lane)
        print(f"\nfast lane {'on' if fast_lane else 'off'}\n")
        print("| seconds | scored | decided | worker | model | broker |\n|---|---|---|---|---|---|")
        for p in curve:
            print(
                f"| {p.at:.0f} | {p.scored:,} | {p.decided:,} | {p.worker / 1e6:.0f} MB "
                f"| {p.model / 1e6:.0f} MB | {p.broker / 1e6:.0f} MB |"
            )
        if live:
            print(
                f"\nlive probes: {len(live)}, median {live[len(live) // 2]:.1f} s, "
                f"most {live[-1]:.1f} s",
                flush=True,
            )


_DO: dict[str, Callable[[Bed, argparse.Namespace], None]] = {
    "rivals": rivals,
    "whole": whole,
    "latency": latency,
    "growth": growth,
    "backlog": backlog,
}
