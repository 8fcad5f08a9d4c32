"""The table of docs/metrics.md, made from the metrics as they are registered.

`python -m streams.metrics_page docs/metrics.md` puts it there anew.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec
from prometheus_client.metrics import MetricWrapperBase

from streams.config import Settings
from streams.kafka.topics import Topics
from streams.metrics import Metrics

HEAD = "| metric | type | labels | what it says |\n|---|---|---|---|\n"
_SUFFIX = {"counter": "_total", "info": "_info"}


class Described(msgspec.Struct, frozen=True, kw_only=True):
    """One metric under the name by which Prometheus knows it."""

    name: str
    type: str
    labels: tuple[str, ...]
    meaning: str


def described() -> list[Described]:
    """Every metric of our own, by name."""
    return sorted(_described(), key=lambda metric: metric.name)


def table() -> str:
    """The table in Markdown."""
    return HEAD + "".join(_row(metric) for metric in described())


def put(page: str) -> str:
    """The page with its table made anew; ValueError when it has none."""
    start = page.index(HEAD)
    end = page.find("\n\n", start)
    return page[:start] + table() + (page[end + 1 :] if end >= 0 else "")


def _described() -> Iterator[Described]:
    metrics = Metrics((), Topics.of(Settings()))
    parts = (metrics, metrics.tickets, metrics.sources)
    for collector in (collector for part in parts for collector in vars(part).values()):
        if not isinstance(collector, MetricWrapperBase):
            continue
        family = next(iter(collector.describe()))
        yield Described(
            name=family.name + _SUFFIX.get(family.type, ""),
            type=family.type,
            labels=tuple(collector._labelnames),
            meaning=family.documentation,
        )


def _row(metric: Described) -> str:
    labels = ", ".join(f"`{label}`" for label in metric.labels)
    return f"| `{metric.name}` | {metric.type} | {labels} | {metric.meaning} |\n"


if __name__ == "__main__":
    file = Path(sys.argv[1])
    file.write_text(put(file.read_text("utf-8")), "utf-8")
