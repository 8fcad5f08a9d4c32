"""The `score` agent: mentions in, scored mentions out, what cannot be scored to dead letters."""

import asyncio
import logging
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any, cast

import faust
import msgspec
from faust.streams import Stream
from faust.types import EventT

from scoring.decoding import check_not_future, decode
from scoring.errors import BadMentionError
from scoring.mention import Mention
from scoring.scored import Scored, encode_passed
from streams.config import Settings
from streams.kafka.topics import Topics
from streams.metrics import OTHER, Metrics, exemplar
from streams.scorer.process import ScoringProcess
from streams.worker import messages
from streams.worker.application import raw_topic
from streams.worker.boundary import Gate
from streams.worker.gaps import Gaps
from streams.worker.output import Output, Record
from streams.worker.progress import Progress
from streams.worker.taking import batches

log = logging.getLogger(__name__)

SIGNALS = ("anger", "objective_fact", "corporate_denial", "influencer_sharing", "complaint")
POISON = "poison"
"""Dead-letter reason of a mention that kills the scoring process."""
PART_S = 0.15
"""Seconds of reading after which what is read is sent on, while the next are read."""
LEAST_PART = 64
LEAST_S = 1e-5
Good = tuple[EventT, Mention]


class ScoreAgent:
    """Offsets move only after every output of a batch is acknowledged by the broker."""

    def __init__(
        self,
        app: faust.App,
        settings: Settings,
        output: Output,
        scorer: ScoringProcess,
        metrics: Metrics,
        progress: Progress,
    ) -> None:
        self._settings = settings
        self._topics = Topics.of(settings)
        self._output = output
        self._scorer = scorer
        scorer.on_attempt = progress.moved
        self._metrics = metrics
        self._progress = progress
        self._children: dict[tuple[Any, ...], Any] = {}
        self._reading_s = PART_S / LEAST_PART
        """Of one mention, lately."""
        self._gaps = Gaps(app, settings, keeps=True)
        self.gate = Gate()
        app.agent(raw_topic(app, self._topics.mentions), name="score", concurrency=1)(self._run)

    async def _run(self, taken: faust.StreamT) -> None:
        stream = cast("Stream[EventT]", taken)
        most, wait_s = self._settings.batch_size, self._settings.batch_wait_s
        async for events in batches(stream, most, wait_s, at_once=True):
            if await self.gate.run(partial(self._batch, events)):
                for event in events:
                    await stream.ack(event)
                self._progress.acknowledged(events)

    async def _batch(self, events: Sequence[EventT]) -> None:
        self._progress.took(events)
        await self._gaps.check(events)
        records: list[Record] = []
        good: list[Good] = []
        now = datetime.now(UTC)
        for event in events:
            try:
                mention = decode(event.message.value or b"")
                check_not_future(mention, now)
            except BadMentionError as error:
                records.append(self._dead(event, error.reason, error.detail))
            else:
                good.append((event, mention))
        sending = asyncio.ensure_future(self._output.send(records))
        try:
            for part in self._parts(good):
                sent = await self._read(part)
                await sending
                sending = asyncio.ensure_future(self._output.send(sent))
        finally:
            await sending

    def _parts(self, good: Sequence[Good]) -> Iterator[Sequence[Good]]:
        """As many as are read in `PART_S`: the first need not wait for the last to be read."""
        begin = 0
        while begin < len(good):
            end = begin + max(LEAST_PART, round(PART_S / self._reading_s))
            yield good[begin:end]
            begin = end

    async def _read(self, good: Sequence[Good]) -> list[Record]:
        started = time.perf_counter()
        batch = await self._scorer.score([mention for _, mention in good])
        took = time.perf_counter() - started
        self._reading_s += (max(took / len(good), LEAST_S) - self._reading_s) / 4
        first = good[0][0].message
        self._metrics.scoring_seconds.observe(took, exemplar((first.partition, first.offset)))
        self._metrics.batch_mentions.observe(len(good))
        self._metrics.cache.labels("hit").inc(batch.hits)
        self._metrics.cache.labels("miss").inc(batch.misses)
        records: list[Record] = []
        for (event, mention), scored in zip(good, batch.scored, strict=True):
            if scored is None:
                detail = "the scoring process ends or hangs on this mention"
                records.append(self._dead(event, POISON, detail, mention))
            else:
                records.append(self._scored(event, scored))
        return records

    def reached(self) -> dict[int, int]:
        """The offset that comes next, of each partition that was read since it is here."""
        return self._gaps.reached()

    def _scored(self, event: EventT, scored: Scored) -> Record:
        mention = scored.mention
        self._count(event, scored)
        arrival = datetime.fromtimestamp(event.message.timestamp, UTC)
        return Record(
            topic=self._topics.scored,
            key=mention.partition_key.encode(),
            value=encode_passed(
                msgspec.structs.replace(scored, arrived_at=arrival), event.message.value or b""
            ),
        )

    def _count(self, event: EventT, scored: Scored) -> None:
        mention, metrics = scored.mention, self._metrics
        source = metrics.brand(mention.brand), metrics.channel(mention.channel)
        self._child(metrics.mentions, *source, "scored").inc()
        self._child(metrics.last_mention, *source).set(event.message.timestamp)
        if mention.text:
            # The gate gives no topic: what it answers has none that an incident could be about.
            self._child(metrics.gate, "encoder" if scored.embedding else "gate").inc()
            lang = metrics.language(scored.lang)
            for signal in SIGNALS:
                value = getattr(scored.scores, signal)
                self._child(metrics.signal_score, signal, lang).observe(value)

    def _child(self, metric: Any, *labels: str) -> Any:
        """A metric's child, which the library looks for anew each time, under a lock."""
        key = (id(metric), *labels)
        found = self._children.get(key)
        if found is None:
            found = self._children[key] = metric.labels(*labels)
        return found

    def _dead(
        self, event: EventT, reason: str, detail: str, mention: Mention | None = None
    ) -> Record:
        message = event.message
        log.warning(
            "dead letter: %s (%s, partition %s, offset %s)",
            reason,
            message.topic,
            message.partition,
            message.offset,
        )
        brand = self._metrics.brand(mention.brand) if mention else OTHER
        channel = self._metrics.channel(mention.channel) if mention else OTHER
        self._metrics.mentions.labels(brand, channel, "dead_letter").inc()
        self._metrics.dead_letters.labels(self._topics.mentions, reason).inc()
        return messages.dead_letter(self._topics, message, reason, detail)
