"""The tickets of each case, by partition: a table whose changelog is awaited before anything else.

See `streams.worker.state`; what a target must not forget is safe before the next message counts.
"""

import asyncio
from collections.abc import Collection

import msgspec

from streams.sinks.memory import CaseMemory
from streams.worker.state import State

_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(CaseMemory)
_NOTHING = CaseMemory()


class Remembered:
    """Reads a partition's cases when they are first asked for, once Faust has recovered them."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._cases: dict[int, dict[str, CaseMemory]] = {}
        self._writing = asyncio.Lock()

    def of(self, partition: int, case_id: str) -> CaseMemory:
        """What is known of a case."""
        return self._partition(partition).get(case_id, _NOTHING)

    async def put(self, partition: int, case_id: str, memory: CaseMemory) -> None:
        """Stores it; returns when the changelog has it. Raises aiokafka's KafkaError."""
        # At once: another sink of the same case builds upon it while the changelog is written.
        self._partition(partition)[case_id] = memory
        async with self._writing:
            # Whatever is newest by now, so that no older value is ever written after a newer one.
            newest = self.of(partition, case_id)
            await self._state.write(partition, {case_id: _encoder.encode(newest)})

    def cases(self, partition: int) -> list[CaseMemory]:
        """Everything known of a partition."""
        return list(self._partition(partition).values())

    async def forget(self, partition: int, before: float) -> int:
        """Drops cases that nothing was said about since `before` (wall clock); how many."""
        cases = self._partition(partition)
        old = [case_id for case_id, memory in cases.items() if memory.at < before]
        for case_id in old:
            del cases[case_id]
        async with self._writing:
            # One of which something was said meanwhile is not to be wiped out after it.
            gone = [case_id for case_id in old if case_id not in cases]
            if gone:
                await self._state.write(partition, dict.fromkeys(gone))
        return len(gone)

    def drop(self, partitions: Collection[int]) -> None:
        """These partitions go to another worker."""
        for number in partitions:
            self._cases.pop(number, None)

    def keep(self, partitions: Collection[int]) -> None:
        """Only these partitions are ours: what was recovered of others is let go."""
        self._state.keep(partitions)

    def _partition(self, number: int) -> dict[str, CaseMemory]:
        if number not in self._cases:
            stored = self._state.of(number)
            self._cases[number] = {case_id: _decoder.decode(value) for case_id, value in stored}
        return self._cases[number]
