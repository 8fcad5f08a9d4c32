"""A broker that is away for a while is waited for; one that says no is not asked again."""

import asyncio

import pytest
from aiokafka.errors import (
    KafkaError,
    MessageSizeTooLargeError,
    NotLeaderForPartitionError,
    RequestTimedOutError,
)

from streams.worker.patience import patiently


class Broker:
    """Answers with these errors, then with 7."""

    def __init__(self, *errors: KafkaError) -> None:
        self._errors = list(errors)
        self.asked = 0

    async def __call__(self) -> int:
        self.asked += 1
        if self._errors:
            raise self._errors.pop(0)
        return 7


def test_a_change_of_leader_is_waited_for() -> None:
    broker = Broker(NotLeaderForPartitionError(), RequestTimedOutError())
    assert asyncio.run(patiently(broker, "answer")) == 7
    assert broker.asked == 3


def test_what_will_never_work_is_said_at_once() -> None:
    broker = Broker(MessageSizeTooLargeError())
    with pytest.raises(MessageSizeTooLargeError):
        asyncio.run(patiently(broker, "answer"))
    assert broker.asked == 1


def test_patience_ends() -> None:
    broker = Broker(*[NotLeaderForPartitionError()] * 9)
    with pytest.raises(NotLeaderForPartitionError):
        asyncio.run(patiently(broker, "answer", patience_s=0.0))
    assert broker.asked == 1


def test_a_worker_that_stops_waits_for_nobody() -> None:
    broker = Broker(NotLeaderForPartitionError())
    with pytest.raises(NotLeaderForPartitionError):
        asyncio.run(patiently(broker, "answer", hurried=lambda: True))
