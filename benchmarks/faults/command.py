"""`python -m benchmarks faults --seeds 1-200`: goes on where the results file ends."""

import argparse
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import msgspec

from benchmarks.faults import faults, report, runs, schedule
from benchmarks.faults.schedule import Plan


def main(arguments: Sequence[str] = ()) -> int:
    """1 when a run failed, 2 for wrong use."""
    possible = faults.possible()
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks faults", epilog=f"Faults here: {', '.join(possible)}."
    )
    parser.add_argument("--seeds", default="1-20", metavar="FIRST-LAST", help="which runs")
    parser.add_argument("--faults", default="", metavar="NAME,...", help="only these")
    parser.add_argument("--results", default="runs/faults.jsonl", type=Path, help="file to add to")
    parser.add_argument("--again", action="store_true", help="run seeds that are in the file too")
    parser.add_argument("--report", action="store_true", help="only tell what the file holds")
    parser.add_argument(
        "--keep",
        type=Path,
        help="folder for logs of runs that failed, or where a worker ended itself",
    )
    options = parser.parse_args(arguments)
    if options.report:
        if not options.results.exists():
            parser.error(f"there is no file {options.results}")
        print("\n".join(report.table(report.kept(options.results))))
        return 0
    names = options.faults.split(",") if options.faults else possible
    if unknown := [name for name in names if name not in possible]:
        parser.error(f"{unknown[0]!r} cannot be made here; what can: {', '.join(possible)}")
    try:
        first, dash, last = options.seeds.partition("-")
        seeds = range(int(first), int(last if dash else first) + 1)
    except ValueError:
        parser.error(f"--seeds {options.seeds!r}: a number, or two with a dash between")
    if not seeds:
        parser.error(f"--seeds {options.seeds!r}: the last comes before the first")
    kept = [] if options.again else report.kept(options.results)
    done = {(row.seed, *row.faults) for row in kept}
    plans = [schedule.drawn(seed, names) for seed in seeds]
    left = [plan for plan in plans if (plan.seed, *(f.name for f in plan.faults)) not in done]
    return _run(left, options)


def _run(plans: Sequence[Plan], options: argparse.Namespace) -> int:
    if not plans:
        print(f"nothing to do: {options.results} has these seeds", file=sys.stderr)
        return 0
    from streams.scorer.reader import Reader

    # As Ctrl-C does: what was started is ended.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    reader, version, failed = Reader(), _version(), 0
    options.results.parent.mkdir(parents=True, exist_ok=True)
    for plan in plans:
        seed = plan.seed
        told = ", ".join(f"{fault.name} at {fault.at_s:g} s" for fault in plan.faults)
        print(f"seed {seed}: {told}; state in {plan.store}", file=sys.stderr, flush=True)
        with tempfile.TemporaryDirectory(prefix="tocsin-faults-") as name:
            folder = Path(name)
            row = runs.run(plan, folder, reader, version)
            if options.keep and (row.failures or "70" in row.exits):
                kept = options.keep / str(seed)
                kept.mkdir(parents=True, exist_ok=True)
                for log in (*folder.glob("*.log"), *folder.glob("*.json*")):
                    (kept / log.name).write_bytes(log.read_bytes())
        with options.results.open("ab") as results:
            results.write(msgspec.json.encode(row) + b"\n")
        failed += bool(row.failures)
        said = "; ".join(row.failures) or f"well, recovered in {row.recover_s:g} s"
        print(f"seed {seed}: {said}", file=sys.stderr, flush=True)
    return 1 if failed else 0


def _version() -> str:
    """The commit that is tried, marked when files are changed."""
    command = ["git", "describe", "--always", "--dirty"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout.strip()
