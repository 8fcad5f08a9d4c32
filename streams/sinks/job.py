"""One notice for one sink, on its way through the sink's lane."""

import asyncio
from typing import Any

import msgspec

from scoring.escalation import Status
from streams.sinks.target import Notice

Case = tuple[int, str]


class Job(msgspec.Struct, kw_only=True, eq=False):
    """`arrived` (wall clock, seconds) is when it reached Kafka; `receipt` is for the desk.

    A job is `dropped` when its
    partition goes to another worker, which will read it again.
    """

    partition: int
    notice: Notice
    arrived: float
    receipt: Any = None
    dropped: bool = False

    # The lane's own notes.
    taken: float = 0.0
    """When the lane got it, by the lane's clock."""
    since: float = 0.0
    """Arrival of the oldest message of the case that it stands for."""
    tries: int = 0
    answer: str = ""
    """What the sink said to the last of them."""
    busy: bool = False
    """A call, or what is noted of it, is under way: it is not to be taken out."""
    out: bool = False
    """Taken out of the lane while it waited."""
    last: bool = False
    """The call under way is its last one: too much waits behind it."""
    waits: asyncio.Task[Any] | None = None

    def __post_init__(self) -> None:
        self.since = self.arrived

    @property
    def case(self) -> Case:
        """Jobs of one case are done in order; it is in one partition, unless keys went wrong."""
        return self.partition, self.notice.escalation.case_id

    @property
    def key(self) -> str:
        """What it is known by when it comes again: the command's id, else the escalation's."""
        return self.notice.command or self.notice.escalation.id

    @property
    def about(self) -> str:
        """Its case, for a line of the log: strangers chose a part of the id."""
        name = self.notice.escalation.case_id
        return "case " + "".join(c if c.isprintable() and c != " " else "?" for c in name)

    @property
    def passes_on(self) -> bool:
        """Whether it passes on that a person has taken the case in hand, or given it back."""
        return self.notice.passes_on

    @property
    def tells(self) -> bool:
        """Whether it is news of the case, and not the same said again or passed on."""
        return not self.passes_on and not self.notice.again

    @property
    def ends(self) -> bool:
        """Whether it is the end of an episode."""
        return self.notice.escalation.status is Status.RESOLVED and not self.passes_on

    @property
    def order(self) -> tuple[int, float]:
        """Episode and event time in seconds."""
        said = self.notice.escalation
        return said.episode, said.at.timestamp()
