"""Records whose headers are named in no UTF-8, which Kafka passes on and aiokafka cannot read.

Its parser fails at such a name, on every attempt, so that one message would end a role for ever.
Where it does, the batch is read once more, by its parser in Python, with what is no UTF-8 replaced
(U+FFFD).
"""

import struct
from collections.abc import Iterator
from typing import Any

from aiokafka.consumer import fetcher
from aiokafka.record.default_records import _DefaultRecordBatchPy
from aiokafka.record.memory_records import MemoryRecords

_LENGTH = struct.Struct(">i")
_LENGTH_AT = 8
_BEFORE_LENGTH_ENDS = 12
"""Of each batch: its offset and its length, which counts what comes after them."""


def install() -> None:
    """All of aiokafka's consumers in this process read so."""
    fetcher.MemoryRecords = Records


class Records:
    """What a fetch answered, of one partition: aiokafka's own, with forgiving batches."""

    def __init__(self, answer: bytes) -> None:
        self._answer = memoryview(answer)
        self._own: Any = MemoryRecords(answer)
        self._at = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._own, name)

    def next_batch(self) -> "Batch | None":
        """None at the end."""
        own = self._own.next_batch()
        if own is None:
            return None
        begin = self._at
        (length,) = _LENGTH.unpack_from(self._answer, begin + _LENGTH_AT)
        self._at = begin + _BEFORE_LENGTH_ENDS + length
        return Batch(own, self._answer[begin : self._at])


class Batch:
    """aiokafka's own, and its bytes."""

    def __init__(self, own: Any, raw: memoryview) -> None:
        self._own = own
        self._raw = raw

    def __getattr__(self, name: str) -> Any:
        return getattr(self._own, name)

    def __next__(self) -> Any:
        return next(self._own)

    def __iter__(self) -> Iterator[Any]:
        """Its records; the first come twice where one cannot be read: the fetcher passes over."""
        try:
            yield from self._own
        except UnicodeDecodeError:
            yield from _ForgivingBatch(self._raw)


class _ForgivingBatch(_DefaultRecordBatchPy):
    _buffer: bytearray

    def _maybe_uncompress(self) -> None:
        super()._maybe_uncompress()
        self._buffer = _Bytes(self._buffer)


class _Bytes(bytearray):
    """Its parts decode whatever they are."""

    def __getitem__(self, at: Any) -> Any:
        found = super().__getitem__(at)
        return _Bytes(found) if isinstance(at, slice) else found

    def decode(self, encoding: str = "utf-8", errors: str = "replace") -> str:
        """As `bytes.decode`, with other defaults."""
        return super().decode(encoding, errors)
