"""What held conversations cost: memory, disk, time per mention, and the time to begin again.

Each way of holding them runs in a process of its own, without a broker: what a partition's fold
changes goes into the table after each batch, as in a worker.
"""

import argparse
import multiprocessing
import shutil
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec
import psutil

from benchmarks import traffic
from scoring import policy
from scoring.case import Case
from scoring.partition import Partition
from scoring.shelf import Shelf
from streams.config import Settings, StateStore
from streams.worker.application import Role, application
from streams.worker.output import Output
from streams.worker.state import State, _entry, _prefix, _value

BATCH = 256
_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Case)


class Found(NamedTuple):
    """What one way costs; memory and disk in bytes, times in seconds."""

    store: str
    conversations: int
    memory: int
    disk: int
    per_mention: float
    again: float


def main(arguments: Sequence[str] = ()) -> None:
    """Prints a line per way."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks state")
    parser.add_argument("--conversations", type=int, default=50_000)
    parser.add_argument("--hot", type=int, default=2_000, help="decoded in memory with RocksDB")
    options = parser.parse_args(arguments)
    context = multiprocessing.get_context("spawn")
    print("| held | conversations | memory | a conversation | disk | a mention | to begin again |")
    print("|---|---|---|---|---|---|---|")
    for store in ("memory", "rocksdb"):
        with context.Pool(1) as pool:
            found = pool.apply(measure, (store, options.conversations, options.hot))
        print(
            f"| {found.store} | {found.conversations:,} | {found.memory / 1e6:,.0f} MB "
            f"| {found.memory / found.conversations / 1e3:.2f} KB | {found.disk / 1e6:,.0f} MB "
            f"| {found.per_mention * 1e6:.0f} us | {found.again:.1f} s |"
        )


def measure(store: StateStore, conversations: int, hot: int) -> Found:
    """Folds ordinary traffic until so many conversations are held."""
    folder = Path(tempfile.mkdtemp(prefix="tocsin-state-"))
    settings = Settings(state_dir=folder, state_store=store, hot_cases=hot)
    state = State(application(settings, Role.CASES), "cases", 1, Output(settings), settings)
    process = psutil.Process()
    before = process.memory_info().rss
    shelf = shelf_of(state, [], hot) if store == "rocksdb" else None
    fold = Partition(policy.default(), shelf=shelf)
    mentions, began = 0, time.process_time()
    made = 0.0
    events = traffic.mentions(100 * conversations, per_conversation=2.0, a_day=conversations)
    while len(fold.cases) < conversations:
        asked = time.process_time()
        batch = [next(events) for _ in range(BATCH)]
        made += time.process_time() - asked
        for event in batch:
            fold.mention(event)
        write(state, fold, mentions)
        mentions += len(batch)
    spent = time.process_time() - began - made
    used = process.memory_info().rss - before
    order = sorted((case.evidence.last_at, case_id) for case_id, case in fold.cases.items())
    clock = fold.clock(0)
    del fold, shelf
    began = time.perf_counter()
    if store == "rocksdb":
        Partition(
            policy.default(),
            clock=clock,
            shelf=shelf_of(state, [case_id for _, case_id in order], hot),
        )
    else:
        known = [_decoder.decode(_value(entry)) for _, entry in state.held.entries(0)]
        Partition(policy.default(), clock=clock, known=known)
    again = time.perf_counter() - began
    state.held.keep(())
    disk = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    shutil.rmtree(folder)
    return Found(store, conversations, used, disk, spent / mentions, again)


def shelf_of(state: State, order: Sequence[str], hot: int, number: int = 0) -> Shelf:
    """The shelf that a worker would have."""
    return Shelf(lambda case_id: _decoder.decode(state.get(number, case_id) or b""), order, hot)


def write(state: State, fold: Partition, offset: int, number: int = 0) -> None:
    """What a worker does once the changelog has a batch."""
    changes = {}
    for case_id in fold.changed:
        case = fold.cases.get(case_id)
        value = _entry(_encoder.encode(case), offset) if case else None
        changes[_prefix(number) + case_id.encode()] = value
    fold.changed.clear()
    state.held.apply(number, changes, offset + 1)
    if isinstance(fold.cases, Shelf):
        fold.cases.trim()
