"""Hears escalations as any consumer of the topic would, in a thread."""

import threading
from collections.abc import Callable

import msgspec
from kafka import TopicPartition

from scoring.escalation import Escalation, decode
from streams.config import Settings
from streams.demo.tally import Tally
from streams.errors import TocsinError
from streams.kafka import clients
from streams.kafka.topics import Topics

POLL_MS = 200
END_TIMEOUT_S = 5.0


class Listener(threading.Thread):
    """Reads the topic `escalations` from its start; `ce_id` tells a repetition unread."""

    def __init__(
        self, settings: Settings, tally: Tally, said: Callable[[Escalation], None]
    ) -> None:
        super().__init__(name="listener", daemon=True)
        self._settings = settings
        self._tally = tally
        self._said = said
        self._ended = threading.Event()
        self.error: TocsinError | None = None

    def run(self) -> None:
        """Listens until `end`."""
        try:
            self._listen()
        except TocsinError as error:
            self.error = error
        except msgspec.DecodeError as error:
            self.error = TocsinError(f"topic escalations holds a message of another kind: {error}")

    def end(self) -> None:
        """Stops listening and waits for the thread, not for ever."""
        self._ended.set()
        if self.ident is not None:
            self.join(END_TIMEOUT_S)

    def _listen(self) -> None:
        topic = Topics.of(self._settings).escalations
        heard: set[bytes] = set()
        with clients.consumer(self._settings) as consumer:
            numbers = consumer.partitions_for_topic(topic) or set()
            partitions = [TopicPartition(topic, number) for number in sorted(numbers)]
            consumer.assign(partitions)
            consumer.seek_to_beginning(*partitions)
            while not self._ended.is_set():
                for records in consumer.poll(timeout_ms=POLL_MS).values():
                    for record in records:
                        identity = dict(record.headers)["ce_id"]
                        if identity not in heard:
                            heard.add(identity)
                            said = decode(record.value)
                            self._tally.heard(said)
                            self._said(said)
