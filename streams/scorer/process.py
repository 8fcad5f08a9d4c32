"""The scoring process: the model runs beside the stream, and may crash without taking it along.

A batch that kills or hangs the process is halved until the mention that does is found.
"""

import asyncio
import logging
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing.connection import wait
from pathlib import Path
from typing import NamedTuple, Protocol

import msgspec

from scoring.mention import Mention
from scoring.scored import Scored, TextScores
from streams.errors import TocsinError

log = logging.getLogger(__name__)

_CRASHES_BEFORE_POISON = 2
_LEAKED = "ignore::UserWarning:multiprocessing.resource_tracker"
"""What a killed process leaves is removed by its tracker, whose warning is no line of our log."""
AGAIN_S = (1.0, 2.0, 4.0, 8.0)
"""Waits before each further try to load the model: someone may kill one process, or two."""


class Batch(NamedTuple):
    """Scored mentions, None where a mention kills the model; texts found in the cache or not."""

    scored: list[Scored | None]
    hits: int = 0
    misses: int = 0


class Reading(msgspec.Struct, frozen=True, array_like=True):
    """A scored mention without the mention, which whoever asked has."""

    scores: TextScores
    lang: str
    embedding: bytes
    model: str
    quotes: dict[str, str]

    @staticmethod
    def from_scored(scored: Scored) -> "Reading":
        """Of what was read."""
        return Reading(scored.scores, scored.lang, scored.embedding, scored.model, scored.quotes)

    def of(self, mention: Mention) -> Scored:
        """With its mention."""
        return Scored(
            mention=mention,
            scores=self.scores,
            lang=self.lang,
            embedding=self.embedding,
            model=self.model,
            quotes=self.quotes,
        )


class Told(msgspec.Struct, frozen=True, array_like=True):
    """What goes back from one process to the other, as bytes: pickling took longer than reading."""

    readings: list[Reading]
    hits: int
    misses: int


_asked = msgspec.msgpack.Encoder()
_questions = msgspec.msgpack.Decoder(list[Mention])
_answer = msgspec.msgpack.Encoder()
_told = msgspec.msgpack.Decoder(Told)


class Reads(Protocol):
    """What reads texts: `hits` and `misses` count those found in its cache since the last look."""

    hits: int
    misses: int

    @property
    def label(self) -> str:
        """Name and digest of the model."""

    def read(self, mentions: Sequence[Mention]) -> list[Scored]:
        """One scored mention per mention, in order."""


Load = Callable[[], Reads]
"""Makes the reader, in the scoring process."""


def load(model: Path | None, threads: int, cascade: bool) -> Reads:
    """The model itself, imported here: the stream's own process has no need of its libraries."""
    from streams.scorer.reader import Reader

    return Reader(model, threads, cascade)


class ScoringError(TocsinError):
    """The scoring process does not come to life; nothing can be scored."""

    exit_code = 70


class ScoringProcess:
    """One process with the model; `await start()` before `score`, `stop()` in the end."""

    def __init__(self, load: Load, timeout_s: float, again_s: Sequence[float] = AGAIN_S) -> None:
        self._load = load
        self._timeout_s = timeout_s
        self._again_s = again_s
        self._pool: ProcessPoolExecutor | None = None
        self._over = False
        self._turn = asyncio.Lock()
        self.label = ""
        self.restarts = 0
        self.on_attempt: Callable[[], None] = lambda: None
        """Called before each attempt: finding the mention that hangs may take many."""

    @property
    def ready(self) -> bool:
        """Whether the model has been loaded."""
        return bool(self.label)

    @property
    def pid(self) -> int | None:
        """Process id, None while there is no process."""
        processes = (self._pool and self._pool._processes) or {}
        return next(iter(processes), None)

    async def start(self) -> None:
        """Starts the process and loads the model, however long that takes.

        A process that is killed meanwhile is started again, some times and ever later. Raises
        ScoringError, and what the model says of itself: models.errors.ModelError.
        """
        for tries, again_s in enumerate((*self._again_s, None), 1):
            if await self._begun():
                return
            if again_s is None or self._over:
                raise ScoringError(
                    f"the scoring process ended {tries} times while it loaded the model; "
                    "has it enough memory?"
                )
            log.warning(
                "the scoring process ended while it loaded the model; again in %g s (%s of %s)",
                again_s,
                tries,
                len(self._again_s),
            )
            await asyncio.sleep(again_s)
            self.on_attempt()

    async def _begun(self) -> bool:
        """Whether a process has come to life, with its model."""
        if self._over:
            return False
        if _LEAKED not in sys.warnoptions:  # the tracker's interpreter is given these
            sys.warnoptions.append(_LEAKED)
        self._pool = ProcessPoolExecutor(
            max_workers=1,
            mp_context=multiprocessing.get_context("spawn"),
            initializer=_begin,
            initargs=(self._load,),
        )
        try:
            self.label = await asyncio.wrap_future(self._pool.submit(_label))
        except BrokenProcessPool:
            self.restarts += 1
            self._let_go()
            return False
        return True

    async def score(self, mentions: Sequence[Mention]) -> Batch:
        """One entry per mention, in order; every mention that can be scored is.

        One batch at a time: a crash must be known by the batch that it came with.
        """
        if not mentions:
            return Batch([])
        async with self._turn:
            return await self._halving(mentions)

    async def _halving(self, mentions: Sequence[Mention]) -> Batch:
        for _ in range(_CRASHES_BEFORE_POISON if len(mentions) == 1 else 1):
            found = await self._attempt(mentions)
            if found is not None:
                return found
        if len(mentions) == 1:
            return Batch([None])
        half = len(mentions) // 2
        first = await self._halving(mentions[:half])
        second = await self._halving(mentions[half:])
        return Batch(
            first.scored + second.scored, first.hits + second.hits, first.misses + second.misses
        )

    async def _attempt(self, mentions: Sequence[Mention]) -> Batch | None:
        self.on_attempt()
        if self._pool is None:
            await self.start()
        assert self._pool is not None
        try:
            future = asyncio.wrap_future(self._pool.submit(_score, _asked.encode(mentions)))
            told = _told.decode(await asyncio.wait_for(future, self._timeout_s))
            pairs = zip(mentions, told.readings, strict=True)
            return Batch([reading.of(m) for m, reading in pairs], told.hits, told.misses)
        except (BrokenProcessPool, TimeoutError):
            self.restarts += 1
            self._let_go()
            return None
        except Exception:  # the poison boundary: a bug costs a mention, not the stream
            log.exception("the model fails on a batch of %s", len(mentions))
            return None

    def stop(self) -> None:
        """Ends the process for good."""
        self._over = True
        self._let_go()

    def _let_go(self) -> None:
        if self._pool is not None:
            _end(self._pool)
            self._pool = None


def _end(pool: ProcessPoolExecutor) -> None:
    processes = list((pool._processes or {}).values())  # the only way to end one that hangs
    pool.shutdown(wait=False, cancel_futures=True)
    for process in processes:
        if process.is_alive():
            process.kill()
        process.join(timeout=5)


_make: Load | None = None
_reader: Reads | None = None


def _begin(load: Load) -> None:
    """Runs first in the new process: it must not outlive its parent nor take its Ctrl-C."""
    global _make
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_follow, args=(parent.sentinel,), daemon=True).start()
    _make = load


def _follow(sentinel: int) -> None:
    wait([sentinel])
    os._exit(0)


def _open() -> Reads:
    """The reader, made when it is first asked for, so that its errors reach whoever asks."""
    global _reader
    if _reader is None:
        assert _make is not None
        _reader = _make()
    return _reader


def _label() -> str:
    return _open().label


def _score(asked: bytes) -> bytes:
    reader = _open()
    reader.hits = reader.misses = 0
    readings = [Reading.from_scored(scored) for scored in reader.read(_questions.decode(asked))]
    return _answer.encode(Told(readings, reader.hits, reader.misses))
