"""State that never runs ahead of what was said: a Faust table, written by hand.

Faust sends a table's changelog in the background and would acknowledge the mention before. Here
the changelog is sent and awaited first, then the table changes, then the caller acknowledges.

What one batch of the log changes is one batch of the changelog, which Kafka appends whole or not at
all: after a crash the cases and the clock are of the same moment. Each record says up to which
offset of the log it is folded. A worker that lost its partition while it slept may still write
what it had computed: recovery prefers, of each key, what is folded furthest, and so passes over
it; and the owner, who sees by the offsets that somebody else has written, writes his own again.

Recovery is Faust's own; where it writes to, `streams.worker.held`. Keys begin with the partition,
as they did when all partitions shared one table.
"""

import logging
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, cast

import faust
from faust.tables import Table
from faust.types import TP, EventT

from streams.config import Settings
from streams.worker import ends, messages
from streams.worker.disk import OnDisk
from streams.worker.held import Held, InMemory
from streams.worker.output import Output, Record

log = logging.getLogger(__name__)

_SEPARATOR = b"|"
FOLDED = "tocsin_folded"
"""Header of a changelog record: the last offset of the log that its value is folded from."""
NOWHERE = -1
_FOLDED_BYTES = 8
_EPOCH = 1 << 40
"""Added to what is written each time that the log itself is made anew, and counts from 0 again."""


class State:
    """One table of bytes, by partition and name."""

    def __init__(
        self, app: faust.App, name: str, partitions: int, output: Output, settings: Settings
    ) -> None:
        table = app.Table(name, partitions=partitions, key_type=bytes, value_type=bytes)
        self._table = cast("Table[bytes, bytes]", table)
        self._output = output
        self._settings = settings
        self._next: dict[int, int] = {}
        """Where the next record of a partition goes, if nobody else writes."""
        self._epochs: dict[int, int] = {}
        self._gone: dict[int, set[bytes]] = {}
        """Keys that recovery found deleted: until it ends no older value may take their place."""
        self._kept: set[int] = set()
        self._read: Counter[int] = Counter()
        held = self._held(app, name)
        # An attribute of an instance goes before the method of its class.
        vars(self._table).update(apply_changelog_batch=self._recover, _new_store=lambda: held)
        self.held = held

    def _held(self, app: faust.App, name: str) -> Held:
        own: dict[str, Any] = {"table_name": name}
        if self._settings.state_store == "rocksdb":
            folder = Path(app.conf.datadir) / name
            return OnDisk("rocksdb://", app, self._table, folder=folder, **own)
        return InMemory("memory://", app, self._table, **own)

    def get(self, partition: int, name: str) -> bytes | None:
        """One value, None where nothing is stored."""
        entry = self.held.look(partition, _prefix(partition) + name.encode())
        return _value(entry) or None if entry else None

    def of(self, partition: int) -> Iterator[tuple[str, bytes]]:
        """Name and value of everything that is stored for a partition."""
        begin = len(_prefix(partition))
        for key, entry in self.held.entries(partition):
            self._note_epoch(partition, _folded(entry))
            if value := _value(entry):
                yield key[begin:].decode(), value

    def keep(self, partitions: Collection[int]) -> None:
        """Recovery is over: what is stored of other partitions is let go until they return."""
        if self._kept == set(partitions):
            return
        for number in set(partitions) - self._kept:
            read = self._read.pop(number, 0)
            topic = self._table.changelog_topic_name
            log.info("%s, partition %s: %s records read from the changelog", topic, number, read)
        self._kept = set(partitions)
        self.held.keep(partitions)
        for number in self._next.keys() - self._kept:
            del self._next[number]
        for number in self._gone.keys() & self._kept:
            deleted = {key for key in self._gone[number] if not self._live(number, key)}
            self.held.apply(number, dict.fromkeys(deleted), self._next[number])
        self._gone.clear()

    def _live(self, partition: int, key: bytes) -> bool:
        entry = self.held.look(partition, key)
        return entry is not None and bool(_value(entry))

    async def write(
        self, partition: int, changes: Mapping[str, bytes | None], folded: int = NOWHERE
    ) -> None:
        """Stores values, None to delete, and returns when the changelog has them, all or none.

        `folded` is the last offset of the log that they come from. Raises aiokafka's KafkaError.
        """
        if not changes:
            return
        prefix = _prefix(partition)
        values = {prefix + name.encode(): value for name, value in changes.items()}
        folded += self._epochs.get(partition, 0)
        expected = self._next.get(partition, self.held.reached(partition))
        end = await self._send(partition, values, folded)
        entries = {
            key: None if value is None else _entry(value, folded) for key, value in values.items()
        }
        self.held.apply(partition, entries, end)
        begin = end - len(values)
        if expected is not None and begin > expected:
            self.held.distrust(partition)
            await self._say_again(partition, expected, begin, folded)

    def begin_anew(self, partition: int) -> None:
        """The log was made anew: what is folded from now on is further, at whatever offset."""
        self._epochs[partition] = self._epochs.get(partition, 0) + _EPOCH

    async def _say_again(self, partition: int, begin: int, end: int, folded: int) -> None:
        """Somebody else wrote from `begin` to `end`: ours of the same keys is to be the newest.

        Recovery passes over his; but compaction may have dropped ours by then.
        """
        tp = TP(self._table.changelog_topic_name, partition)
        keys = await ends.keys_between(self._settings, tp, begin, end)
        log.warning("partition %s: %s states were written twice; again", partition, len(keys))
        held = {key: self.held.look(partition, key) for key in keys}
        values = {key: _value(entry) if entry else None for key, entry in held.items()}
        if values:
            await self._send(partition, values, folded)

    async def _send(self, partition: int, values: Mapping[bytes, bytes | None], folded: int) -> int:
        """Offset after the last record, once all are acknowledged."""
        topic = self._table.changelog_topic_name
        headers = [(FOLDED, str(folded).encode())]
        records = [Record(topic, value, key, partition, headers) for key, value in values.items()]
        self._next[partition] = await self._output.send_whole(topic, partition, records)
        return self._next[partition]

    def _note_epoch(self, partition: int, folded: int) -> None:
        epoch = max(0, folded) // _EPOCH * _EPOCH
        self._epochs[partition] = max(self._epochs.get(partition, 0), epoch)

    def _recover(self, events: Iterable[EventT]) -> None:
        """Of each key what is folded furthest; a deleted key leaves an entry until all is read."""
        newest: dict[int, dict[bytes, bytes | None]] = {}
        for event in events:
            message = event.message
            number, key = message.partition, message.key or b""
            self._kept.discard(number)
            self._read[number] += 1
            self._next[number] = message.offset + 1
            folded = folded_of(messages.headers(message))
            self._note_epoch(number, folded)
            found = newest.setdefault(number, {})
            held = found.get(key) or self.held.look(number, key)
            if held is None or folded >= _folded(held):
                found[key] = _entry(message.value, folded)
                if message.value is None:
                    self._gone.setdefault(number, set()).add(key)
        for number, found in newest.items():
            self.held.apply(number, found, self._next[number])


def _prefix(partition: int) -> bytes:
    return str(partition).encode() + _SEPARATOR


def _entry(value: bytes | None, folded: int) -> bytes:
    """A value as the table has it: how far it is folded comes first."""
    return folded.to_bytes(_FOLDED_BYTES, signed=True) + (value or b"")


def _value(entry: bytes) -> bytes:
    return entry[_FOLDED_BYTES:]


def _folded(entry: bytes) -> int:
    return int.from_bytes(entry[:_FOLDED_BYTES], signed=True)


def folded_of(headers: Iterable[tuple[str, bytes | None]]) -> int:
    """How far a changelog record is folded; `NOWHERE` where an earlier release wrote it."""
    return int(dict(headers).get(FOLDED) or NOWHERE)
