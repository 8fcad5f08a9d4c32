"""The measurements; each works off topics of its own."""

import asyncio
import json
import statistics
import threading
import time
from collections.abc import Callable, Collection, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
from aiokafka import AIOKafkaConsumer

from benchmarks import traffic
from benchmarks.stream import bed, mentions
from benchmarks.stream.bed import Bed
from benchmarks.stream.ways import OURS, Way
from streams.config import Settings
from streams.kafka import clients
from streams.kafka.topics import Topics

WARM = 0.15
"""The part of a topic that is not measured: connections, caches, first batches."""
DONE = 0.8
"""Not to its end: offsets are committed once a second, and what has run dry would be timed too."""
WORKED_OFF = 0.97
"""Of a backlog."""
PATIENCE_S = 900.0
FETCH_WAIT_MS = 20
FLOOD = 800.0
"""Mentions per second: more than a core reads."""
BRANDS = 40


class Rate(msgspec.Struct, frozen=True, kw_only=True):
    """Of one run: mentions per second of the clock, and core seconds per mention.

    `own_s` is what the stream's process takes, `whole_s` the model's process as well, `broker_s`
    what the broker takes.
    """

    per_s: float
    whole_s: float
    own_s: float
    broker_s: float


def score(
    found: Bed,
    way: str,
    count: int,
    *,
    workers: int = 1,
    partitions: int = bed.PARTITIONS,
    quix: Path | None = None,
    length: int = 0,
    repeats: float = 0.3,
    **variables: str,
) -> Rate:
    """`mentions` to `mentions-scored`."""
    settings = found.fresh(partitions)
    bed.send(settings, mentions.mentions(count, repeats=repeats, length=length))
    with Way(settings, way, "score", workers=workers, quix=quix, **variables) as ways:
        return _rate(found, settings, "score", Topics.of(settings).mentions, count, ways)


def cases(
    found: Bed,
    way: str,
    count: int,
    *,
    workers: int = 1,
    partitions: int = bed.PARTITIONS,
    quix: Path | None = None,
    **variables: str,
) -> Rate:
    """`mentions-scored` to `escalations`."""
    settings = found.fresh(partitions)
    bed.send_scored(settings, traffic.mentions(count, a_day=400_000))
    with Way(settings, way, "cases", workers=workers, quix=quix, **variables) as ways:
        return _rate(found, settings, "cases", Topics.of(settings).scored, count, ways)


def whole(found: Bed, count: int, *, repeats: float, workers: int = 1) -> Rate:
    """`mentions` to `escalations`, both roles in each worker; done when `cases` is."""
    settings = found.fresh()
    bed.send(settings, mentions.mentions(count, repeats=repeats))
    with Way(settings, OURS, "score,cases", workers=workers) as ways:
        return _rate(found, settings, "cases", Topics.of(settings).scored, count, ways)


def _rate(found: Bed, settings: Settings, role: str, topic: str, count: int, ways: Way) -> Rate:
    first = _until(
        lambda: bed.committed(settings, role, topic) >= WARM * count, settings, role, topic
    )
    began = (time.monotonic(), ways.cpu_s, ways.own_cpu_s, found.cpu_s)
    last = _until(
        lambda: bed.committed(settings, role, topic) >= DONE * count, settings, role, topic
    )
    ended = (time.monotonic(), ways.cpu_s, ways.own_cpu_s, found.cpu_s)
    done = max(1, last - first)
    took, whole_s, own_s, broker_s = (b - a for a, b in zip(began, ended, strict=True))
    return Rate(
        per_s=done / took, whole_s=whole_s / done, own_s=own_s / done, broker_s=broker_s / done
    )


def _until(reached: Callable[[], bool], settings: Settings, role: str, topic: str) -> int:
    deadline = time.monotonic() + PATIENCE_S
    while not reached():
        if time.monotonic() > deadline:
            raise RuntimeError(f"{role} stands still at {bed.committed(settings, role, topic)}")
        time.sleep(0.05)
    return bed.committed(settings, role, topic)


class Latency(msgspec.Struct, frozen=True, kw_only=True):
    """Seconds from a mention's sending to its escalation's arrival at a consumer.

    `scoring` is the part of it until the role `score` sent it on, `deciding` until `cases` sent
    the escalation: their median and 99th percentile.
    """

    rate: float
    sent: int
    p50: float
    p90: float
    p99: float
    most: float
    scoring: tuple[float, float]
    deciding: tuple[float, float]


def capacity(found: Bed, lasts_s: float, repeats: float, every: int = 20) -> float:
    """Mentions per second that one worker of both roles does while more are being sent.

    Less than it does of a backlog: sender and worker share the machine.
    """
    settings = found.fresh()
    with Way(settings, OURS, "score,cases"):
        sending = threading.Thread(
            target=steady, args=(settings, FLOOD, lasts_s, repeats, every), daemon=True
        )
        sending.start()
        time.sleep(lasts_s / 3)
        at, done = time.monotonic(), _scored(settings)
        sending.join()
        return (_scored(settings) - done) / (time.monotonic() - at)


def _scored(settings: Settings) -> int:
    """Mentions only: what `cases` reads has news of cases in it as well."""
    return bed.committed(settings, "score", Topics.of(settings).mentions)


def latency(found: Bed, rate: float, lasts_s: float, repeats: float, every: int = 20) -> Latency:
    """At a steady rate, one in `every` a probe that opens a case; a third goes uncounted first."""
    settings = found.fresh()
    with Way(settings, OURS, "score,cases") as ways:
        bed.send(settings, mentions.mentions(200, repeats=repeats, begin=10_000_000))
        heard = Heard(settings, half_way=True)
        sent = steady(settings, rate, lasts_s, repeats, every)
        heard.all_of(sent, 120)
        heard.close()
        assert ways.running
    begin = min(sent.values()) + lasts_s / 3
    probes = {key: at for key, at in sent.items() if key in heard.at and at > begin}
    if not probes:
        raise RuntimeError("no probe came through")
    took = sorted(heard.at[key] - at for key, at in probes.items())
    scoring = sorted(heard.scored[key] - at for key, at in probes.items())
    deciding = sorted(heard.said[key] - heard.scored[key] for key in probes)
    return Latency(
        rate=rate,
        sent=len(took),
        p50=statistics.median(took),
        p90=_part(took, 90),
        p99=_part(took, 99),
        most=took[-1],
        scoring=(statistics.median(scoring), _part(scoring, 99)),
        deciding=(statistics.median(deciding), _part(deciding, 99)),
    )


def _part(ordered: Sequence[float], percent: int) -> float:
    return ordered[min(len(ordered) - 1, len(ordered) * percent // 100)]


class Heard:
    """When the first escalation of each case came; follows from the beginning, in a thread.

    `said` is when it was sent, and with `half_way` `scored` when its probe was sent on.
    """

    def __init__(self, settings: Settings, *, half_way: bool = False) -> None:
        self.at: dict[str, float] = {}
        self.said: dict[str, float] = {}
        self.scored: dict[str, float] = {}
        self._settings = settings
        self._half_way = half_way
        self._stop = threading.Event()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._follow()), daemon=True)
        self._thread.start()
        self._ready.wait(60)

    async def _follow(self) -> None:
        topics = Topics.of(self._settings)
        # The embedded broker lets a fetch that finds nothing wait for a part of the longest wait,
        # whatever comes: 0.1 s with the usual half second.
        consumer = AIOKafkaConsumer(
            *([topics.escalations, topics.scored] if self._half_way else [topics.escalations]),
            **clients.aiokafka(self._settings),
            auto_offset_reset="earliest",
            fetch_max_wait_ms=FETCH_WAIT_MS,
        )
        await consumer.start()
        self._ready.set()
        while not self._stop.is_set():
            for part, records in (await consumer.getmany(timeout_ms=200)).items():
                now = time.time()
                for record in records:
                    sent = record.timestamp / 1000
                    if part.topic == topics.escalations:
                        case_id = json.loads(record.value)["case_id"]
                        self.at.setdefault(case_id, now)
                        self.said.setdefault(case_id, sent)
                    elif record.key and mentions.PROBED in record.key:
                        self.scored.setdefault(record.key.decode(), sent)
        await consumer.stop()

    def all_of(self, cases: Collection[str], patience_s: float) -> bool:
        """Waits until each of the cases was heard of; whether they were."""
        deadline = time.monotonic() + patience_s
        while not (there := self.at.keys() >= set(cases)) and time.monotonic() < deadline:
            time.sleep(0.1)
        return there

    def close(self) -> None:
        """Lets go."""
        self._stop.set()
        self._thread.join(10)


def steady(
    settings: Settings, rate: float, lasts_s: float, repeats: float, every: int
) -> dict[str, float]:
    """Sends at a rate; case ids of the probes, and when each was sent."""
    sent: dict[str, float] = {}
    topic = Topics.of(settings).mentions
    told = mentions.mentions(int(rate * lasts_s) + 1, repeats=repeats)
    began = time.monotonic()
    with clients.producer(settings) as producer:
        for number, mention in enumerate(told):
            wait = began + number / rate - time.monotonic()
            if wait > 0:
                time.sleep(wait)
            now = datetime.now(UTC)
            if number % every == every - 1:
                mention = mentions.probe(number, now)
                sent[mention.case_id] = time.time()
            else:
                mention = msgspec.structs.replace(mention, created_at=now)
            value = msgspec.json.encode(mention)
            producer.send(topic, value=value, key=mention.partition_key.encode())
        producer.flush()
    return sent


class Point(msgspec.Struct, frozen=True, kw_only=True):
    """How a backlog stood: seconds, mentions committed by `score` and `cases`, memory in bytes."""

    at: float
    scored: int
    decided: int
    worker: int
    model: int
    broker: int


def backlog(
    found: Bed, count: int, repeats: float, points: int = 10, *, fast_lane: bool = False
) -> tuple[list[Point], list[float]]:
    """Works off `count` mentions; the curve, and latencies of live probes sent meanwhile.

    Each probe is of a brand with an open case, and opens another.
    """
    settings = found.fresh()
    topics = Topics.of(settings)
    brands = [mentions.probe(number, datetime.now(UTC)) for number in range(BRANDS)]
    variables: dict[str, Any] = {
        "TOCSIN_STATE_STORE": "rocksdb",
        "TOCSIN_HOT_CASES": "1000",
        "TOCSIN_FAST_LANE": str(fast_lane).lower(),
    }
    heard = Heard(settings)
    with Way(settings, OURS, "score,cases", **variables):
        bed.send(settings, brands)
        if not heard.all_of([one.case_id for one in brands], 120):
            raise RuntimeError("the brands of the probes have no open case")
    bed.send(settings, mentions.mentions(count, repeats=repeats))
    curve: list[Point] = []
    live: dict[str, float] = {}
    with Way(settings, OURS, "score,cases", **variables) as ways:
        began = time.monotonic()
        while True:
            scored = bed.committed(settings, "score", topics.mentions)
            decided = bed.committed(settings, "cases", topics.scored)
            done = min(scored, decided) >= count * WORKED_OFF
            if decided >= len(curve) * count / points or done:
                worker = ways.running[0]
                model = worker.scoring_process
                curve.append(
                    Point(
                        at=time.monotonic() - began,
                        scored=scored,
                        decided=decided,
                        worker=bed.rss(worker.process.pid),
                        model=bed.rss(model.pid) if model else 0,
                        broker=found.rss,
                    )
                )
            if done:
                break
            if len(live) < BRANDS:
                one = mentions.probe(len(live), datetime.now(UTC), again=True)
                live[one.case_id] = time.time()
                bed.send(settings, [one])
            time.sleep(1)
        heard.all_of(live, 60)
        heard.close()
    return curve, sorted(heard.at[key] - at for key, at in live.items() if key in heard.at)


def medians(rates: Sequence[Rate]) -> Rate:
    """Each figure's median over runs."""
    fields = Rate.__struct_fields__
    return Rate(**{name: statistics.median(getattr(r, name) for r in rates) for name in fields})
