"""One Faust application per role, always under the same id, however roles share processes."""

import enum
import logging
from collections.abc import Collection, Mapping
from typing import Any, cast

import faust
from faust.types import TP
from faust.types.transports import ConsumerT

from streams.config import Settings
from streams.kafka import clients
from streams.kafka.topics import application_id
from streams.worker import ends
from streams.worker.frugal import (
    QuietMonitor,
    deliver_at_once,
    fetch_impatiently,
    look_again_soon,
)

log = logging.getLogger(__name__)


class Role(enum.StrEnum):
    """What a worker can do; each role has a consumer group of its own."""

    SCORE = "score"
    CASES = "cases"
    TICKETS = "tickets"
    SOURCES = "sources"


class App(faust.App):
    """Faust, mended in three places where it would recover or read less than there is."""

    tocsin: Settings

    def _new_consumer(self) -> ConsumerT:
        """The consumer; an attribute of an instance goes before the method of its class."""
        consumer: Any = super()._new_consumer()
        deliver_at_once(consumer)
        fetch_impatiently(consumer)
        look_again_soon(consumer)
        resume = consumer.resume_partitions

        def resume_partitions(tps: Collection[TP]) -> None:
            # What is fetched between here and the end of Faust's seek to the committed offsets
            # is thrown away when flow resumes, and not read again. Flow resumes after the seek.
            if any(tp.topic not in self.tables.changelog_topics for tp in tps):
                consumer.stop_flow()
            resume(tps)

        async def highwaters(*tps: TP) -> Mapping[TP, int]:
            found = await ends.true_ends(self.tocsin, tps)
            for tp, end in found.items():
                self._fit(tp, end)
            return found

        seek = consumer.seek_to_committed

        async def seek_to_committed() -> Mapping[TP, int]:
            # A partition of which nothing was ever committed stays wherever it is, past what was
            # fetched and thrown away; with its next message those before it would be committed.
            committed: Mapping[TP, int] = await seek()
            logs = [tp for tp in committed if tp.topic not in self.tables.changelog_topics]
            if never := [tp for tp in logs if not committed[tp]]:
                for tp, first in (await consumer.earliest_offsets(*never)).items():
                    await consumer._seek(tp, first)
            return committed

        vars(consumer).update(
            resume_partitions=resume_partitions,
            highwaters=highwaters,
            seek_to_committed=seek_to_committed,
        )
        return cast(ConsumerT, consumer)

    def _fit(self, tp: TP, end: int) -> None:
        """A copy on disk that goes further than its changelog is of one that was made anew."""
        tables: Any = self.tables
        reached = tables.recovery.active_offsets.get(tp)
        if reached is not None and reached >= end:
            log.warning(
                "%s, partition %s was made anew: its copy is dropped", tp.topic, tp.partition
            )
            tables._changelogs[tp.topic].data.wipe(tp.partition)
            tables.recovery.active_offsets[tp] = None


def application(settings: Settings, role: Role) -> faust.App:
    """The role's application.

    Reading is manual (`streams.worker.taking`): offsets move only when an agent says so.
    """
    app = App(
        application_id(settings, role.value),
        broker=clients.faust_broker(settings),
        broker_credentials=clients.faust_credentials(settings),
        broker_session_timeout=settings.session_timeout_s,
        broker_heartbeat_interval=settings.heartbeat_s,
        broker_commit_interval=1.0,
        broker_max_poll_records=2 * settings.batch_size,
        consumer_auto_offset_reset="earliest",
        consumer_max_fetch_size=clients.LARGEST_MESSAGE,
        stream_buffer_maxsize=2 * settings.batch_size,
        stream_wait_empty=False,
        topic_disable_leader=True,
        topic_allow_declare=False,
        table_standby_replicas=0,
        producer_linger=0.01,
        web_enabled=False,
        Monitor=QuietMonitor,
        datadir=str(settings.state_dir / role.value),
        store="memory://",
    )
    app.tocsin = settings
    return app


def raw_topic(app: faust.App, name: str) -> faust.TopicT:
    """A topic of bytes: decoding is ours, so that a bad message is ours to handle."""
    return app.topic(
        name, key_type=bytes, value_type=bytes, key_serializer="raw", value_serializer="raw"
    )
