"""Sends the script to Kafka at a steady pace, in a thread."""

import threading
import time

from streams.config import Settings
from streams.demo.script import Script
from streams.demo.tally import Tally
from streams.errors import TocsinError
from streams.kafka import clients
from streams.kafka.topics import Topics

IN_FLIGHT = 1000
"""Messages that wait in memory for their acknowledgement, at most."""
END_TIMEOUT_S = 5.0


class Player(threading.Thread):
    """Plays `rate` mentions a second, 0 for all at once.

    Paced by count and not by time: stories that last two days and one that lasts two months end
    together, and a clock that ran evenly would wait two months for the last days.
    """

    def __init__(self, settings: Settings, script: Script, tally: Tally, rate: float) -> None:
        super().__init__(name="player", daemon=True)
        self._settings = settings
        self._script = script
        self._tally = tally
        self._rate = rate
        self._ended = threading.Event()
        self.error: TocsinError | None = None

    def run(self) -> None:
        """Plays until the end of the script, or until `end`."""
        try:
            self._play()
        except TocsinError as error:
            self.error = error

    def end(self) -> None:
        """Stops playing and waits for the thread, not for ever."""
        self._ended.set()
        if self.ident is not None:
            self.join(END_TIMEOUT_S)

    def _play(self) -> None:
        topic = Topics.of(self._settings).mentions
        failures: list[Exception] = []
        with clients.producer(self._settings) as producer:
            started = time.monotonic()
            for number, line in enumerate(self._script.lines, start=1):
                if self._rate:
                    due = started + number / self._rate
                    self._ended.wait(max(0.0, due - time.monotonic()))
                if self._ended.is_set():
                    return
                producer.send(topic, value=line.value, key=line.key).add_errback(failures.append)
                self._tally.sent(line.at)
                if number % IN_FLIGHT == 0:
                    producer.flush()
                if failures:
                    raise failures[0]
            producer.flush()
            if failures:
                raise failures[0]
        self._tally.played()
