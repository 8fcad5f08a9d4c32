"""What an uninterrupted run makes of the same logs: the product's own folds, from the first record.

The promise is that a partition's log, ticks included, gives the same state and the same messages
however often its workers ended on the way.
"""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

import msgspec

from scoring import escalation, policy
from streams.config import Settings
from streams.kafka.topics import Topics
from streams.metrics import Metrics
from streams.worker.application import Role, application
from streams.worker.board import Board
from streams.worker.cases import CasesAgent
from streams.worker.incidents import IncidentsAgent
from streams.worker.logfold import CLOCK, LogFold, Tools
from streams.worker.output import Output
from streams.worker.progress import Progress
from streams.worker.state import folded_of

Table = dict[tuple[int, str], bytes]


class Folded(msgspec.Struct, frozen=True, kw_only=True):
    """State by partition and key, messages by id, and minutes, as an uninterrupted run has them."""

    tables: dict[str, Table]
    said: dict[str, bytes]


def refold(
    settings: Settings, partitions: int, log: dict[str, list[Any]], known: dict[str, Table]
) -> Folded:
    """Folds the records of `mentions-scored` and `brand-pulse`, as far as `known` tables went."""
    topics = Topics.of(settings)
    app = application(settings, Role.CASES)
    metrics = Metrics((), topics)
    tools = Tools(
        app=app,
        settings=settings,
        topics=topics,
        output=Output(settings),
        metrics=metrics,
        progress=Progress(metrics),
        board=Board(metrics),
    )
    rules = policy.default()
    said: dict[str, bytes] = {}
    tables: dict[str, Table] = {}
    agents: dict[str, LogFold[Any]] = {
        topics.cases_state: CasesAgent(tools, rules, partitions),
        topics.incidents_state: IncidentsAgent(tools, rules, partitions),
    }
    for changelog, agent in agents.items():
        tables[changelog] = _partitions(agent, log[agent.topic], known[changelog], said)
    return Folded(tables=tables, said=said)


def _partitions(
    agent: LogFold[Any], records: Iterable[Any], known: Table, said: dict[str, bytes]
) -> Table:
    table: Table = {}
    by_partition: dict[int, list[Any]] = defaultdict(list)
    for record in records:
        by_partition[record.partition].append(record)
    for number, own in by_partition.items():
        clock = known.get((number, CLOCK))
        _, last = agent.recovered(number, {CLOCK: clock} if clock else {})
        fold, _ = agent.recovered(number, {})
        for record in own:
            if record.offset > last:
                break  # a tick that nobody has read any more
            for told in agent.step(fold, record.value).said:
                said[told.id] = escalation.encode(told)
            for name, value in agent.changes(fold, record.offset).items():
                if value is None:
                    table.pop((number, name), None)
                else:
                    table[number, name] = value
    return table


def stored(records: Iterable[Any]) -> Table:
    """What a changelog amounts to: each key's newest value, of what is folded furthest."""
    table: Table = {}
    reached: dict[bytes, int] = {}
    for record in records:
        folded = folded_of(record.headers)
        if folded < reached.get(record.key, folded):
            continue  # a worker that had lost its partition wrote it
        reached[record.key] = folded
        number, _, name = record.key.decode().partition("|")
        if record.value is None:
            table.pop((int(number), name), None)
        else:
            table[int(number), name] = record.value
    return table


def differing(one: Table, other: Table) -> list[str]:
    """Kinds of the keys at which two tables differ, the clocks last."""
    keys = [key for key in sorted(one.keys() | other.keys()) if one.get(key) != other.get(key)]
    return sorted((f"partition {number} {name}" for number, name in keys), key=_clock_last)


def _clock_last(name: str) -> bool:
    return name.endswith(CLOCK)
