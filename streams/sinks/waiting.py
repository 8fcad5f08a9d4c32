"""What waits in a lane: by case in order, and over all cases the oldest first.

A sink that answers is told everything. One that is away is to be told the newest state of each case
when it comes back: a message makes room for a later one of the same case; see `overtaken`.
"""

from collections import deque
from collections.abc import Iterator

from streams.sinks.job import Case, Job


class Waiting:
    """The jobs of one lane."""

    def __init__(self) -> None:
        self._cases: dict[Case, deque[Job]] = {}
        self._jobs: dict[Job, None] = {}

    def __len__(self) -> int:
        """Jobs that are not done, those in a call among them."""
        return len(self._jobs)

    def __iter__(self) -> Iterator[Job]:
        """Oldest first."""
        return iter(list(self._jobs))

    def __contains__(self, case: Case) -> bool:
        """Whether something about the case is still to be delivered."""
        return case in self._cases

    def add(self, job: Job, *, newest: bool) -> list[Job]:
        """Takes a job in; with `newest` returns those that made room for it, and takes them out."""
        gone = overtaken(list(self._cases.get(job.case, ())), job) if newest else []
        for one in gone:
            job.since = min(job.since, one.since)
            self.take(one)
        self._cases.setdefault(job.case, deque()).append(job)
        self._jobs[job] = None
        return gone

    def holds(self, job: Job) -> bool:
        """Whether a job is still to be done."""
        return job in self._jobs

    def beside(self, job: Job) -> list[Job]:
        """What else waits of its case."""
        return [one for one in self._cases.get(job.case, ()) if one is not job]

    def first(self, case: Case) -> Job | None:
        """The job of a case that is next."""
        jobs = self._cases.get(case)
        return jobs[0] if jobs else None

    def take(self, job: Job) -> bool:
        """Takes a job out; False when it is not there any more."""
        if job not in self._jobs:
            return False
        del self._jobs[job]
        jobs = self._cases[job.case]
        jobs.remove(job)
        if not jobs:
            del self._cases[job.case]
        return True

    def surplus(self, most: int) -> Job | None:
        """The oldest that no call is made of, when more than `most` of these wait."""
        busy = sum(job.busy for job in self._jobs) if len(self._jobs) > most else 0
        if len(self._jobs) - busy <= most:
            return None
        return next(job for job in self._jobs if not job.busy)


def overtaken(jobs: list[Job], job: Job) -> list[Job]:
    """The waiting jobs of a case that need not be told once `job` is.

    The message just before it, if that is no end and of the same episode: a ticket is opened by
    whichever message comes first. What a person decided stays where it is, between what it came
    after and what came after it. An end leaves nothing to tell of its episode, save what a sink was
    asked to take already: it may have taken it, and is then to hear what it took and that it is
    over.
    """
    if job.passes_on:
        return []
    mine = [
        one
        for one in jobs
        if not one.busy and not one.ends and one.order[0] == job.order[0] and one.order <= job.order
    ]
    if job.ends:
        return [one for one in mine if not one.tries]
    return mine[-1:] if mine and mine[-1] is jobs[-1] and not mine[-1].passes_on else []
