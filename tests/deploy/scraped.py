"""What a Prometheus has seen of a run, asked as the boards ask it."""

import math
import time
from collections.abc import Sequence
from typing import NamedTuple

from tests.deploy.server import Server
from tests.streams.helpers import eventually


class Series(NamedTuple):
    """Labels, and values that are numbers (others are left out)."""

    labels: dict[str, str]
    values: list[float]


class Scraped:
    """A server from now on."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._began = time.time()

    def over_time(self, query: str) -> list[Series]:
        """A query at every second since the beginning; the test fails when it is none."""
        found = self._server.get(
            "/api/v1/query_range",
            query=query,
            start=str(self._began),
            end=str(time.time()),
            step="1",
        )
        assert found is not None, f"Prometheus does not take this query: {query}"
        return [Series(one["metric"], _numbers(one["values"])) for one in found["result"]]

    def value(self, query: str) -> float:
        """The first result of a query now, 0 when there is none."""
        return self._server.value(query) or 0.0

    def wait_for(self, query: str, least: float, timeout_s: float) -> None:
        """Waits until a query's value is `least` or more."""
        eventually(lambda: self.value(query) >= least, timeout_s)

    def label_values(self, label: str, metric: str) -> list[str]:
        """What a board's variable offers."""
        return self._server.get(f"/api/v1/label/{label}/values", **{"match[]": metric}) or []


def _numbers(samples: Sequence[tuple[float, str]]) -> list[float]:
    return [value for _, text in samples if math.isfinite(value := float(text))]
