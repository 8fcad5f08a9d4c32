"""Files and folders: JSON Lines and CSV, read to their end and followed as they grow.

A file is known by its device, its inode and some of its bytes, so that one that is renamed is not
read again and one that begins anew is. Only whole lines are taken, but for the last one of a file
that nobody has written to for a while.
"""

import glob
import os
import time
from collections.abc import AsyncIterator, Iterator
from itertools import islice
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from streams.errors import ConfigError
from streams.sinks.target import Later
from streams.sources import document, mapping, places
from streams.sources.places import Place
from streams.sources.rows import Look, Row, csv_rows, json_rows
from streams.sources.source import Batch, Context, Cursor, sorted_out

EVERY_S = 1.0
SETTLED_S = 10.0
"""Since a file was written to: its last line is taken for all there is, with or without an end."""
_LINES = 500
_CSV = (".csv", ".tsv")
_JSONL = (".jsonl", ".ndjson", ".json")
_NO_MAPPING = "CSV needs a mapping: which column is text, created_at, id, ..."


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
        if made is None and (self.format == "csv" or self.path.lower().endswith(_CSV)):
            raise ConfigError(_NO_MAPPING)
        try:
            lined = "a\n".encode(self.encoding.lower().removesuffix("-sig")) == b"a\n"
        except (LookupError, UnicodeError) as error:
            raise ConfigError(f"encoding: {self.encoding!r} is none, such as utf-8") from error
        if not lined:
            raise ConfigError(
                f"encoding: {self.encoding} cannot be read line by line: write the file as utf-8"
            )

    def is_csv(self, path: str) -> bool:
        """By `format`, else by the end of the name."""
        return self.format == "csv" or (not self.format and path.lower().endswith(_CSV))

    def unmapped(self, path: str) -> bool:
        """CSV of which nobody has said what its columns are."""
        return self.is_csv(path) and not (self.mapping or self.mapping_file)


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
        self._refused: set[str] = set()

    async def batches(self, cursor: Cursor | None) -> AsyncIterator[Batch]:
        known = _cursor.decode(cursor) if cursor else {}
        paths = find(self._settings.path)
        if not paths and not is_many(self._settings.path):
            raise Later(f"{self._settings.path} is not there")
        first = cursor is None and self._settings.start == "end"
        seen: dict[str, Place] = {}
        failed = ""
        for path in paths:
            if self._settings.unmapped(path):
                if path not in self._refused:
                    self._refused.add(path)
                    yield Batch(unreadable=1, why=[f"{path}: {_NO_MAPPING}"])
                continue
            try:
                for key, place, batch in self._file(path, known, skip=first):
                    seen[key] = place
                    # Those that are still to come keep their places; those that are gone go last.
                    yield msgspec.structs.replace(batch, cursor=_encode(known | seen))
            except OSError as error:
                failed = f"{path} cannot be read: {error.strerror}"
        if failed:
            raise Later(failed)
        if seen.keys() != known.keys():
            yield Batch(cursor=_encode(seen))

    def _file(
        self, path: str, known: dict[str, Place], *, skip: bool
    ) -> Iterator[tuple[str, Place, Batch]]:
        """Raises OSError."""
        with open(path, "rb") as file:
            status = os.fstat(file.fileno())
            key, size = f"{status.st_dev}:{status.st_ino}", status.st_size
            place = places.begin(file, known.get(key), size)
            if skip:
                yield key, places.at(file, place, size, -1), Batch()
                return
            yield key, place, Batch()
            settled = time.time() - status.st_mtime >= SETTLED_S
            look = Look(file, place, size, settled, self._settings.encoding)
            rows = self._rows(path, look)
            while chunk := list(islice(rows, _LINES)):
                last = chunk[-1]
                place = msgspec.structs.replace(
                    places.at(file, place, last.offset, last.line),
                    rest=last.rest,
                    half=size if last.half else -1,
                )
                yield key, place, _batch(path, chunk)

    def _rows(self, path: str, look: Look) -> Iterator[Row]:
        shape, name, channel = self._shape, self._name, self._channel
        if self._settings.is_csv(path):
            assert shape is not None
            delimiter = self._settings.delimiter
            return csv_rows(look, delimiter, lambda row: shape.items(row, name, channel))
        return json_rows(look, lambda raw: document.items(raw, shape, name, channel))

    async def close(self) -> None:
        """Nothing is held between batches."""


def _batch(path: str, rows: list[Row]) -> Batch:
    made = sorted_out([one for row in rows for one in row.found])
    return msgspec.structs.replace(
        made,
        why=[f"{path}, {why}" for why in made.why],
        notes=[f"{path}: {note}" for note in {row.note for row in rows if row.note}],
    )


def _encode(places: dict[str, Place]) -> Cursor:
    return msgspec.json.encode(places).decode()


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
