"""What a lane asks of whoever runs it: to remember, to bury and to settle jobs."""

from typing import Protocol

from streams.sinks.job import Job
from streams.sinks.memory import Kept
from streams.sinks.target import Delivered, Memory


class Desk(Protocol):
    """Whom a lane reports to. What these raise ends the worker."""

    def kept(self, job: Job, sink: str) -> Kept:
        """What is remembered of the job's case in the sink."""
        ...

    async def owned(self) -> None:
        """Returns when nobody else can be delivering the same."""
        ...

    async def remember(self, job: Job, sink: str, delivered: Delivered | None) -> None:
        """The sink is done with the job; None when it was not told. Returns when that is safe."""
        ...

    async def note(self, job: Job, sink: str, memory: Memory) -> None:
        """The sink has a part of the job; returns when that is safe."""
        ...

    async def bury(self, job: Job, sink: str, reason: str, detail: str) -> None:
        """The sink will not get it; returns when the dead letter is safe."""
        ...

    async def settle(self, job: Job) -> None:
        """One way or the other the lane is done with it."""
        ...
