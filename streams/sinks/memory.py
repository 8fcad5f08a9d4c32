"""What is remembered of a case in each sink, and what that says about its next message."""

import enum

import msgspec

from scoring.escalation import Escalation, Status
from streams.sinks.bare import bare
from streams.sinks.job import Job
from streams.sinks.kinds import Kind
from streams.sinks.target import Memory

_IDS = 64
"""What comes again after a crash comes soon after the first time."""


class Kept(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One case in one sink: the target's memory, the newest ids done with, and the newest state.

    Ids are those of escalations, and of commands that were passed on.

    `episode` and `at` (seconds) are those of the newest message that the sink has seen; `open`
    tells whether it has a ticket that nobody has closed from here.
    """

    memory: dict[str, str] = {}
    ids: tuple[str, ...] = ()
    episode: int = 0
    at: float = 0.0
    open: bool = False


class CaseMemory(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One case in all sinks; `newest` is the escalation delivered last, `at` when (wall clock).

    This is kept for as long as a case is, so `newest` goes without what strangers wrote.
    """

    sinks: dict[str, Kept] = {}
    newest: Escalation | None = None
    at: float = 0.0

    def of(self, sink: str) -> Kept:
        """What is kept for a sink; nothing at first."""
        return self.sinks.get(sink, _NOTHING)

    def open_in(self, episode: int) -> list[str]:
        """The sinks with an open ticket of this episode: they want to hear its end."""
        return [name for name, kept in self.sinks.items() if kept.open and kept.episode == episode]

    def told(self, sink: str, kept: Kept, said: Escalation, now: float) -> "CaseMemory":
        """After `sink` is done with `said`."""
        newer = self.newest is None or order(said) >= order(self.newest)
        newest = said if newer or self.newest is None else self.newest
        return CaseMemory(sinks={**self.sinks, sink: kept}, newest=bare(newest), at=now)


class Verdict(enum.StrEnum):
    """What to do with a message for a sink."""

    SEND = "send"
    DUPLICATE = "duplicate"
    SUPERSEDED = "superseded"
    UNOPENED = "unchanged"


_NOTHING = Kept()


def verdict(kept: Kept, kind: Kind, job: Job) -> Verdict:
    """Whether a sink is to be told: not twice, not what is overtaken, no end without beginning.

    Nor who has an episode in hand of which it has no open ticket.
    """
    said = job.notice.escalation
    if job.key in kept.ids:
        return Verdict.DUPLICATE
    if job.passes_on:
        return Verdict.SEND if kept.open and kept.episode == said.episode else Verdict.UNOPENED
    if kind.events:
        return Verdict.SEND
    if order(said) < (kept.episode, kept.at):
        return Verdict.SUPERSEDED
    if said.status is Status.RESOLVED and not kept.open and not kind.keyed:
        return Verdict.UNOPENED
    return Verdict.SEND


def after(kept: Kept, job: Job, memory: Memory | None = None) -> Kept:
    """What to keep when the sink is done with a job; `memory` is new when it was told."""
    said = job.notice.escalation
    ids = (*kept.ids, job.key)[-_IDS:]
    known = kept.memory if memory is None else dict(memory)
    if job.passes_on or order(said) < (kept.episode, kept.at):
        return msgspec.structs.replace(kept, memory=known, ids=ids)
    episode, at = order(said)
    is_open = said.status is not Status.RESOLVED
    return Kept(memory=known, ids=ids, episode=episode, at=at, open=is_open)


def midway(kept: Kept, said: Escalation, memory: Memory) -> Kept:
    """What to keep of a message that some at the sink have and others not yet: it is not over."""
    at = said.at.timestamp()
    return msgspec.structs.replace(
        kept, memory=dict(memory), episode=said.episode, at=at, open=True
    )


def order(said: Escalation) -> tuple[int, float]:
    """Which of a case's messages is newer: by episode, then by event time in seconds."""
    return said.episode, said.at.timestamp()
