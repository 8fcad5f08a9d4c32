"""A file of recorded mentions: its lines, its pace, and its move to another time."""

import codecs
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import BinaryIO, Self

import msgspec

from scoring.decoding import decode
from scoring.errors import BadMentionError
from scoring.mention import Mention
from streams.errors import UsageError

STDIN = Path("-")
GAP_S = 1.0
"""Event time between the end of one repetition and the start of the next."""
LONG_WAIT_S = 60.0
MOST_WAIT_S = 30 * 86_400.0
IN_MEMORY = 64 * 1024 * 1024
_UNITS = (("year", 31_557_600), ("day", 86_400), ("hour", 3_600), ("minute", 60))
_IDS = ("id", "conversation_id", "parent_id")


class Recording:
    """Lines of JSON in a file or on standard input."""

    def __init__(self, source: BinaryIO, size: int) -> None:
        self._source = source
        self.size = size
        """Bytes, 0 when nobody knows."""

    @classmethod
    def open(cls, path: Path, *, keep: bool) -> Self:
        """Opens it; `keep` when the lines are read more than once. Raises UsageError."""
        try:
            if path != STDIN:
                return cls(path.open("rb"), path.stat().st_size)
        except OSError as error:
            raise UsageError(f"{path} cannot be read: {error.strerror}") from error
        if not keep:
            return cls(sys.stdin.buffer, 0)
        copy = tempfile.SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115 - lives as long as we do
        copy.writelines(sys.stdin.buffer)
        return cls(copy, copy.tell())  # type: ignore[arg-type]

    def lines(self) -> Iterator[tuple[int, bytes]]:
        """Number (from 1) and bytes of each line that is not blank, from the start."""
        if self._source is not sys.stdin.buffer:
            self._source.seek(0)
        for number, line in enumerate(self._source, start=1):
            if number == 1:
                line = line.removeprefix(codecs.BOM_UTF8)  # as editors write it
            if line := line.rstrip(b"\r\n"):
                yield number, line

    def span(self) -> tuple[float, float] | None:
        """First and last event time, seconds since 1970; None without a valid mention."""
        times = []
        for _, line in self.lines():
            try:
                times.append(decode(line).at)
            except BadMentionError:
                continue
        return (min(times), max(times)) if times else None


class Shift(msgspec.Struct, frozen=True, kw_only=True):
    """Moves mentions in event time, and tells repetitions apart; `by` and `every` in seconds."""

    by: float = 0.0
    every: float = 0.0

    @staticmethod
    def over(recording: Recording, *, speed: float, loops: int, to_now: bool) -> "Shift":
        """The shift for `loops` repetitions at `speed` (0: at once).

        To now: the last mention bears the time at which it is sent, so that none ever claims to
        come from the future, whatever the speed.
        """
        span = recording.span() if to_now or loops > 1 else None
        if span is None:
            return Shift()
        first, last = span
        every = last - first + GAP_S
        whole = last - first + every * (loops - 1)
        sending = min(whole, whole / speed) if speed else 0.0
        return Shift(by=time.time() + sending - whole - first if to_now else 0.0, every=every)

    def changes(self, repetition: int) -> bool:
        """Is a mention of this repetition (from 0) any different."""
        return bool(self.by or repetition)

    def apply(self, raw: bytes, mention: Mention, repetition: int) -> bytes:
        """The line of a valid mention as it is in this repetition."""
        fields = msgspec.json.decode(raw)
        at = mention.created_at + timedelta(seconds=self.by + self.every * repetition)
        fields["created_at"] = at.astimezone(UTC).isoformat().replace("+00:00", "Z")
        if repetition:
            for name in _IDS:
                if fields.get(name):
                    fields[name] = f"{fields[name]}~{repetition + 1}"
        return msgspec.json.encode(fields)


class Pace:
    """Lets event time pass `speed` times as fast as it did; 0 waits for nothing."""

    def __init__(self, speed: float) -> None:
        self._speed = speed
        self._start: tuple[float, float] | None = None

    def wait(self, at: float, flush: Callable[[], object], tell: Callable[[float], object]) -> None:
        """Waits until event time `at` (seconds since 1970) is due; `flush` comes before a wait.

        `tell` gets the seconds of a wait that is long enough for a person to wonder. Raises
        UsageError for one that nobody can mean.
        """
        if not self._speed:
            return
        if self._start is None:
            self._start = (at, time.monotonic())
        first, started = self._start
        ahead = (at - first) / self._speed - (time.monotonic() - started)
        if ahead <= 0:
            return
        flush()
        if ahead > MOST_WAIT_S:
            day = f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d}"
            raise UsageError(
                f"the next mention, of {day}, is due in {duration(ahead)} at this speed: "
                "correct its created_at, or give a higher --speed, or max"
            )
        if ahead >= LONG_WAIT_S:
            tell(ahead)
        time.sleep(ahead)


def duration(seconds: float) -> str:
    """`90 seconds`, `3 hours`, `12 days`, `172 years`: the largest unit that is there twice."""
    unit, size = next((u for u in _UNITS if seconds >= 2 * u[1]), ("second", 1))
    count = round(seconds / size)
    return f"{count:,} {unit}{'' if count == 1 else 's'}"
