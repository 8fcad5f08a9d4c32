"""State that never runs ahead of what was said: a Faust table, written by hand.

Faust sends a table's changelog in the background and would acknowledge the mention before. Here
the changelog is sent and awaited first, then the table changes, then the caller acknowledges.
Recovery is Faust's own. Keys begin with the partition, so that one partition's state can be
found; the clock is written last and says up to which offset of the log all is folded.
"""

from collections.abc import Collection, Iterator, Mapping
from typing import cast

import faust
from faust.tables import Table
from faust.types import TP

from streams.worker.output import Output, Record

_SEPARATOR = b"|"


class State:
    """One table of bytes, by partition and name."""

    def __init__(self, app: faust.App, name: str, partitions: int, output: Output) -> None:
        table = app.Table(name, partitions=partitions, key_type=bytes, value_type=bytes)
        self._table = cast("Table[bytes, bytes]", table)
        self._output = output

    def of(self, partition: int) -> Iterator[tuple[str, bytes]]:
        """Name and value of everything that is stored for a partition."""
        prefix = str(partition).encode() + _SEPARATOR
        for key, value in list(self._table.data.items()):
            if key.startswith(prefix) and value:
                yield key[len(prefix) :].decode(), value

    def keep(self, partitions: Collection[int]) -> None:
        """Drops what is stored for other partitions; recovery reads it anew when they return."""
        kept = {str(number).encode() for number in partitions}
        store = self._table.data
        for key in list(store):
            if key.partition(_SEPARATOR)[0] not in kept:
                store.pop(key, None)

    async def write(self, partition: int, changes: Mapping[str, bytes | None]) -> None:
        """Stores values, None to delete, and returns when the changelog has them.

        The last one is sent after the others are acknowledged: it vouches for them.
        Raises aiokafka's KafkaError.
        """
        topic = self._table.changelog_topic_name
        keys = [str(partition).encode() + _SEPARATOR + name.encode() for name in changes]
        records = [
            Record(topic=topic, key=key, value=value, partition=partition)
            for key, value in zip(keys, changes.values(), strict=True)
        ]
        await self._output.send(records[:-1])
        sent = await self._output.send(records[-1:])
        store = self._table.data
        for key, value in zip(keys, changes.values(), strict=True):
            if value is None:
                store.pop(key, None)
            else:
                store[key] = value
        if sent:
            newest = max(meta.offset for meta in sent)
            store.set_persisted_offset(TP(topic, partition), newest)
