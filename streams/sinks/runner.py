"""All lanes of a worker: which sinks hear of an escalation, and handing it to them."""

import asyncio
from collections.abc import Iterable
from urllib.parse import quote

import aiohttp

from scoring.escalation import Escalation
from scoring.policy import Policy
from streams.errors import ConfigError
from streams.sinks import language, routing
from streams.sinks.desk import Desk
from streams.sinks.hook import Hook
from streams.sinks.job import Job
from streams.sinks.kinds import kind
from streams.sinks.lane import Guard, Lane
from streams.sinks.memory import CaseMemory
from streams.sinks.meters import Meters
from streams.sinks.settings import Sink, Tickets
from streams.sinks.target import Notice, Target


class Runner:
    """The sinks of one worker. Raises ConfigError when one of them cannot be built."""

    def __init__(
        self,
        tickets: Tickets,
        policy: Policy,
        session: aiohttp.ClientSession,
        desk: Desk,
        meters: Meters,
        guard: Guard,
        console_url: str = "",
    ) -> None:
        self._tickets = tickets
        self._policy = policy
        self._console_url = console_url.rstrip("/")
        self.lanes: dict[str, Lane] = {}
        for name, sink in tickets.sinks.items():
            target = build(sink, session)
            made = kind(sink.type)
            self.lanes[name] = Lane(name, made, target, sink.delivery, desk, meters, guard)

    def notice(self, said: Escalation) -> Notice:
        """What targets render from."""
        return Notice(
            escalation=said,
            console_url=page(self._console_url, said.case_id),
            lang=language.of(said),
        )

    def hearers(self, notice: Notice, partition: int, known: CaseMemory) -> list[str]:
        """The sinks that are to hear of an escalation.

        Those that its routes name, and those with an open ticket about the episode, whatever the
        routes say by now: who heard the beginning hears the end.
        """
        said = notice.escalation
        taken = routing.route(self._tickets.routes, self._policy, said, notice.lang)
        names = dict.fromkeys((*routing.sinks(taken), *self.concerned(said, partition, known)))
        return [name for name in names if name in self.lanes]

    def concerned(self, said: Escalation, partition: int, known: CaseMemory) -> list[str]:
        """The sinks that have, or are about to get, a ticket about the episode."""
        case = (partition, said.case_id)
        waiting = [name for name, lane in self.lanes.items() if lane.waits(case)]
        found = dict.fromkeys((*known.open_in(said.episode), *waiting))
        return [name for name in found if name in self.lanes]

    async def hand(self, jobs: Iterable[tuple[str, Job]]) -> None:
        """Gives each sink its job; waits for none of them."""
        await asyncio.gather(*(self.lanes[name].put(job) for name, job in jobs))

    async def let_go(self, jobs: list[Job], detail: str) -> None:
        """Buries these where they still wait; a call under way is their last."""
        await asyncio.gather(*(lane.let_go(jobs, detail) for lane in self.lanes.values()))

    async def expire(self) -> None:
        """Buries what has waited for longer than its sink is tried."""
        await asyncio.gather(*(lane.expire() for lane in self.lanes.values()))

    async def drop(self) -> None:
        """Forgets the jobs that are marked as dropped."""
        await asyncio.gather(*(lane.drop() for lane in self.lanes.values()))

    async def close(self) -> None:
        """Lets the calls that are under way end, within a bound, and drops the rest."""
        await asyncio.gather(*(lane.close() for lane in self.lanes.values()))

    def publish(self, now: float) -> None:
        """Sets the gauges."""
        for lane in self.lanes.values():
            lane.publish(now)


def build(sink: Sink, session: aiohttp.ClientSession) -> Target:
    """The target of a configured sink; reads its secrets. Raises ConfigError."""
    try:
        return kind(sink.type).build(sink.options, session)
    except ConfigError as error:
        raise ConfigError(f"sinks.{sink.name}: {error}") from error


def hook_of(sink: Sink, session: aiohttp.ClientSession) -> Hook | None:
    """The way back of a configured sink, None where it has none. Raises ConfigError."""
    made = kind(sink.type).hook
    try:
        return made(sink.name, sink.options, session) if made else None
    except ConfigError as error:
        raise ConfigError(f"sinks.{sink.name}: {error}") from error


def page(console_url: str, case_id: str) -> str:
    """Address of a case's page, empty without a console that others can reach."""
    return f"{console_url}/?case={quote(case_id, safe='')}" if console_url else ""


def http_session() -> aiohttp.ClientSession:
    """The session that all targets share: no cookies, proxies as the environment says.

    Lanes bound the calls; a bound over all of them would let one sink that hangs stop the others.
    """
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0),
        cookie_jar=aiohttp.DummyCookieJar(),
        headers={"User-Agent": "tocsin"},
        trust_env=True,
    )
