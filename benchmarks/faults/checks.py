"""What has to hold after a run, whatever happened in it: each check yields its failures."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from signal import SIGKILL
from typing import Any

import msgspec

from benchmarks.faults import refold
from benchmarks.faults.bed import PARTITIONS, Bed
from benchmarks.faults.load import Place
from benchmarks.faults.members import MAY_END_WITH, Member
from scoring import escalation, policy
from scoring.escalation import CaseKind, Escalation, Status
from scoring.history import replay
from scoring.levels import Level
from scoring.mention import Mention
from scoring.pulse import Pulse
from scoring.scored import Scored, decode_event
from streams.kafka import dead_letters
from streams.scorer.reader import Reader
from streams.sinks.settings import Delivery
from streams.worker.score import POISON

_SHOWN = 3
PARALLEL = Delivery().parallel
"""Calls of a sink under way at once."""
MOST_MB = 600.0
"""Of a worker without its scoring process; more is a leak."""


class Left(msgspec.Struct, kw_only=True):
    """What a run leaves: what was sent, and every record of every topic."""

    bed: Bed
    sent: list[Mention]
    bad: dict[Place, tuple[str, bytes]]
    repeated: int = 0
    poisoned: int = 0
    unreachable: int = 0
    """How often workers and broker could not reach each other."""


def all_of(left: Left, reader: Reader) -> list[str]:
    """Failures of every check."""
    return [
        *accounted(left),
        *told_once(left),
        *as_uninterrupted(left),
        *as_over_a_file(left, reader),
        *tickets(left),
        *ended_well(left.bed.members),
    ]


def accounted(left: Left) -> Iterator[str]:
    """Every acknowledged mention is scored or a dead letter, its repeats exactly alike."""
    watch = left.bed.watch
    scored: dict[str, Counter[bytes]] = defaultdict(Counter)
    for record in watch.of(watch.topics.scored):
        event = decode_event(record.value)
        if isinstance(event, Scored):
            alike = msgspec.json.encode(msgspec.structs.replace(event, arrived_at=None))
            scored[event.mention.id][alike] += 1
    sent = {mention.id for mention in left.sent}
    dead: dict[Place, set[tuple[str, bytes]]] = defaultdict(set)
    poisoned = set()
    for letter in map(dead_letters.parse, watch.of(watch.topics.dead_letters)):
        if letter.origin_topic != watch.topics.mentions:
            yield f"dead letter of {letter.origin_topic}: {letter.reason}, {letter.detail[:200]}"
        elif letter.reason == POISON:
            poisoned.add(msgspec.json.decode(letter.value)["id"])
        else:
            place = letter.origin_partition, letter.origin_offset
            dead[place].add((letter.reason, letter.value))
    left.repeated = sum(sum(found.values()) - 1 for found in scored.values())
    left.poisoned = len(poisoned)
    yield from _some("lost", sent - scored.keys() - poisoned)
    yield from _some("scored and dead", scored.keys() & poisoned)
    yield from _some("never sent", (scored.keys() | poisoned) - sent)
    yield from _some("scored in two ways", [id_ for id_, ways in scored.items() if len(ways) > 1])
    wrong = [place for place in left.bad if dead.get(place) != {left.bad[place]}]
    yield from _some("bad, and no dead letter as it should be", wrong)
    yield from _some("dead, and nothing bad", dead.keys() - left.bad.keys())


def told_once(left: Left) -> Iterator[str]:
    """No id has two contents; no minute of a brand is told in two ways."""
    watch = left.bed.watch
    bodies: dict[str, set[bytes]] = defaultdict(set)
    for record in watch.of(watch.topics.escalations):
        bodies[escalation.decode(record.value).id].add(record.value)
    yield from _some("said in two ways", [id_ for id_, ways in bodies.items() if len(ways) > 1])
    minutes: dict[tuple[str, float, int], set[bytes]] = defaultdict(set)
    for record in watch.of(watch.topics.pulse):
        event = msgspec.json.decode(record.value)
        if event["type"] == "pulse":
            pulse = msgspec.json.decode(record.value, type=Pulse)
            minutes[pulse.brand, pulse.at, pulse.partition].add(record.value)
    wrong = [str(key) for key, ways in minutes.items() if len(ways) > 1]
    yield from _some("minutes told in two ways", wrong)


def as_uninterrupted(left: Left) -> Iterator[str]:
    """Messages and tables are those of a run over the same logs that nothing interrupts."""
    watch = left.bed.watch
    names = watch.topics
    logs = {name: watch.of(name) for name in (names.scored, names.pulse)}
    tables = {name: watch.of(name) for name in (names.cases_state, names.incidents_state)}
    stored = {name: refold.stored(records) for name, records in tables.items()}
    folded = refold.refold(left.bed.settings, PARTITIONS, logs, stored)
    said = {}
    for record in watch.of(names.escalations):
        said[escalation.decode(record.value).id] = record.value
    yield from _some("not said", folded.said.keys() - said.keys())
    yield from _some("said for no reason", said.keys() - folded.said.keys())
    other = [id_ for id_ in said.keys() & folded.said.keys() if said[id_] != folded.said[id_]]
    yield from _some("said otherwise", other)
    for changelog, wanted in folded.tables.items():
        which = "cases" if changelog == names.cases_state else "incidents"
        wrong = refold.differing(stored[changelog], wanted)
        yield from _some(f"table {which} differs at", wrong)


def as_over_a_file(left: Left, reader: Reader) -> Iterator[str]:
    """The stories without an incident say what the decision over a file says of them.

    News of incidents and of linked conversations reaches other partitions when it can; the crowd
    repeats a few texts, so that its conversations are linked.
    """
    watch = left.bed.watch
    events = map(decode_event, (record.value for record in watch.of(watch.topics.scored)))
    scored = {event.mention.id for event in events if isinstance(event, Scored)}
    sent = [mention for mention in left.sent if mention.id in scored]
    expected = list(replay(reader.read(sent), policy.default()))
    live = [escalation.decode(record.value) for record in watch.of(watch.topics.escalations)]
    among = {
        told.brand
        for told in (*expected, *live)
        if told.kind is CaseKind.INCIDENT or told.brand.startswith("calm-")
    }

    def bodies(told: Iterable[Escalation]) -> dict[str, bytes]:
        return {one.id: escalation.encode(one) for one in told if one.brand not in among}

    wanted, found = bodies(expected), bodies(live)
    yield from _some("of a story, not said", wanted.keys() - found.keys())
    yield from _some("of a story, and should not be said", found.keys() - wanted.keys())
    other = [id_ for id_ in wanted.keys() & found.keys() if wanted[id_] != found[id_]]
    yield from _some("of a story, said otherwise", other)


def tickets(left: Left) -> Iterator[str]:
    """Sinks have what was said, a key's ticket once, elsewhere no more than a repeat per crash."""
    bed, watch = left.bed, left.bed.watch
    said: dict[str, Escalation] = {}
    for record in watch.of(watch.topics.escalations):
        told = escalation.decode(record.value)
        said[told.id] = told
    buried = map(dead_letters.parse, watch.of(watch.topics.tickets_dead_letters))
    yield from _some("dead letters of sinks", [letter.reason for letter in buried])
    heard = Counter(bed.hook.answered)
    yield from _some("the hook was not told", said.keys() - heard.keys())
    yield from _some("the hook was told for no reason", heard.keys() - said.keys())
    crashes = sum(
        member.killed + sum(n for code, n in member.exits.items() if code not in (0, -SIGKILL))
        for member in bed.members
    )
    repeats = sum(heard.values()) - len(heard)
    # A call of which the broker could not be told before partitions moved is made again, too.
    crashes += len(bed.members) * left.unreachable
    crashes += sum(member.lost_sessions for member in bed.members)
    if repeats > crashes * PARALLEL:
        yield f"the hook was told {repeats} messages again, and {crashes} crashes"
    urgent = {
        told.case_id
        for told in said.values()
        if told.level.rank >= Level.ESCALATE.rank and told.status is not Status.RESOLVED
    }
    yield from _some("no ticket of an urgent case", urgent - bed.pager.alerts.keys())
    rang = {told.case_id for told in said.values() if told.level.rank >= Level.ESCALATE.rank}
    yield from _some("a ticket for no reason", bed.pager.alerts.keys() - rang)
    newest = {told.case_id: told for told in sorted(said.values(), key=lambda one: one.at)}
    for case_id in urgent & bed.pager.alerts.keys():
        over = newest[case_id].status is Status.RESOLVED
        if over != (bed.pager.alerts[case_id][-1] == "resolve"):
            yield f"the ticket of {case_id} is not {'closed' if over else 'open'}"


def ended_well(members: list[Member]) -> Iterator[str]:
    """Workers end as they may, with logs that are JSON, and memory stays flat."""
    for number, member in enumerate(members):
        codes = member.exits.keys() - MAY_END_WITH
        codes -= {2} if any("state folder" in log.read_text() for log in member.logs) else set()
        yield from _some(f"worker {number} ended with", codes)
        yield from _some(f"worker {number}, lines that are no JSON", member.bad_lines())
        if member.most_mb > MOST_MB:
            yield f"worker {number} took {member.most_mb:.0f} MB"


def _some(what: str, found: Iterable[Any]) -> Iterator[str]:
    some = sorted(found, key=str)
    if some:
        more = f" and {len(some) - _SHOWN} more" if len(some) > _SHOWN else ""
        yield f"{what}: {', '.join(str(one)[:200] for one in some[:_SHOWN])}{more}"
