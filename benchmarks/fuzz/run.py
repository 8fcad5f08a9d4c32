"""Feeds a target block by block; what fails, hangs or grows is kept with its number and bytes."""

import contextlib
import json
import os
import random
import resource
import signal
import time
import traceback
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

import msgspec

from benchmarks.fuzz.mutation import mutated
from benchmarks.fuzz.targets import Target

BLOCK = 1000
"""Inputs whose generator is seeded together: a run stops and goes on between two blocks."""
HANG_S = 10.0
GROWTH_MB = 300.0
"""More than this over one block, and something keeps what it read."""


class HangError(Exception):
    """An input took longer than HANG_S of CPU: a machine that is busy elsewhere is no hang."""


class Failure(msgspec.Struct, kw_only=True):
    """An input that failed: its number within its target, and what was raised."""

    target: str
    number: int
    error: str
    file: str = ""


class Count(msgspec.Struct, kw_only=True):
    """Inputs of one target so far, those that were taken as good, seconds of the slowest."""

    inputs: int = 0
    taken: int = 0
    slowest_s: float = 0.0
    failures: int = 0


class State(msgspec.Struct, kw_only=True):
    """What a run has done; kept in a file, so that the next goes on from there."""

    seed: int
    counts: dict[str, Count] = {}
    failures: list[Failure] = []

    @property
    def inputs(self) -> int:
        """Of all targets."""
        return sum(count.inputs for count in self.counts.values())


def load(file: Path, seed: int) -> State:
    """The state of a file; a fresh one when there is none, or it is of another seed."""
    try:
        state = msgspec.json.decode(file.read_bytes(), type=State)
    except FileNotFoundError:
        return State(seed=seed)
    return state if state.seed == seed else State(seed=seed)


def save(file: Path, state: State) -> None:
    """Whole or not at all."""
    file.parent.mkdir(parents=True, exist_ok=True)
    beside = file.with_suffix(".new")
    beside.write_bytes(json.dumps(msgspec.to_builtins(state), indent=1).encode())
    os.replace(beside, file)


def block(target: Target, state: State, found: Path, size: int = BLOCK) -> None:
    """The next block of a target. Failures go to the state, their bytes to the folder `found`."""
    count = state.counts.setdefault(target.name, Count())
    chance = random.Random(f"{state.seed}:{target.name}:{count.inputs // BLOCK}")
    seeds, before = target.seeds(), _memory()
    for number in range(count.inputs, count.inputs + size):
        raw = mutated(chance, seeds)
        started = time.process_time()
        try:
            with _alarm():
                target.read(raw)
            count.taken += 1
        except target.answers:
            pass
        except Exception as error:  # noqa: BLE001 - what this is for
            failure = Failure(target=target.name, number=number, error=_told(error))
            _keep(state, count, found, failure, raw)
        count.slowest_s = max(count.slowest_s, round(time.process_time() - started, 4))
    count.inputs += size
    if (grown := _memory() - before) > GROWTH_MB:
        told = f"memory grew by {grown:.0f} MB in one block"
        _keep(
            state, count, found, Failure(target=target.name, number=count.inputs, error=told), b""
        )


def _keep(state: State, count: Count, found: Path, failure: Failure, raw: bytes) -> None:
    count.failures += 1
    if (failure.target, failure.error) in {(one.target, one.error) for one in state.failures}:
        return
    found.mkdir(parents=True, exist_ok=True)
    file = found / f"{failure.target}-{failure.number}.bin"
    file.write_bytes(raw)
    failure.file = str(file)
    state.failures.append(failure)


def _told(error: Exception) -> str:
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return (
        f"{type(error).__name__}: {str(error)[:80]!r} at {Path(frame.filename).name}:{frame.lineno}"
    )


def _memory() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


@contextlib.contextmanager
def watched() -> Iterator[None]:
    """Within, an input that takes too long is interrupted by HangError."""

    def ring(number: int, frame: FrameType | None) -> None:
        raise HangError(f"over {HANG_S:g} s")

    before = signal.signal(signal.SIGPROF, ring)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


@contextlib.contextmanager
def _alarm() -> Iterator[None]:
    signal.setitimer(signal.ITIMER_PROF, HANG_S)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
