"""The scoring process: the model runs beside the stream, and may crash without taking it along.

A batch that kills or hangs the process is halved until the mention that does is found.
"""

import asyncio
import multiprocessing
import os
import signal
import threading
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing.connection import wait
from pathlib import Path
from typing import NamedTuple

from scoring.mention import Mention
from scoring.scored import Scored
from streams.scorer.reader import Reader

_CRASHES_BEFORE_POISON = 2


class Batch(NamedTuple):
    """Scored mentions, None where a mention kills the model; texts found in the cache or not."""

    scored: list[Scored | None]
    hits: int = 0
    misses: int = 0


class ScoringError(Exception):
    """The model cannot be loaded in the scoring process; nothing can be scored."""


class ScoringProcess:
    """One process with the model; `await start()` before `score`, `stop()` in the end."""

    def __init__(self, model: Path | None, threads: int, timeout_s: float) -> None:
        self._model = model
        self._threads = threads
        self._timeout_s = timeout_s
        self._pool: ProcessPoolExecutor | None = None
        self.label = ""
        self.restarts = 0

    @property
    def ready(self) -> bool:
        """Whether the model has been loaded."""
        return bool(self.label)

    async def start(self) -> None:
        """Starts the process and loads the model. Raises ScoringError."""
        try:
            self.label = await asyncio.wrap_future(self._executor().submit(_label))
        except BrokenProcessPool as error:
            raise ScoringError("the scoring process ends while it loads the model") from error

    async def score(self, mentions: Sequence[Mention]) -> Batch:
        """One entry per mention, in order; every mention that can be scored is."""
        if not mentions:
            return Batch([])
        for _ in range(_CRASHES_BEFORE_POISON if len(mentions) == 1 else 1):
            found = await self._attempt(mentions)
            if found is not None:
                return found
        if len(mentions) == 1:
            return Batch([None])
        half = len(mentions) // 2
        first = await self.score(mentions[:half])
        second = await self.score(mentions[half:])
        return Batch(
            first.scored + second.scored, first.hits + second.hits, first.misses + second.misses
        )

    async def _attempt(self, mentions: Sequence[Mention]) -> Batch | None:
        future = asyncio.wrap_future(self._executor().submit(_score, list(mentions)))
        try:
            return await asyncio.wait_for(future, self._timeout_s)
        except (BrokenProcessPool, TimeoutError):
            self._discard()
            return None

    def stop(self) -> None:
        """Ends the process."""
        if self._pool is not None:
            _end(self._pool)
            self._pool = None

    def _discard(self) -> None:
        self.restarts += 1
        self.stop()

    def _executor(self) -> ProcessPoolExecutor:
        if self._pool is None:
            self._pool = ProcessPoolExecutor(
                max_workers=1,
                mp_context=multiprocessing.get_context("spawn"),
                initializer=_begin,
                initargs=(self._model, self._threads),
            )
        return self._pool


def _end(pool: ProcessPoolExecutor) -> None:
    processes = list((pool._processes or {}).values())  # the only way to end one that hangs
    pool.shutdown(wait=False, cancel_futures=True)
    for process in processes:
        if process.is_alive():
            process.kill()
        process.join(timeout=5)


_reader: Reader | None = None


def _begin(model: Path | None, threads: int) -> None:
    """Runs first in the new process: it must not outlive its parent nor take its Ctrl-C."""
    global _reader
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_follow, args=(parent.sentinel,), daemon=True).start()
    _reader = Reader(model, threads)


def _follow(sentinel: int) -> None:
    wait([sentinel])
    os._exit(0)


def _label() -> str:
    assert _reader is not None
    return _reader.label


def _score(mentions: list[Mention]) -> Batch:
    assert _reader is not None
    reader = _reader
    reader.hits = reader.misses = 0
    scored: list[Scored | None] = list(reader.read(mentions))
    return Batch(scored, reader.hits, reader.misses)
