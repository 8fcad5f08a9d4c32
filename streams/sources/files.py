"""Files and folders: JSON Lines and CSV, read to their end and followed as they grow.

A file is known by its device, its inode and its first bytes, so that one that is renamed is not
read again and one that begins anew is. Only whole lines are taken.
"""

import csv
import glob
import io
import os
from collections.abc import AsyncIterator, Iterator
from hashlib import blake2b
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from scoring.errors import BadMentionError
from streams.errors import ConfigError
from streams.sinks.target import Later
from streams.sources import document, mapping
from streams.sources.mapping import Shape
from streams.sources.source import Batch, Context, Cursor, Item

EVERY_S = 1.0
_HEAD = 256
_LINES = 500
_MOST_LINE = 8 * 1024 * 1024
_CSV = (".csv", ".tsv")
_JSONL = (".jsonl", ".ndjson", ".json")


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`path` is a file, a folder or a pattern such as `/in/*.csv`.

    `format` is told by the name's end when not set. `mapping`, or a file of one: where the fields
    of a mention stand; JSON Lines without one are Mention v1. `timezone` of times without an
    offset. `delimiter` of CSV. `start`: `end` leaves out what is there when it first looks.
    """

    path: Annotated[str, Meta(min_length=1)]
    format: Literal["", "jsonl", "csv"] = ""
    mapping: dict[str, Any] | None = None
    mapping_file: str = ""
    timezone: str = "UTC"
    encoding: str = "utf-8-sig"
    delimiter: Annotated[str, Meta(min_length=1, max_length=1)] = ","
    start: Literal["beginning", "end"] = "beginning"

    def check(self) -> None:
        """Raises ConfigError."""
        made = mapping.of_settings(self.mapping, self.mapping_file, self.timezone)
        if made is None and (self.format == "csv" or self.path.endswith(_CSV)):
            raise ConfigError("CSV needs a mapping: which column is text, created_at, id, ...")
        try:
            "".encode(self.encoding)
        except LookupError as error:
            raise ConfigError(f"encoding: {self.encoding!r} is none, such as utf-8") from error


class Place(msgspec.Struct, array_like=True):
    """How far a file is read (bytes); a hash of its first bytes, and how many they are."""

    offset: int
    head: bytes
    length: int


_cursor = msgspec.json.Decoder(dict[str, Place])


class Files:
    """One file, folder or pattern."""

    def __init__(self, settings: Settings, context: Context) -> None:
        self._settings = settings
        self._name = context.name
        self._channel = context.common.channel or "website"
        self._shape = mapping.of_settings(
            settings.mapping, settings.mapping_file, settings.timezone
        )

    async def batches(self, cursor: Cursor | None) -> AsyncIterator[Batch]:
        places = _cursor.decode(cursor) if cursor else {}
        paths = find(self._settings.path)
        if not paths and not is_many(self._settings.path):
            raise Later(f"{self._settings.path} is not there")
        first = cursor is None and self._settings.start == "end"
        seen: dict[str, Place] = {}
        for path in paths:
            for key, place, batch in self._file(path, places, skip=first):
                seen[key] = place
                # Those that are still to come keep their places; those that are gone go last.
                yield msgspec.structs.replace(batch, cursor=_encode(places | seen))
        if seen.keys() != places.keys():
            yield Batch(cursor=_encode(seen))

    def _file(
        self, path: str, places: dict[str, Place], *, skip: bool
    ) -> Iterator[tuple[str, Place, Batch]]:
        try:
            with open(path, "rb") as file:
                status = os.fstat(file.fileno())
                key = f"{status.st_dev}:{status.st_ino}"
                place = _place(file, places.get(key), status.st_size)
                if skip:
                    yield key, msgspec.structs.replace(place, offset=status.st_size), Batch()
                    return
                yield key, place, Batch()
                file.seek(place.offset)
                rows = self._rows(path, file, place.offset)
                while chunk := list(_take(rows, _LINES)):
                    found = [item for items, _ in chunk for item in items]
                    place = msgspec.structs.replace(place, offset=chunk[-1][1])
                    good = [item for item in found if item is not None]
                    yield key, place, Batch(items=good, unreadable=len(found) - len(good))
        except OSError as error:
            raise Later(f"{path} cannot be read: {error.strerror}") from error

    def _rows(
        self, path: str, file: io.BufferedReader, offset: int
    ) -> Iterator[tuple[list[Item | None], int]]:
        """The items of each line, and the offset after it."""
        is_csv = self._settings.format == "csv" or (
            not self._settings.format and path.lower().endswith(_CSV)
        )
        if is_csv:
            assert self._shape is not None
            yield from _csv_rows(
                file, offset, self._settings, self._shape, self._name, self._channel
            )
            return
        while line := file.readline(_MOST_LINE):
            whole = line.endswith(b"\n")
            if not whole and not _is_json(line):
                return  # somebody is writing it
            offset += len(line)
            if line.strip():
                yield list(self._items(line)), offset

    def _items(self, line: bytes) -> Iterator[Item | None]:
        try:
            if self._shape is None:
                yield document.read(line)
            else:
                yield from self._shape.items(msgspec.json.decode(line), self._name, self._channel)
        except (BadMentionError, msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            yield None

    async def close(self) -> None:
        """Nothing is held between batches."""


def _csv_rows(
    file: io.BufferedReader,
    offset: int,
    settings: Settings,
    shape: Shape,
    name: str,
    channel: str,
) -> Iterator[tuple[list[Item | None], int]]:
    file.seek(0)
    position = 0

    def text() -> Iterator[str]:
        nonlocal position
        while (line := file.readline(_MOST_LINE)).endswith(b"\n"):
            position += len(line)
            yield line.decode(
                settings.encoding if position == len(line) else _plain(settings), "replace"
            )

    rows = csv.reader(text(), delimiter=settings.delimiter, strict=True)
    header = next(rows, None)
    if header is None:
        return
    if offset > position:
        file.seek(offset)
        position = offset
    while True:
        try:
            row = next(rows, None)
        except csv.Error as error:
            if "end of data" in str(error):
                return  # somebody is writing it
            yield [None], position
            continue
        if row is None:
            return
        if row:
            fields = dict(zip(header, row, strict=False))
            yield list(shape.items(fields, name, channel)), position


def _plain(settings: Settings) -> str:
    """Only the first line may begin with a mark of the byte order."""
    return settings.encoding.removesuffix("-sig")


def _is_json(line: bytes) -> bool:
    try:
        msgspec.json.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False
    return True


def _place(file: io.BufferedReader, known: Place | None, size: int) -> Place:
    """Where to read on: from the start when it is another file, or was emptied."""
    if known is not None and known.offset <= size:
        file.seek(0)
        if _hash(file.read(known.length)) == known.head:
            if known.length >= _HEAD:
                return known
            file.seek(0)
            head = file.read(_HEAD)
            return Place(known.offset, _hash(head), len(head))
    file.seek(0)
    head = file.read(_HEAD)
    return Place(0, _hash(head), len(head))


def _hash(head: bytes) -> bytes:
    return blake2b(head, digest_size=8).digest()


def _encode(places: dict[str, Place]) -> Cursor:
    return msgspec.json.encode(places).decode()


def _take(rows: Iterator[tuple[list[Item | None], int]], most: int) -> Iterator[Any]:
    for _, row in zip(range(most), rows, strict=False):
        yield row


def is_many(path: str) -> bool:
    """Whether it names files that need not be there yet: a folder, or a pattern."""
    return glob.has_magic(path) or Path(path).expanduser().is_dir()


def find(path: str) -> list[str]:
    """The files of a path, oldest first; in a folder, those whose names end as we read them."""
    whole = Path(path).expanduser()
    if whole.is_dir():
        names = [str(one) for one in whole.iterdir() if one.suffix.lower() in (*_CSV, *_JSONL)]
    else:
        names = glob.glob(str(whole), recursive=True) if glob.has_magic(path) else [str(whole)]
    return sorted((name for name in names if os.path.isfile(name)), key=_age)


def _age(name: str) -> tuple[int, str]:
    try:
        return os.stat(name).st_mtime_ns, name
    except OSError:
        return 0, name


def build(settings: Settings, context: Context) -> Files:
    """A source of files."""
    return Files(settings, context)
