"""One Faust application per role, always under the same id, however roles share processes."""

import enum

import faust

from streams.config import Settings
from streams.kafka import clients
from streams.worker import ends


class Role(enum.StrEnum):
    """What a worker can do; each role has an application id (consumer group) of its own."""

    SCORE = "score"
    CASES = "cases"


def application(settings: Settings, role: Role) -> faust.App:
    """The role's application.

    Reading is manual (`noack_take`): offsets move only when an agent says so, see `commit`.
    """
    app = ends.App(
        f"{settings.group_prefix}-{settings.topic_prefix}{role.value}",
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
