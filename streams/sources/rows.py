"""The records of a file: JSON Lines, a JSON document, CSV. A bad one holds no other up."""

import csv
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import BinaryIO, NamedTuple

import msgspec

from streams.sources.lines import MOST, Line, lines, text
from streams.sources.places import Place
from streams.sources.source import Item, Unreadable, placed

_MOST_DOCUMENT = 64 * 1024 * 1024
_CHUNK = 500
_COLUMNS, _ROWS, _MOST_ROWS = 3, 3, 20
"""Rows of so many columns within one text, among the first that follow, are no text."""
_NOT_UTF8 = "lines that are not UTF-8 are read as Windows-1252; set `encoding` if they are another"
_NOT_ENCODED = "bytes that are not of the `encoding` are read as \N{REPLACEMENT CHARACTER}"
Read = Callable[[bytes], Iterator[Item | Unreadable]]
"""From JSON to items."""
Map = Callable[[dict[str, str]], Iterator[Item | Unreadable]]
"""From the columns of a row to items."""


class Row(NamedTuple):
    """What one record gave, and where reading goes on after it.

    `rest`, `half` as in Place. `note`: what else somebody should know.
    """

    found: Sequence[Item | Unreadable]
    offset: int
    line: int
    rest: bool = False
    half: bool = False
    note: str = ""


class Look(NamedTuple):
    """One look at a file: `settled` when nobody has written to it for a while."""

    file: BinaryIO
    place: Place
    size: int
    settled: bool
    encoding: str

    @property
    def told(self) -> bool:
        """Was the unfinished end, as it is, taken before."""
        return self.place.half == self.size


def json_rows(look: Look, read: Read) -> Iterator[Row]:
    """JSON Lines, or one document over several lines: a list, or an object."""
    if look.place.offset == 0 and not look.place.rest and _is_document(look):
        whole = _document(look)
        if whole is not None:
            yield from _in_parts(list(read(whole)), look.size)
            return
        if not look.settled and look.size <= _MOST_DOCUMENT:
            return  # somebody is writing it
    for line in lines(look.file, look.place):
        if line.long:
            yield _too_long(line, look.place)
            continue
        said, odd = text(line, look.encoding)
        raw = said.encode()
        if line.half and not _is_json(raw):
            if look.settled and not look.told:
                wrong = placed(Unreadable("it has no end"), _where(line))
                yield Row([wrong], line.begin, line.number, half=True)
            return
        found = [placed(one, _where(line)) for one in read(raw)] if raw.strip() else []
        yield Row(found, line.after, line.following, note=_odd(look.encoding) if odd else "")


def csv_rows(look: Look, delimiter: str, read: Map) -> Iterator[Row]:
    """The rows of CSV (RFC 4180) below the header, which tells their columns."""
    top = Place(0, b"", 0)
    records = _Records(look._replace(place=top), delimiter)
    header = records.next()
    if header is None or (header.half and not look.settled):
        return
    if header.row is None:
        if not look.told:
            yield Row([Unreadable(f"line 1, the header: {header.wrong}")], 0, 0, half=True)
        return
    if look.place.offset or look.place.rest:
        records = _Records(look, delimiter)
    while record := records.next():
        first = record.lines[0]
        if first.long:
            yield _too_long(first, look.place)
            continue
        row, wrong = record.row, record.wrong
        if row is not None and len(record.lines) > 1 and len(row) != len(header.row):
            row, wrong = None, "a quote is not closed"
        if record.half and not _swallows(record, len(header.row), delimiter):
            if not look.settled or look.told:
                return
            if row is not None and len(row) < len(header.row):
                row, wrong = None, "it has no end"
        if row is None:
            records.again(record)
            last = first
            found: list[Item | Unreadable] = [Unreadable(f"{_where(first)}: {wrong}")]
        else:
            last = record.lines[-1]
            columns = dict(zip(header.row, row, strict=False))
            found = [placed(one, _where(first)) for one in read(columns)] if row else []
        note = _odd(look.encoding) if record.odd else ""
        if last.half:  # read again, as a whole, when it goes on
            yield Row(found, first.begin, first.number, half=True, note=note)
            return
        yield Row(found, last.after, last.following, note=note)


def _swallows(record: "_Record", columns: int, delimiter: str) -> bool:
    """Has an open quote taken whole rows in: nobody need wait for its end."""
    if record.wrong != _OPEN or columns < _COLUMNS:
        return False
    rows = csv.reader(
        (line.raw.decode("latin-1") for line in record.lines[1:]), delimiter=delimiter
    )
    return sum(len(row) == columns for row in islice(rows, _MOST_ROWS)) >= _ROWS


class _Record(NamedTuple):
    """Lines that make a row; or the reason why they do not."""

    lines: list[Line]
    row: list[str] | None
    wrong: str = ""
    odd: bool = False

    @property
    def half(self) -> bool:
        """Somebody may be writing it: its line, or its quote, has no end."""
        return self.lines[-1].half or self.wrong == _OPEN


_OPEN = "a quote is not closed before the end"


class _Records:
    """Rows one by one; after a bad one, from its second line on."""

    def __init__(self, look: Look, delimiter: str) -> None:
        self._encoding = look.encoding
        self._delimiter = delimiter
        self._lines = lines(look.file, look.place)
        self._pending: deque[Line] = deque()

    def next(self) -> _Record | None:
        """None at the end."""
        used: list[Line] = []
        odd = False
        stopped = False

        def feed() -> Iterator[str]:
            nonlocal odd, stopped
            while True:
                line = self._pending.popleft() if self._pending else next(self._lines, None)
                if line is None:
                    return
                if line.long:
                    if used:
                        self._pending.appendleft(line)
                    else:
                        used.append(line)
                    stopped = True
                    return
                used.append(line)
                said, guessed = text(line, self._encoding)
                odd = odd or guessed
                yield said

        reader = csv.reader(feed(), delimiter=self._delimiter, strict=True)
        try:
            row = next(reader, None)
        except csv.Error as error:
            ended = "end of data" in str(error) and not stopped
            return _Record(used, None, _OPEN if ended else _plainly(str(error)), odd)
        return _Record(used, row, "", odd) if used else None

    def again(self, record: _Record) -> None:
        """All but the first line of a record are read once more."""
        self._pending.extendleft(reversed(record.lines[1:]))


def _plainly(error: str) -> str:
    """The csv module's words in ours."""
    if "expected after" in error:
        return 'a quote within quotes is not doubled ("")'
    return "a quote is not closed" if "field larger" in error else error


def _is_document(look: Look) -> bool:
    """Does it begin as JSON that goes on in the next line."""
    look.file.seek(0)
    raw = look.file.readline(MOST)
    first = text(Line(raw, 0, 0, 0), look.encoding)[0].strip().encode()
    if first == b"{" and len(raw) < look.size:
        return True
    return first.startswith(b"[") and not _is_json(first)


def _document(look: Look) -> bytes | None:
    """The file in one piece, None when that is no JSON."""
    if look.size > _MOST_DOCUMENT:
        return None
    look.file.seek(0)
    whole = text(Line(look.file.read(look.size), 0, 0, 0), look.encoding)[0].encode()
    return whole if _is_json(whole) else None


def _in_parts(found: Sequence[Item | Unreadable], size: int) -> Iterator[Row]:
    for start in range(0, len(found), _CHUNK):
        yield Row(found[start : start + _CHUNK], 0, 0)
    yield Row([], size, -1)


def _too_long(line: Line, place: Place) -> Row:
    """Told once: when it is met, not while its rest is passed over."""
    known = place.rest and line.begin == place.offset
    wrong = Unreadable(f"{_where(line)}: it is longer than {MOST // 1024 // 1024} MiB")
    return Row([] if known else [wrong], line.after, line.following, rest=line.half)


def _where(line: Line) -> str:
    return f"line {line.number + 1}" if line.number >= 0 else f"byte {line.begin}"


def _odd(encoding: str) -> str:
    return _NOT_UTF8 if encoding.lower().startswith("utf") else _NOT_ENCODED


def _is_json(raw: bytes) -> bool:
    try:
        msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False
    return True
