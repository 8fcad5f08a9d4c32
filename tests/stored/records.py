"""One file of records: what stood in the topics of a small installation at two moments."""

import lzma
from collections.abc import Iterable
from pathlib import Path

import msgspec

FOLDER = Path(__file__).resolve().parent
PREFIX = "stored."
PARTITIONS = 2


class Stored(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One record, under its topic's name without the prefix; those of a partition in order.

    `later` ones were written after the state (the newest record of each key) was taken down.
    """

    topic: str
    partition: int
    value: bytes | None = None
    key: bytes | None = None
    headers: tuple[tuple[str, bytes], ...] = ()
    later: bool = False


def load(path: Path) -> list[Stored]:
    """The records of a file."""
    return msgspec.json.Decoder(Stored).decode_lines(lzma.decompress(path.read_bytes()))


def save(path: Path, records: Iterable[Stored]) -> None:
    """Writes a file."""
    path.write_bytes(lzma.compress(msgspec.json.Encoder().encode_lines(records), preset=9))
