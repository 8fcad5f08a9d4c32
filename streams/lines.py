"""Mentions from lines: JSON Lines or plain text, bad lines told and counted."""

import sys
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

from scoring.decoding import decode
from scoring.errors import BadMentionError
from scoring.mention import MAX_TEXT, Mention
from streams.recording import Recording

Complain = Callable[[int, str], None]
_EPOCH = datetime(1970, 1, 2, tzinfo=UTC)


class Lines:
    """The mentions of a file (or standard input); `bad` counts lines that held none."""

    def __init__(self, path: Path, *, text: bool, complain: Complain) -> None:
        self._recording = Recording.open(path, keep=False)
        if path == Path("-") and sys.stdin.isatty():
            print("tocsin: reading from the terminal; Ctrl-D ends it", file=sys.stderr)
        self._text = text
        self._complain = complain
        self.size = self._recording.size
        self.read = 0
        self.bad = 0

    def __iter__(self) -> Iterator[Mention]:
        """Every good line as a mention, in order; bytes read so far in `read`."""
        for number, line in self._recording.lines():
            self.read += len(line) + 1
            if not line.strip():
                continue
            try:
                yield _plain(number, line) if self._text else decode(line)
            except BadMentionError as error:
                self.bad += 1
                self._complain(number, str(error))


def _plain(number: int, line: bytes) -> Mention:
    try:
        text = line.decode("utf-8")
    except UnicodeDecodeError as error:
        raise BadMentionError("bad_utf8", f"byte {error.start} is no UTF-8") from error
    if len(text) > MAX_TEXT:
        raise BadMentionError("too_long", f"{len(text)} characters, at most {MAX_TEXT} are read")
    if "\x00" in text:
        raise BadMentionError("null_byte", "the line holds the character U+0000")
    return Mention(id=str(number), brand="text", text=text, created_at=_EPOCH, channel="text")


def batched(mentions: Iterable[Mention], size: int) -> Iterator[list[Mention]]:
    """Lists of at most `size` mentions, in order."""
    iterator = iter(mentions)
    while batch := list(islice(iterator, size)):
        yield batch
