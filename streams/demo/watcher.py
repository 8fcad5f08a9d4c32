"""Asks the worker what it has done and what is open, as the console and Prometheus do."""

import threading
import urllib.request
from collections.abc import Iterator

import msgspec
from prometheus_client.parser import text_string_to_metric_families

from streams.demo.tally import Tally, Work
from streams.worker.board import OpenCase

EVERY_S = 0.5
TIMEOUT_S = 3.0
END_TIMEOUT_S = 5.0


class _Facts(msgspec.Struct):
    lag: dict[str, int]


class _Board(msgspec.Struct):
    cases: list[OpenCase]
    facts: _Facts


_decoder = msgspec.json.Decoder(_Board)


class Watcher(threading.Thread):
    """Reads /api/board and /metrics twice a second; a worker that is too busy is asked again."""

    def __init__(self, url: str, tally: Tally) -> None:
        super().__init__(name="watcher", daemon=True)
        self._url = url
        self._tally = tally
        self._ended = threading.Event()

    def run(self) -> None:
        """Watches until `end`."""
        while not self._ended.wait(EVERY_S):
            try:
                board = _decoder.decode(fetch(self._url + "api/board"))
                metrics = fetch(self._url + "metrics").decode()
            except OSError:
                continue
            self._tally.worked(work(metrics, sum(board.facts.lag.values())), board.cases)

    def end(self) -> None:
        """Stops watching and waits for the thread, not for ever."""
        self._ended.set()
        if self.ident is not None:
            self.join(END_TIMEOUT_S)


def fetch(url: str, timeout_s: float = TIMEOUT_S) -> bytes:
    """The body of a page of the worker. Raises OSError."""
    # No proxy: the worker is on this machine, whatever the environment says.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(url, timeout=timeout_s) as answer:
        body: bytes = answer.read()
    return body


def work(metrics: str, lag: int) -> Work:
    """What a worker's metrics page says of its work."""
    totals = {"scored": 0.0, "dead_letter": 0.0, "said": 0.0}
    for name, labels, value in _samples(metrics):
        if name == "tocsin_mentions_total":
            totals[labels["outcome"]] += value
        elif name == "tocsin_escalations_total":
            totals["said"] += value
    return Work(
        scored=int(totals["scored"]),
        dead_letters=int(totals["dead_letter"]),
        said=int(totals["said"]),
        lag=lag,
    )


def _samples(metrics: str) -> Iterator[tuple[str, dict[str, str], float]]:
    for family in text_string_to_metric_families(metrics):
        for sample in family.samples:
            yield sample.name, sample.labels, sample.value
