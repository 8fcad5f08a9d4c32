"""Whether the brokers let us in, asked once: kafka-python tries again and says it timed out."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

from streams.config import Settings
from streams.environment import PREFIX, variable
from streams.errors import BrokerError
from streams.kafka import security


def probe(settings: Settings, timeout_s: float) -> None:
    """Tries the login at the first broker that can be reached; nothing to do without one.

    A wrong password that is tried again and again locks an account, and keeps whoever typed it
    waiting. Raises BrokerError for a refusal; whatever else goes wrong is left to the client.
    """
    if not settings.authenticated:
        return
    with ThreadPoolExecutor(1) as thread:  # there may be an event loop in this one
        thread.submit(asyncio.run, _try(settings, timeout_s)).result()


async def _try(settings: Settings, timeout_s: float) -> None:
    # Here, because most commands have no need of it and it takes a while.
    from aiokafka import errors
    from aiokafka.conn import create_conn

    arguments = security.arguments(settings)
    for broker in settings.brokers:
        host, _, port = broker.rpartition(":")
        timeout = round(timeout_s * 1000)
        opening = create_conn(host.strip("[]"), int(port), request_timeout_ms=timeout, **arguments)
        try:
            connection = await asyncio.wait_for(opening, timeout_s)
        except errors.UnsupportedSaslMechanismError as error:
            raise BrokerError(
                f"broker {broker} does not take {settings.sasl_mechanism} "
                f"({error}): set {variable('sasl_mechanism')}"
            ) from error
        except (errors.SaslAuthenticationFailed, errors.AuthenticationFailedError) as error:
            raise BrokerError(
                f"broker {broker} refuses user {settings.sasl_username!r} with "
                f"{settings.sasl_mechanism}: correct {PREFIX}SASL_USERNAME, {PREFIX}SASL_PASSWORD "
                f"(or its _FILE form) or {PREFIX}SASL_MECHANISM"
            ) from error
        except (errors.KafkaError, OSError, TimeoutError):
            continue
        closing = connection.close()
        if closing is not None:
            await closing
        return
