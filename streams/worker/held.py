"""What a worker holds of a table: by partition, in memory, or on disk (`streams.worker.disk`).

Faust's own stores look through all partitions for one of them, and apply record by record; here a
partition is found at once, and a batch of the changelog is applied whole.
"""

from abc import abstractmethod
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from faust.stores.base import Store
from faust.types import TP


class Held(Store):
    """Entries by partition and key, in the place where Faust has its own store."""

    @abstractmethod
    def look(self, partition: int, key: bytes) -> bytes | None:
        """The entry of a key, None where there is none."""

    @abstractmethod
    def apply(self, partition: int, changes: Mapping[bytes, bytes | None], end: int) -> None:
        """Entries to set, None to delete; `end` is where the changelog goes on after them."""

    @abstractmethod
    def entries(self, partition: int) -> Iterator[tuple[bytes, bytes]]:
        """Everything that is held of a partition, by key."""

    @abstractmethod
    def keep(self, partitions: Collection[int]) -> None:
        """Other partitions belong to other workers: nothing of them is held open."""

    @abstractmethod
    def wipe(self, partition: int) -> None:
        """What is held of a partition does not fit its changelog; it is read anew."""

    def distrust(self, partition: int) -> None:
        """Another worker wrote as well: next time the partition is read from its changelog."""

    def reached(self, partition: int) -> int | None:
        """Where the changelog goes on after what is held, None where that is not known."""
        return None

    def persisted_offset(self, tp: TP) -> int | None:
        """The last offset of the changelog that is applied, None to read it from its start."""
        return None

    def apply_changelog_batch(self, batch: Any, to_key: Any, to_value: Any) -> None:
        """Recovery is `streams.worker.state`'s."""
        raise NotImplementedError

    def reset_state(self) -> None:
        """A command of Faust's that is not offered here."""
        raise NotImplementedError

    async def backup_partition(
        self, tp: Any, flush: bool = True, purge: bool = False, keep: int = 1
    ) -> None:
        """A command of Faust's that is not offered here."""
        raise NotImplementedError

    def restore_backup(self, tp: Any, latest: bool = True, backup_id: int = 0) -> None:
        """A command of Faust's that is not offered here."""
        raise NotImplementedError


class InMemory(Held):
    """Dictionaries: recovery reads the whole changelog."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._partitions: dict[int, dict[bytes, bytes]] = {}

    def look(self, partition: int, key: bytes) -> bytes | None:
        """The entry of a key."""
        return self._partitions.get(partition, {}).get(key)

    def apply(self, partition: int, changes: Mapping[bytes, bytes | None], end: int) -> None:
        """Sets and deletes."""
        held = self._partitions.setdefault(partition, {})
        for key, entry in changes.items():
            if entry is None:
                held.pop(key, None)
            else:
                held[key] = entry

    def entries(self, partition: int) -> Iterator[tuple[bytes, bytes]]:
        """In the order in which they were first written."""
        yield from list(self._partitions.get(partition, {}).items())

    def keep(self, partitions: Collection[int]) -> None:
        """Drops the others; recovery reads them anew when they return."""
        for number in self._partitions.keys() - set(partitions):
            del self._partitions[number]

    def wipe(self, partition: int) -> None:
        """Drops it."""
        self._partitions.pop(partition, None)
