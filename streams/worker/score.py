"""The `score` agent: mentions in, scored mentions out, what cannot be scored to dead letters."""

import logging
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial
from typing import cast

import faust
import msgspec
from faust.streams import Stream
from faust.types import EventT

from scoring.decoding import check_not_future, decode
from scoring.errors import BadMentionError
from scoring.mention import Mention
from scoring.scored import Scored, encode_event
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

log = logging.getLogger(__name__)

POISON = "poison"
"""Dead-letter reason of a mention that kills the scoring process."""


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
        self._gaps = Gaps(app, settings, keeps=True)
        self.gate = Gate()
        app.agent(raw_topic(app, self._topics.mentions), name="score", concurrency=1)(self._run)

    async def _run(self, taken: faust.StreamT) -> None:
        stream = cast("Stream[EventT]", taken)
        async for events in stream.noack_take(
            self._settings.batch_size, within=self._settings.batch_wait_s
        ):
            if await self.gate.run(partial(self._batch, events)):
                for event in events:
                    await stream.ack(event)
                self._progress.acknowledged(events)

    async def _batch(self, events: Sequence[EventT]) -> None:
        self._progress.took(events)
        await self._gaps.check(events)
        records: list[Record] = []
        good: list[tuple[EventT, Mention]] = []
        now = datetime.now(UTC)
        for event in events:
            try:
                mention = decode(event.message.value or b"")
                check_not_future(mention, now)
            except BadMentionError as error:
                records.append(self._dead(event, error.reason, error.detail))
            else:
                good.append((event, mention))
        started = time.perf_counter()
        batch = await self._scorer.score([mention for _, mention in good])
        if good:
            first = good[0][0].message
            self._metrics.scoring_seconds.observe(
                time.perf_counter() - started, exemplar((first.partition, first.offset))
            )
            self._metrics.batch_mentions.observe(len(good))
            self._metrics.cache.labels("hit").inc(batch.hits)
            self._metrics.cache.labels("miss").inc(batch.misses)
        for (event, mention), scored in zip(good, batch.scored, strict=True):
            if scored is None:
                detail = "the scoring process ends or hangs on this mention"
                records.append(self._dead(event, POISON, detail, mention))
            else:
                records.append(self._scored(event, scored))
        await self._output.send(records)

    def _scored(self, event: EventT, scored: Scored) -> Record:
        mention = scored.mention
        source = self._metrics.brand(mention.brand), self._metrics.channel(mention.channel)
        self._metrics.mentions.labels(*source, "scored").inc()
        self._metrics.last_mention.labels(*source).set(event.message.timestamp)
        if mention.text:
            # The gate gives no topic: what it answers has none that an incident could be about.
            gated = "encoder" if scored.embedding else "gate"
            self._metrics.gate.labels(gated).inc()
            lang = self._metrics.language(scored.lang)
            for signal in (
                "anger",
                "objective_fact",
                "corporate_denial",
                "influencer_sharing",
                "complaint",
            ):
                value = getattr(scored.scores, signal)
                self._metrics.signal_score.labels(signal, lang).observe(value)
        arrival = datetime.fromtimestamp(event.message.timestamp, UTC)
        return Record(
            topic=self._topics.scored,
            key=mention.partition_key.encode(),
            value=encode_event(msgspec.structs.replace(scored, arrived_at=arrival)),
        )

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
