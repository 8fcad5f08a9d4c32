"""`python -m benchmarks fuzz --inputs N --seed S`: N inputs more, by the weights of the targets."""

import argparse
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks.fuzz import buried, hooks, requests, run, sourced, targets
from benchmarks.fuzz.run import BLOCK, State
from benchmarks.fuzz.targets import Target

STATE = Path("build/fuzz/state.json")
SAVE_S = 20.0


def main(arguments: Sequence[str] = ()) -> int:
    """Runs, and prints a table of all inputs so far; 1 when any failed."""
    options = _options(arguments)
    with targets.folder() as folder, requests.serving() as server:
        known = {**targets.every(Path(folder)), **hooks.every(), **requests.every(server)}
        known |= {**sourced.every(), **buried.every()}
        chosen = options.targets.split(",") if options.targets else list(known)
        if unknown := [name for name in chosen if name not in known]:
            print(f"unknown target {unknown[0]!r}; there are {', '.join(known)}", file=sys.stderr)
            return 2
        if options.again:
            if len(chosen) != 1:
                print("--again gives one input to one target: name it (--targets)", file=sys.stderr)
                return 2
            return _again(known[chosen[0]], options.again)
        state = run.load(options.state, options.seed)
        _feed({name: known[name] for name in chosen}, state, options)
    _table(state)
    return 1 if state.failures else 0


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks fuzz")
    parser.add_argument(
        "--inputs", type=int, default=100_000, help="how many more, of all targets together"
    )
    parser.add_argument("--seed", type=int, default=1, help="another one, other inputs")
    parser.add_argument("--targets", default="", help="some, separated by commas")
    parser.add_argument("--state", type=Path, default=STATE, help="what was done: it goes on")
    parser.add_argument("--again", type=Path, help="give one kept input to the target once more")
    options = parser.parse_args(arguments)
    if options.inputs < 1:
        parser.error("--inputs: 1 or more")
    if options.again and not options.again.is_file():
        parser.error(f"--again: there is no file {options.again}")
    return options


def _feed(chosen: Mapping[str, Target], state: State, options: argparse.Namespace) -> None:
    """Blocks in turn, always of the target that is furthest behind its weight."""
    wanted, saved = state.inputs + options.inputs, time.monotonic()
    for name in chosen:
        state.counts.setdefault(name, run.Count())
    with run.watched():
        while state.inputs < wanted:
            name = min(chosen, key=lambda name: state.counts[name].inputs / chosen[name].weight)
            run.block(chosen[name], state, options.state.parent)
            if time.monotonic() - saved > SAVE_S or state.inputs + BLOCK > wanted:
                run.save(options.state, state)
                saved = time.monotonic()
    run.save(options.state, state)


def _again(target: Target, file: Path) -> int:
    try:
        target.read(file.read_bytes())
    except target.answers as error:
        print(f"answered: {error}")
    return 0


def _table(state: State) -> None:
    print("| reads | inputs | taken as good | slowest, ms | failures |\n|---|---|---|---|---|")
    for name, count in state.counts.items():
        print(
            f"| {name} | {count.inputs:,} | {count.taken / max(1, count.inputs):.0%} "
            f"| {count.slowest_s * 1e3:.0f} | {count.failures} |"
        )
    print(f"| **all** | {state.inputs:,} | | | {sum(c.failures for c in state.counts.values())} |")
    for failure in state.failures:
        print(f"{failure.target} {failure.number}: {failure.error} ({failure.file})")
