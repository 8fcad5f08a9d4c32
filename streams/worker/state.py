"""State that never runs ahead of what was said: a Faust table, written by hand.

Faust sends a table's changelog in the background and would acknowledge the mention before. Here
the changelog is sent and awaited first, then the table changes, then the caller acknowledges.

What one batch of the log changes is one batch of the changelog, which Kafka appends whole or not at
all: after a crash the cases and the clock are of the same moment. Each record says up to which
offset of the log it is folded. A worker that lost its partition while it slept may still write
what it had computed: recovery prefers, of each key, what is folded furthest, and so passes over
it; and the owner, who sees by the offsets that somebody else has written, writes his own again.

Recovery is Faust's own. Keys begin with the partition, so that one partition's state can be found.
"""

import logging
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import cast

import faust
from faust.tables import Table
from faust.types import TP, EventT

from streams.config import Settings
from streams.worker import ends, messages
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
        self._apply = table.apply_changelog_batch
        # An attribute of an instance goes before the method of its class.
        vars(table).update(apply_changelog_batch=self._recover)

    def of(self, partition: int) -> Iterator[tuple[str, bytes]]:
        """Name and value of everything that is stored for a partition."""
        prefix = _prefix(partition)
        for key, entry in list(self._table.data.items()):
            if key.startswith(prefix) and (value := _value(entry)):
                yield key[len(prefix) :].decode(), value

    def keep(self, partitions: Collection[int]) -> None:
        """Drops what is stored for other partitions; recovery reads it anew when they return."""
        kept = {str(number).encode() for number in partitions}
        store = self._table.data
        for key, entry in list(store.items()):
            if key.partition(_SEPARATOR)[0] not in kept or not _value(entry):
                store.pop(key, None)
        for number in self._next.keys() - set(partitions):
            del self._next[number]

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
        expected = self._next.get(partition)
        end = await self._send(partition, values, folded)
        store = self._table.data
        for key, value in values.items():
            if value is None:
                store.pop(key, None)
            else:
                store[key] = _entry(value, folded)
        store.set_persisted_offset(TP(self._table.changelog_topic_name, partition), end - 1)
        begin = end - len(values)
        if expected is not None and begin > expected:
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
        held = {key: self._table.data.get(key) for key in keys}
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

    def _recover(self, events: Iterable[EventT]) -> None:
        """Faust's own recovery, of what is folded at least as far as what is there."""
        store = self._table.data
        for event in events:
            message = event.message
            self._next[message.partition] = message.offset + 1
            folded = folded_of(messages.headers(message))
            epoch = max(0, folded) // _EPOCH * _EPOCH
            self._epochs[message.partition] = max(self._epochs.get(message.partition, 0), epoch)
            held = store.get(message.key)
            if held is None or folded >= _folded(held):
                # A deleted key leaves an entry too, lest an older value take its place.
                event.value = _entry(message.value, folded)
                self._apply([event])


def _prefix(partition: int) -> bytes:
    return str(partition).encode() + _SEPARATOR


def _entry(value: bytes | None, folded: int) -> bytes:
    """A value as the table has it: how far it is folded comes first."""
    return folded.to_bytes(_FOLDED_BYTES, signed=True) + (value or b"")


def _value(entry: bytes) -> bytes:
    return entry[_FOLDED_BYTES:]


def _folded(entry: bytes) -> int:
    return int.from_bytes(entry[:_FOLDED_BYTES], signed=True)


def folded_of(headers: Iterable[tuple[str, bytes]]) -> int:
    """How far a changelog record is folded; `NOWHERE` where an earlier release wrote it."""
    return int(dict(headers).get(FOLDED, NOWHERE))
