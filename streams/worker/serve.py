"""Runs the roles of one worker process: starts the parts, watches them, stops them in order."""

import asyncio
import logging
import os
import signal
from collections.abc import Sequence
from functools import partial
from importlib.metadata import version
from typing import Any, NoReturn

import faust
from aiohttp.web import RouteDef
from aiokafka.errors import KafkaError
from faust.types import TP

from scoring import policy as policies
from scoring.command import Command, encode_command
from streams.config import Settings
from streams.console.api import Api
from streams.console.gathered import Gathered
from streams.console.live import Live
from streams.errors import BrokerError, TocsinError, WorkerStopped
from streams.kafka import forgiving
from streams.kafka.topics import Topics
from streams.metrics import Metrics
from streams.scorer.process import ScoringProcess, load
from streams.sinks import settings as sinks
from streams.worker import disk, situation
from streams.worker.application import Role, application
from streams.worker.beginning import begin
from streams.worker.board import Board
from streams.worker.boundary import RESTART, guarded
from streams.worker.cases import CasesAgent
from streams.worker.clock import Clock, committed_of, end_of, settled
from streams.worker.commands import CommandsAgent
from streams.worker.fastlane import FastLane
from streams.worker.folder import StateFolder
from streams.worker.frugal import collect_seldom
from streams.worker.hooks import Hooks
from streams.worker.incidents import IncidentsAgent
from streams.worker.logfold import LogFold, Tools
from streams.worker.lookout import Lookout, Watched, never
from streams.worker.output import Output, Record
from streams.worker.progress import STUCK_S, Partition, Progress
from streams.worker.reads import MEASURED_BY, READ_BY
from streams.worker.score import ScoreAgent
from streams.worker.sources import SourcesRole
from streams.worker.tickets import TicketsAgent
from streams.worker.web import Facts, Web
from streams.worker.wellbeing import Wellbeing

log = logging.getLogger(__name__)

STOP_TIMEOUT_S = 20.0
"""Below the 30 s that supervisors usually grant between SIGTERM and SIGKILL."""
AWAY_TIMEOUT_S = 5.0
"""The same where the broker is known to be away: there is nobody to finish anything with."""
ANSWER_S = 3.0
"""How long it is given to say that it is not."""
STANDSTILLS = 2.0
"""A worker that has been unwell for as long again ends itself, where nobody else has ended it."""


class Worker:
    """The parts of one process, by role; all roles but `sources` are Faust applications."""

    def __init__(self, settings: Settings, roles: Sequence[Role], counts: dict[str, int]) -> None:
        forgiving.install()
        self._settings = settings
        self._topics = Topics.of(settings)
        self._policy = policies.load(settings.policy)
        self._metrics = Metrics(settings.brands, self._topics)
        self._board = Board(self._metrics)
        self._output = Output(settings)
        self._scorer = ScoringProcess(
            partial(load, settings.model, settings.scorer_threads, settings.cascade),
            settings.score_timeout_s,
        )
        self._roles = tuple(roles)
        self._apps: dict[Role, faust.App] = {}
        self._progress: dict[Role, Progress] = {}
        self._agents: list[LogFold] = []
        self._gates = []
        self._cases: CasesAgent | None = None
        self._tickets: TicketsAgent | None = None
        self._sources: SourcesRole | None = None
        self._chores: list[asyncio.Task[None]] = []
        self._stopping = False
        self._fast_lane: FastLane | None = None
        if settings.state_store == "rocksdb":
            disk.check()
        hooks: list[RouteDef] = []
        for role in roles:
            if role is Role.SOURCES:
                count = counts[self._topics.sources_state]
                self._sources = SourcesRole(
                    settings, self._topics, self._output, self._metrics, count
                )
                hooks += self._sources.routes
                continue
            app = self._apps[role] = application(settings, role)
            progress = self._progress[role] = Progress(
                self._metrics, stuck_s=max(STUCK_S, 2 * settings.score_timeout_s)
            )
            if role is Role.SCORE:
                agent = ScoreAgent(
                    app, settings, self._output, self._scorer, self._metrics, progress
                )
                self._gates.append(agent.gate)
                if settings.fast_lane:
                    self._fast_lane = FastLane(
                        settings, self._output, self._scorer.score, agent.reached, self._metrics
                    )
            elif role is Role.CASES:
                self._add_folds(self._tools(app, progress), counts)
            else:
                tickets = sinks.load(settings.policy)
                count = counts[self._topics.escalations]
                tools = self._tools(app, progress)
                self._tickets = TicketsAgent(tools, tickets, self._policy, count)
                session = self._tickets.session
                hooks += Hooks(tickets, self._topics.commands, self._output, session).routes
        kept = [role for role in self._apps if role is not Role.SCORE]
        on_disk = kept if settings.state_store == "rocksdb" else []
        self._folder = StateFolder(settings, list(self._apps), on_disk)
        self._lookout = Lookout(
            settings,
            [
                Watched(
                    app,
                    [getattr(self._topics, field) for field in READ_BY[role]],
                    self._progress[role],
                    self._waits if role is Role.TICKETS else never,
                )
                for role, app in self._apps.items()
            ],
        )
        self._well = Wellbeing(
            self._apps,
            self._progress,
            self._scorer,
            self._output,
            self._sources,
            self._lookout,
            self._folder,
            lambda: self._stopping,
        )
        self._gathered = Gathered(settings)
        api = Api(self._gathered, Live(self._gathered), self._order, self._about)
        self.web = Web(
            settings,
            self._metrics,
            self._board,
            alive=self._well.alive,
            ready=self._well.ready,
            facts=self._facts,
            refresh=self._refresh,
            weigh=self._weigh,
            routes=[*api.routes, *hooks],
        )

    def _tools(self, app: faust.App, progress: Progress) -> Tools:
        return Tools(
            app=app,
            settings=self._settings,
            topics=self._topics,
            output=self._output,
            metrics=self._metrics,
            progress=progress,
            board=self._board,
        )

    def _add_folds(self, tools: Tools, counts: dict[str, int]) -> None:
        name, _, digest = self._policy.label.partition("@")
        self._metrics.policy.labels(name, digest).info({})
        self._cases = CasesAgent(tools, self._policy, counts[self._topics.scored])
        self._agents = [
            self._cases,
            IncidentsAgent(tools, self._policy, counts[self._topics.pulse]),
        ]
        self._gates += [agent.gate for agent in self._agents]
        self._gates.append(CommandsAgent(tools).gate)

    async def run(self) -> None:
        """Runs until SIGTERM or SIGINT; finishes the batches that were begun."""
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop.set)
        try:
            await self._start(stop)
            await self._watch(stop)
        except KafkaError as error:
            raise BrokerError(f"broker {self._settings.broker}: {error!r}") from error
        finally:
            await self._stop(asked=stop.is_set())

    async def _start(self, stop: asyncio.Event) -> None:
        self._folder.look()  # what no waiting mends is said before anything begins
        await self.web.start()
        await self._folder.wait(stop)
        if stop.is_set():
            return
        await self._output.start()
        if Role.CASES in self._apps:
            self._gathered.start()
        if self._tickets is not None:
            await self._tickets.start()
        if self._sources is not None:
            await self._sources.start()
        if Role.SCORE in self._apps:
            loading = asyncio.create_task(self._scorer.start())
            await _first(loading, stop)
            if stop.is_set():
                return
            name, _, digest = self._scorer.label.partition("@")
            self._metrics.model.labels(name, digest).info({})
        for role, app in self._apps.items():
            app.on_partitions_revoked.connect(self._revoked, weak=False)
            if role is not Role.SCORE:
                app.on_partitions_assigned.connect(self._assigned, weak=False)
            app.finalize()
        self._chores.append(asyncio.ensure_future(guarded(self._lookout.run)))
        if not await begin(self._apps, stop, lambda: self._lookout.away):
            return
        self._lookout.begun()
        collect_seldom()
        log.info("started: %s", ", ".join(self._roles))
        if self._agents:
            app = self._apps[Role.CASES]
            clock = Clock(app, self._agents, self._output, self._settings.tick_s)
            self._chores.append(asyncio.ensure_future(clock.run()))
        if self._fast_lane is not None:
            self._chores.append(asyncio.ensure_future(guarded(self._fast_lane.run)))

    async def _watch(self, stop: asyncio.Event) -> None:
        """Returns when asked to stop; an application that crashes or stands still ends the worker.

        Raises WorkerStopped.
        """
        while not stop.is_set():
            for role, app in self._apps.items():
                if app.crashed:
                    if isinstance(app.crash_reason, TocsinError):
                        raise app.crash_reason
                    raise WorkerStopped(f"role {role} crashed: {app.crash_reason!r}")
                if standing := self._progress[role].standstills(STANDSTILLS):
                    raise WorkerStopped(f"role {role} makes no progress: {standing[0]}")
            if self._sources is not None and self._sources.crashed:
                raise WorkerStopped(f"role {Role.SOURCES} lost its place in its group")
            try:
                await asyncio.wait_for(stop.wait(), timeout=1.0)
            except TimeoutError:
                continue

    async def _stop(self, *, asked: bool) -> None:
        self._stopping = True
        collecting = self._sources is not None and self._sources.started
        if collecting or any(app.started for app in self._apps.values()):
            log.info("stopping: finishing what was begun")
        for chore in self._chores:
            chore.cancel()
        self._output.hurry()
        away = self._lookout.away
        answers = not away and await self._lookout.answers(ANSWER_S)
        try:
            await asyncio.wait_for(self._leave(), STOP_TIMEOUT_S if answers else AWAY_TIMEOUT_S)
        except (TimeoutError, KafkaError):
            self._end(asked=asked)
        if away and self._lookout.away:  # what left without a word could not have said one
            self._end(asked=asked)
        await self._gathered.stop()
        await self.web.stop()
        self._scorer.stop()

    def _end(self, *, asked: bool) -> NoReturn:
        """At once. Nothing is lost: offsets stay where they are, and are read again from there."""
        log.warning("the broker does not answer; ending without a last commit")
        self._scorer.stop()
        logging.shutdown()
        os._exit(BrokerError.exit_code if asked else RESTART)

    async def _leave(self) -> None:
        for gate in self._gates:
            await gate.close()
        if self._tickets is not None:
            await self._tickets.close()
        if self._sources is not None:
            await self._sources.close()
        await asyncio.gather(*(app.stop() for app in self._apps.values() if app.started))
        await self._output.stop()
        await self._lookout.close()

    def _waits(self, partition: Partition) -> bool:
        """Whether a partition waits for ticket systems, which may take hours."""
        return self._tickets is not None and self._tickets.waits(*partition)

    async def _revoked(self, app: Any, /, *args: Any, signal: Any, **kwargs: Any) -> None:
        revoked: set[TP] = args[0]
        lost = [(tp.topic, tp.partition) for tp in revoked]
        role = next(role for role, own in self._apps.items() if own is app)
        if role is Role.CASES:
            await self._release_folds(lost)
        elif self._tickets is not None and role is Role.TICKETS:
            await self._tickets.release(revoked)
        self._progress[role].forget(lost)

    async def _release_folds(self, lost: list[tuple[str, int]]) -> None:
        for agent in self._agents:
            numbers = {number for topic, number in lost if topic == agent.topic}
            held = [agent.folds[number] for number in numbers & agent.folds.keys()]
            await agent.release(numbers)
            for fold in held:
                self._board.drop(agent.case_ids(fold))

    async def _assigned(self, app: Any, /, *args: Any, signal: Any, **kwargs: Any) -> None:
        if self._tickets is not None and app is self._apps[Role.TICKETS]:
            self._tickets.resume()
        else:
            for agent in self._agents:
                agent.resume()

    def _refresh(self) -> None:
        self._board.publish()
        if self._cases is not None:
            self._cases.publish()
        if self._tickets is not None:
            self._tickets.publish()
        for role, progress in self._progress.items():
            app = self._apps[role]
            read = [getattr(self._topics, field) for field in MEASURED_BY[role]]
            if settled(app):
                progress.begin(committed_of(app, read))
            if app.started:
                progress.publish(partial(end_of, app))
            if not self._well.missing(role) and not app.crashed:
                progress.beat(read)

    def _weigh(self) -> None:
        situation.publish(self._metrics, self._board.open_cases, self._agents)

    async def _order(self, command: Command) -> None:
        """What a person decided in the console goes where everybody's decisions go."""
        key, value = command.case_id.encode(), encode_command(command)
        await self._output.send([Record(topic=self._topics.commands, key=key, value=value)])

    def _about(self) -> dict[str, Any]:
        """What the console says of the worker that answers it."""
        problems = dict.fromkeys((*self._well.ready().problems, *self._well.alive().problems))
        return {
            "facts": self._facts(),
            "problems": tuple(problems),
            "starting": not self._well.began,
            "version": version("tocsin"),
        }

    def _facts(self) -> Facts:
        lag: dict[str, int] = {}
        for role, progress in self._progress.items():
            lag[role] = progress.lag
        return Facts(
            roles=self._roles,
            model=self._scorer.label,
            policy=self._policy.label,
            processed={role: progress.total for role, progress in self._progress.items()},
            lag=lag,
        )


async def _first(task: "asyncio.Task[None]", stop: asyncio.Event) -> None:
    waiting = asyncio.create_task(stop.wait())
    await asyncio.wait([task, waiting], return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
    if task.done():
        task.result()
    else:
        task.cancel()
