"""One run: workers start, mentions come in, faults happen, all is healed, and is looked at."""

import os
import random
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec

from benchmarks.faults import checks, faults
from benchmarks.faults.bed import Bed, made
from benchmarks.faults.checks import Left
from benchmarks.faults.discipline import Discipline
from benchmarks.faults.load import Load, told
from benchmarks.faults.schedule import RATE, Plan
from scoring.mention import Mention
from streams.scorer.reader import Reader

START_S = 120.0
DRAIN_S = 240.0
SINKS_S = 700.0
"""Longer where sinks failed twice: a webhook's second try comes after five minutes."""
STOP_S = 35.0
LOOK_S = 0.5
NEARLY = 3 * RATE
"""Messages that a role is behind at most while all is well: commits come once a second."""


class Row(msgspec.Struct, kw_only=True):
    """What is kept of a run; times in seconds.

    `recover_s`: from the end of the last fault until no role is behind and every worker is ready.
    """

    seed: int
    faults: list[str]
    workers: int
    mentions: int
    failures: list[str]
    recover_s: float
    took_s: float
    exits: dict[str, int]
    repeated: int
    poisoned: int
    most_mb: float
    version: str = ""
    store: str = "memory"
    load: float = 0.0
    """How many processes wanted a processor at the end, over the last minute."""


class _Active:
    """A fault under way."""

    def __init__(self, steps: Iterator[float], at_s: float) -> None:
        self._steps, self.next_s = steps, at_s
        self.over = False

    def go(self, at_s: float) -> None:
        """Takes the steps that are due."""
        while not self.over and at_s >= self.next_s:
            try:
                self.next_s = at_s + next(self._steps)
            except StopIteration:
                self.over = True


class _Recovery:
    """Notes when, after the last fault, no role is behind any more and every worker is ready."""

    def __init__(self, bed: Bed) -> None:
        self._bed = bed
        self._began = self._looked = 0.0
        self._ended = 0.0

    def look(self) -> None:
        """The faults are over; looks twice a second."""
        now = time.monotonic()
        self._began = self._began or now
        if self.recovered or now - self._looked < LOOK_S:
            return
        self._looked = now
        if max(self._bed.watch.behind().values()) <= NEARLY and self._bed.ready:
            self._ended = time.monotonic()

    @property
    def recovered(self) -> bool:
        """Whether it came to that."""
        return bool(self._ended)

    @property
    def since_s(self) -> float:
        """How long it took, or takes."""
        return (self._ended or time.monotonic()) - self._began if self._began else 0.0


def run(plan: Plan, folder: Path, reader: Reader, version: str = "") -> Row:
    """Runs a plan in an empty folder."""
    began = time.monotonic()
    mentions = told(plan.seed)
    jumps = any(fault.name == "clock" for fault in plan.faults)
    store, small = plan.store, plan.full
    with made(folder, plan.roles, jumps=jumps, store=store, small=small) as bed:
        failures, recover_s, load = _disturbed(plan, bed, mentions)
        failures += _ended(bed)
        bed.watch.read_all()
        left = Left(
            bed=bed,
            sent=load.mentions + load.closing,
            bad=load.acknowledged(),
            unreachable=sum(fault.name in faults.UNREACHABLE for fault in plan.faults),
        )
        failures += checks.all_of(left, reader)
        if failures:
            bed.watch.write(folder / "topics.jsonl")
            (folder / "hook.json").write_bytes(msgspec.json.encode(bed.hook.noted))
        codes = [code for member in bed.members for code in member.exits.elements()]
        return Row(
            seed=plan.seed,
            faults=[fault.name for fault in plan.faults],
            workers=len(plan.roles),
            mentions=len(left.sent),
            failures=failures,
            recover_s=round(recover_s, 1),
            took_s=round(time.monotonic() - began, 1),
            exits={str(code): codes.count(code) for code in sorted(set(codes))},
            repeated=left.repeated,
            poisoned=left.poisoned,
            most_mb=round(max(member.most_mb for member in bed.members)),
            version=version,
            store=plan.store,
            load=round(os.getloadavg()[0], 1),
        )


def _disturbed(plan: Plan, bed: Bed, mentions: list[Mention]) -> tuple[list[str], float, Load]:
    load = Load(bed, mentions)
    if not _until(bed, lambda: bed.ready, START_S):
        return ["workers do not become ready"], -1.0, load
    sinks = sum(fault.name.startswith("sink") for fault in plan.faults)
    limit_s = SINKS_S if sinks > 1 else DRAIN_S
    chance = random.Random(plan.seed)
    active = [_Active(faults.ALL[fault.name](bed, chance), fault.at_s) for fault in plan.faults]
    watch, discipline = _Recovery(bed), Discipline(bed.watch, bed.hook)
    began = next_look = time.monotonic()
    while not (load.over and watch.recovered):
        at_s = time.monotonic() - began
        load.until(at_s)
        for fault in active:
            fault.go(at_s)
        bed.supervise()
        bed.watch.read()
        if time.monotonic() >= next_look:
            discipline.look()
            next_look = time.monotonic() + LOOK_S
        if all(fault.over for fault in active):
            watch.look()
        if watch.since_s > limit_s:
            break
    failures = []
    if not watch.recovered:
        failures.append(f"not recovered after {limit_s:.0f} s: {bed.watch.behind()}")
    load.close()

    def all_done() -> bool:
        came = len(bed.watch.of(bed.watch.topics.mentions))
        return came >= load.count and not any(bed.watch.behind().values())

    if not _until(bed, all_done, limit_s):
        failures.append(f"still behind after {limit_s:.0f} s: {bed.watch.behind()}")
    discipline.look()
    bed.watch.read_all()
    discipline.end()
    failures += discipline.failures
    return failures, watch.since_s, load


def _until(bed: Bed, condition: Callable[[], bool], limit_s: float) -> bool:
    """Goes on supervising and reading until a condition holds; whether it came to that."""
    deadline, next_look = time.monotonic() + limit_s, 0.0
    while time.monotonic() < deadline:
        bed.supervise()
        came = bed.watch.read()
        if time.monotonic() >= next_look and not came:
            if condition():
                return True
            next_look = time.monotonic() + LOOK_S
    return False


def _ended(bed: Bed) -> list[str]:
    """Stops every worker in order; what went wrong."""
    failures = []
    staying = [member for member in bed.members if member.wanted]
    for member in bed.members:
        member.leave()
    for number, member in enumerate(staying):
        try:
            code = member.end(STOP_S)
        except subprocess.TimeoutExpired:
            failures.append(f"worker {number} does not stop in {STOP_S:.0f} s")
            continue
        if code != 0:
            failures.append(f"worker {number} ended with {code} when told to stop")
    return failures
