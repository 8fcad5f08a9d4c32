"""Whether a worker is alive and ready (`/healthz`, `/readyz`), and what it lacks."""

from collections.abc import Callable, Mapping

import faust

from streams.scorer.process import ScoringProcess
from streams.worker.application import Role
from streams.worker.clock import settled
from streams.worker.folder import StateFolder
from streams.worker.lookout import Lookout
from streams.worker.output import Output
from streams.worker.progress import Progress
from streams.worker.sources import SourcesRole
from streams.worker.web import Health


class Wellbeing:
    """Of the parts of one process; `stopping` says whether it was told to stop."""

    def __init__(
        self,
        apps: Mapping[Role, faust.App],
        progress: Mapping[Role, Progress],
        scorer: ScoringProcess,
        output: Output,
        sources: SourcesRole | None,
        lookout: Lookout,
        folder: StateFolder,
        stopping: Callable[[], bool],
    ) -> None:
        self._apps = apps
        self._progress = progress
        self._scorer = scorer
        self._output = output
        self._sources = sources
        self._lookout = lookout
        self._folder = folder
        self._stopping = stopping
        self.began = False
        """Whether it was ready once."""

    def alive(self) -> Health:
        """The event loop turns, and partitions with messages see commits."""
        stuck = [
            f"role {role} makes no progress: {standing}"
            for role, progress in self._progress.items()
            for standing in progress.standstills()
        ]
        crashed = [f"role {role} crashed" for role, app in self._apps.items() if app.crashed]
        # A restart makes no room: a full disk is told, and no reason to end this process.
        full = [self._folder.problem] if self._folder.problem else []
        return Health(ok=not stuck and not crashed, problems=(*stuck, *crashed, *full))

    def ready(self) -> Health:
        """The broker answers, the model is loaded, partitions are assigned, tables recovered."""
        problems = [problem for role in self._apps for problem in self.missing(role)]
        if self._sources is not None and not self._sources.settled:
            problems.append("role sources waits for its partitions")
        if not self._output.connected and not self._folder.problem:
            problems.insert(0, "not connected to the broker yet")
        if self._lookout.away and not self._folder.problem:
            silent_s = self._lookout.silent_s
            problems.insert(0, f"the broker has not answered for {silent_s:.0f} s")
        if self._folder.problem:
            problems.insert(0, self._folder.problem)
        if self._stopping():
            problems.insert(0, "stopping")
        self.began = self.began or not problems
        return Health(ok=not problems, problems=tuple(problems))

    def missing(self, role: Role) -> list[str]:
        """What a role lacks before it can work."""
        if role is Role.SCORE and not self._scorer.ready:
            return ["the model is loading"]
        return [] if settled(self._apps[role]) else [f"role {role} waits for its partitions"]
