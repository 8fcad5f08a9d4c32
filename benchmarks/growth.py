"""What a worker's state grows by while it works off a backlog: in one process, without a broker.

The mentions of `stream backlog`, read by the model, go through the folds of four partitions of
conversations and of brands; what a batch changes goes into tables in RocksDB, as in a worker.
"""

import argparse
import gc
import shutil
import tempfile
import time
import tracemalloc
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from zlib import crc32

import msgspec
import psutil

from benchmarks import traffic
from benchmarks.state import shelf_of, write
from benchmarks.stream import mentions
from scoring import policy
from scoring.brands import Brands
from scoring.partition import Partition
from scoring.pulse import Pulse, decode_pulse
from scoring.scored import Scored, decode_event, encode_event
from streams.config import Settings
from streams.scorer.reader import Reader
from streams.worker.application import Role, application
from streams.worker.output import Output
from streams.worker.state import State, _entry

PARTITIONS = 4
BATCH = 256
WARM = 50_000
"""Mentions after which growth is counted: caches and buffers are full."""
_ALLOCATIONS = 15
_encoder = msgspec.msgpack.Encoder()


def main(arguments: Sequence[str] = ()) -> None:
    """Prints memory as it goes, then the bytes per mention, and with `--trace` where they are."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks growth")
    parser.add_argument("--mentions", type=int, default=200_000)
    parser.add_argument("--hot", type=int, default=1_000, help="conversations decoded a partition")
    parser.add_argument("--traffic", action="store_true", help="ordinary traffic of its own words")
    parser.add_argument("--trace", action="store_true", help="lines that hold memory; slow")
    options = parser.parse_args(arguments)
    folder = Path(tempfile.mkdtemp(prefix="tocsin-growth-"))
    try:
        run(Worker(folder, options.hot), told(options.traffic), options.mentions, options.trace)
    finally:
        shutil.rmtree(folder)


class Worker:
    """The folds of a worker that has all partitions, and its tables."""

    def __init__(self, folder: Path, hot: int) -> None:
        settings = Settings(state_dir=folder, state_store="rocksdb", hot_cases=hot)
        app, output = application(settings, Role.CASES), Output(settings)
        self.cases, self.incidents = (
            State(app, name, PARTITIONS, output, settings) for name in ("cases", "incidents")
        )
        own = policy.default()
        self.folds = [
            Partition(
                own, number, own.allowed_lateness_s, shelf=shelf_of(self.cases, [], hot, number)
            )
            for number in range(PARTITIONS)
        ]
        self.brands = [Brands(own) for _ in range(PARTITIONS)]
        self._ends = [0] * PARTITIONS

    def fold(self, batch: Sequence[bytes]) -> None:
        """As the agents `cases` and `incidents` do; what escalations say is passed over."""
        sealed: list[Pulse] = []
        for raw in batch:
            event = decode_event(raw)
            assert isinstance(event, Scored)
            number = crc32(event.mention.partition_key.encode()) % PARTITIONS
            sealed += self.folds[number].mention(event)[1]
        for number, fold in enumerate(self.folds):
            self._ends[number] += BATCH
            fold.drain()
            write(self.cases, fold, self._ends[number], number)
        for pulse in sealed:
            number = crc32(pulse.brand.encode()) % PARTITIONS
            minute = decode_pulse(msgspec.json.encode(pulse))
            assert isinstance(minute, Pulse)
            self.brands[number].pulse(minute)
        for number, of_one in enumerate(self.brands):
            values = {
                f"{number}|brand|{brand}".encode(): _entry(
                    _encoder.encode(of_one.incidents[brand]), self._ends[number]
                )
                for brand in of_one.changed
            }
            of_one.changed.clear()
            self.incidents.held.apply(number, values, self._ends[number])


def told(ordinary: bool) -> Iterator[bytes]:
    """Scored mentions as they stand in the log, without end."""
    if ordinary:
        yield from map(encode_event, traffic.mentions(10**9, a_day=8_640_000))
    reader = Reader()
    backlog = mentions.mentions(10**9, repeats=1.0)
    while batch := list(islice(backlog, BATCH)):
        yield from map(encode_event, reader.read(batch))


def run(worker: Worker, log: Iterator[bytes], count: int, trace: bool) -> None:
    """Folds `count` mentions after the first `WARM`."""
    process, first, spent = psutil.Process(), None, 0.0
    began, seen = 0, None
    if trace:
        tracemalloc.start()
    for done in range(0, WARM + count + 1, BATCH):
        batch = list(islice(log, BATCH))
        at = time.process_time()
        worker.fold(batch)
        spent += time.process_time() - at
        if done // WARM != (done - BATCH) // WARM and done:
            gc.collect()
            memory = process.memory_info().rss
            told = f"{done:>9,} mentions: {memory / 1e6:6.0f} MB"
            if first is None:
                first, began, spent = memory, done, 0.0
                seen = tracemalloc.take_snapshot() if trace else None
            else:
                each = (memory - first) / (done - began)
                micro = spent / (done - began) * 1e6
                told += f", {each:5.0f} bytes a mention since {began:,}, {micro:.0f} us each"
            print(told, flush=True)
    if seen is not None:
        gc.collect()
        held = tracemalloc.take_snapshot().compare_to(seen, "lineno")
        for line in held[:_ALLOCATIONS]:
            print(f"{line.size_diff / count:8.1f} bytes a mention  {line.traceback}")
