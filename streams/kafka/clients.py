"""From settings to the arguments of each Kafka client: kafka-python, aiokafka, Faust."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from streams.config import Settings
from streams.environment import variable
from streams.errors import BrokerError
from streams.kafka import login, security

if TYPE_CHECKING:
    from faust.types.auth import CredentialsT
    from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer

CONNECT_TIMEOUT_S = 5.0
LARGEST_MESSAGE = 16 * 1024 * 1024
"""Bytes of the largest record that is read or written; a dead letter holds any whole mention."""


def kafka_python(settings: Settings, timeout_s: float = CONNECT_TIMEOUT_S) -> dict[str, Any]:
    """Arguments that every kafka-python client takes; it gives up connecting after `timeout_s`."""
    return {
        "bootstrap_servers": list(settings.brokers),
        "client_id": settings.group_prefix,
        "bootstrap_timeout_ms": int(timeout_s * 1000),
        **security.arguments(settings),
    }


def aiokafka(settings: Settings) -> dict[str, Any]:
    """Arguments that every aiokafka client takes."""
    return {
        "bootstrap_servers": list(settings.brokers),
        "client_id": settings.group_prefix,
        **security.arguments(settings),
    }


def group_timing(settings: Settings) -> dict[str, int]:
    """Session time-out and heartbeat of a consumer in a group (either library), milliseconds."""
    return {
        "session_timeout_ms": round(settings.session_timeout_s * 1000),
        "heartbeat_interval_ms": round(settings.heartbeat_s * 1000),
    }


def faust_broker(settings: Settings) -> str:
    """Faust's `broker` argument."""
    return ";".join(f"kafka://{broker}" for broker in settings.brokers)


def faust_credentials(settings: Settings) -> "CredentialsT | None":
    """Faust's `broker_credentials`, None for plain text without a login."""
    if settings.security_protocol == "PLAINTEXT":
        return None
    from faust import SASLCredentials, SSLCredentials

    context = security.ssl_context(settings)
    if not settings.authenticated:
        return SSLCredentials(context=context)
    return SASLCredentials(
        username=settings.sasl_username,
        password=security.password(settings),
        ssl_context=context,
        mechanism=settings.sasl_mechanism,
    )


@contextmanager
def admin(settings: Settings, timeout_s: float = CONNECT_TIMEOUT_S) -> "Iterator[KafkaAdminClient]":
    """A kafka-python admin client. Raises BrokerError, within as without."""
    from kafka import KafkaAdminClient

    with broker_errors(settings):
        _probe(settings, timeout_s)
        client = KafkaAdminClient(**kafka_python(settings, timeout_s))
        try:
            yield client
        finally:
            client.close()


@contextmanager
def consumer(settings: Settings) -> "Iterator[KafkaConsumer]":
    """A kafka-python consumer outside of any group, which commits nothing."""
    from kafka import KafkaConsumer

    with broker_errors(settings):
        _probe(settings, CONNECT_TIMEOUT_S)
        client = KafkaConsumer(
            **kafka_python(settings),
            group_id=None,
            enable_auto_commit=False,
            max_partition_fetch_bytes=LARGEST_MESSAGE,
        )
        try:
            yield client
        finally:
            client.close()


@contextmanager
def producer(settings: Settings) -> "Iterator[KafkaProducer]":
    """A kafka-python producer whose sends are acknowledged by all in-sync replicas."""
    from kafka import KafkaProducer

    with broker_errors(settings):
        _probe(settings, CONNECT_TIMEOUT_S)
        client = KafkaProducer(
            **kafka_python(settings),
            acks="all",
            linger_ms=5,
            batch_size=128 * 1024,
            max_request_size=LARGEST_MESSAGE,
            max_block_ms=15_000,
            # Longer than a change of leader takes, shorter than a person's patience.
            request_timeout_ms=15_000,
            delivery_timeout_ms=30_000,
            allow_auto_create_topics=False,
        )
        try:
            yield client
        finally:
            # Whatever matters was flushed before; a broker that is gone must not hold the exit.
            client.close(timeout=1)


def _probe(settings: Settings, timeout_s: float) -> None:
    security.probe(settings, timeout_s)
    login.probe(settings, timeout_s)


@contextmanager
def broker_errors(settings: Settings) -> Iterator[None]:
    """Turns what kafka-python raises about the broker into one BrokerError."""
    from kafka.errors import (
        AuthorizationError,
        KafkaError,
        KafkaTimeoutError,
        SaslAuthenticationFailedError,
    )

    try:
        yield
    except (SaslAuthenticationFailedError, AuthorizationError) as error:
        raise BrokerError(
            f"broker {settings.broker} refuses user {settings.sasl_username!r}: {error}; "
            f"see the {variable('sasl_username')} and {variable('security_protocol')} settings"
        ) from error
    except KafkaTimeoutError as error:
        raise BrokerError(security.silence(settings)) from error
    except KafkaError as error:
        raise BrokerError(f"broker {settings.broker} answers with an error: {error}") from error


def check_broker(settings: Settings, timeout_s: float = CONNECT_TIMEOUT_S) -> None:
    """Raises BrokerError unless a broker answers within `timeout_s`."""
    with admin(settings, timeout_s) as client, broker_errors(settings):
        client.list_topics()
