"""Prints the tables of docs/scaling.md."""

import argparse
from collections.abc import Sequence

from benchmarks.scale_model import costs as measured
from benchmarks.scale_model.costs import Costs, Mix
from benchmarks.scale_model.group import Event, Group, What, rolling, simulate
from benchmarks.scale_model.heat import draw
from benchmarks.scale_model.sizing import cases_s, need, pulses, score_s

RATES = (1_000.0, 50_000.0, 500_000.0)


def main(arguments: Sequence[str] = ()) -> None:
    """Measures the decision, then computes."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks scale_model")
    parser.add_argument("--mentions", type=int, default=20_000, help="to measure the decision with")
    options = parser.parse_args(arguments)
    costs, mix = measured.measured(options.mentions), Mix()
    stages(costs, mix)
    needs(costs, mix)
    fan_out(costs, mix)
    rebalances(costs, mix)
    heat(costs, mix)


def stages(costs: Costs, mix: Mix) -> None:
    """What one core does of each stage."""
    both = {"score": score_s(costs, mix), "cases": cases_s(costs, mix, 64, 0.01)}
    print("\n| role | core time per mention | mentions per second and core |\n|---|---|---|")
    for role, spent in both.items():
        print(f"| {role} | {spent * 1e6:,.0f} us | {1 / spent:,.0f} |")


def needs(costs: Costs, mix: Mix) -> None:
    """The three rates."""
    found = [need(rate, costs, mix) for rate in RATES]
    print("\n| mentions per second | " + " | ".join(f"{n.rate:,.0f}" for n in found) + " |")
    print("|---|" + "---|" * len(found))
    for name, told in _ROWS:
        print(f"| {name} | " + " | ".join(told(n) for n in found) + " |")


_ROWS = (
    ("cells", lambda n: f"{n.cells:,}"),
    ("partitions of each topic, in each cell", lambda n: f"{n.partitions:,}"),
    ("workers of role `score` (a core each)", lambda n: f"{n.score_workers:,}"),
    ("of role `cases`", lambda n: f"{n.cases_workers:,}"),
    ("of role `tickets`", lambda n: f"{n.tickets_workers:,}"),
    ("memory of all workers, state in RocksDB", lambda n: _bytes(n.memory)),
    ("memory of all workers, state in memory", lambda n: _bytes(n.plain_memory)),
    ("a quiet conversation is remembered for", lambda n: f"{n.remembered_s / 3600:,.0f} h"),
    ("into the brokers, before replication", lambda n: _bytes(n.in_bytes) + "/s"),
    ("records of news of cases", lambda n: f"{n.news:,.0f}/s"),
    ("records of brands' minutes", lambda n: f"{n.pulses:,.0f}/s"),
    ("brokers of 4 cores", lambda n: f"{n.brokers:,}"),
    ("their disks, 7 days, 3 copies, compressed to a quarter", lambda n: _bytes(n.disk)),
    ("cost a month, euros, within a factor of two", lambda n: f"{n.euros:,.0f}"),
)


def fan_out(costs: Costs, mix: Mix) -> None:
    """What one cell would take where everything is in one."""
    print("\n| one cell for 50,000 a second, partitions | cores of `cases` | news |\n|---|---|---|")
    for partitions in (64, 256, 1024, 4096):
        minutes = pulses(50_000, mix.brands, partitions)
        cores = 50_000 * cases_s(costs, mix, partitions, minutes)
        news = 50_000 * mix.said * (partitions - 1)
        print(f"| {partitions:,} | {cores:,.0f} | {news:,.0f}/s |")


def rebalances(costs: Costs, mix: Mix) -> None:
    """Members that come, go and crash, at 60 % of what the group can."""
    print("\n| group | event | worst wait | late by over 1 s | over 30 s | calm after |")
    print("|---|---|---|---|---|---|")
    capacity = 1 / cases_s(costs, mix, 64, 0.01)
    for workers in (4, 32):
        for recover_s, held in ((0.0, "RocksDB"), (30.0, "memory")):
            group = Group(
                partitions=4 * workers,
                workers=workers,
                rate=0.6 * capacity * workers,
                capacity=capacity,
                recover_s=recover_s,
                skew=0.3,
            )
            for name, events in _events(workers):
                lasts = max(event.at for event in events) + 240
                seen = simulate(group, events, lasts)
                print(
                    f"| {workers} workers, state in {held} | {name} | {seen.worst:.0f} s "
                    f"| {seen.late_1s:.0%} | {seen.late_30s:.0%} | {seen.calm_at:.0f} s |"
                )


def _events(workers: int) -> list[tuple[str, list[Event]]]:
    return [
        ("one joins", [Event(10, What.JOIN)]),
        ("one crashes, and is back after 15 s", [Event(10, What.CRASH), Event(25, What.JOIN)]),
        ("each restarted, one a minute", rolling(workers, 60.0)),
    ]


def heat(costs: Costs, mix: Mix) -> None:
    """How unevenly keys load partitions."""
    print(
        "\n| partitions | viral conversation | hottest partition, of the mean | brand at the top |"
    )
    print("|---|---|---|---|")
    for partitions in (16, 64, 256):
        for viral in (0.0, 0.05, 0.3):
            seen = draw(partitions, 1_000_000, mix.brands, viral)
            print(f"| {partitions} | {viral:.0%} | {seen.hottest:.1f} | {seen.top_brand:.0%} |")
    print(
        f"\none conversation can be decided at {1 / cases_s(costs, mix, 64, 0.01):,.0f} mentions a "
        f"second; scored, where its texts repeat, at {1 / costs.known_s:,.0f}"
    )


def _bytes(count: float) -> str:
    for unit in ("B", "kB", "MB", "GB", "TB"):
        if count < 1000:
            return f"{count:,.0f} {unit}" if count >= 10 else f"{count:.1f} {unit}"
        count /= 1000
    return f"{count:,.1f} PB"
