"""Every metric of a worker, in one registry; no label ever holds an id or a text."""

import platform
from collections.abc import Collection
from importlib.metadata import PackageNotFoundError, version

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Info

from streams.kafka.topics import Topics
from streams.sinks.meters import Meters

CHANNELS = frozenset(
    {
        "twitter",
        "facebook",
        "youtube",
        "blog",
        "website",
        "forum",
        "instagram",
        "tiktok",
        "reddit",
        "mastodon",
        "bluesky",
        "linkedin",
        "review",
        "news",
    }
)
OTHER = "other"
_LANGUAGES = frozenset({"fr", "en"})
_SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300)
_SCORES = tuple(step / 10 for step in range(1, 11))
_BATCHES = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024)


class Metrics:
    """The worker's metrics; `brands` get labels of their own, the others count as `other`."""

    def __init__(self, brands: Collection[str], topics: Topics) -> None:
        self.registry = registry = CollectorRegistry()
        self._brands = frozenset(brands)
        self._topics = topics
        self.mentions = Counter(
            "tocsin_mentions",
            "Mentions by what became of them: scored, dead_letter.",
            ["brand", "channel", "outcome"],
            registry=registry,
        )
        self.scoring_seconds = Histogram(
            "tocsin_scoring_seconds",
            "Time to score one batch of mentions.",
            buckets=_SECONDS,
            registry=registry,
        )
        self.batch_mentions = Histogram(
            "tocsin_scoring_batch_mentions",
            "Mentions in a batch.",
            buckets=_BATCHES,
            registry=registry,
        )
        self.cache = Counter(
            "tocsin_score_cache",
            "Texts looked up in the score cache: hit, miss.",
            ["outcome"],
            registry=registry,
        )
        self.signal_score = Histogram(
            "tocsin_signal_score",
            "Probabilities given, by signal and language; their drift shows a model ageing.",
            ["signal", "lang"],
            buckets=_SCORES,
            registry=registry,
        )
        self.cases_open = Gauge(
            "tocsin_cases_open",
            "Open cases by their present level.",
            ["brand", "level"],
            registry=registry,
        )
        self.escalations = Counter(
            "tocsin_escalations",
            "Escalation messages acknowledged by the broker.",
            ["brand", "level", "status"],
            registry=registry,
        )
        self.mention_to_escalation = Histogram(
            "tocsin_mention_to_escalation_seconds",
            "From a mention's arrival in Kafka to the acknowledgement of the escalation it caused.",
            buckets=_SECONDS,
            registry=registry,
        )
        self.event_time_lag = Gauge(
            "tocsin_event_time_lag_seconds",
            "Wall clock minus the newest event time decided on, over this worker's partitions.",
            registry=registry,
        )
        self.dead_letters = Counter(
            "tocsin_dead_letters",
            "Messages that could not be used.",
            ["topic", "reason"],
            registry=registry,
        )
        self.committed = Gauge(
            "tocsin_committed_offset",
            "Next offset to be read after a restart.",
            ["topic", "partition"],
            registry=registry,
        )
        self.lag = Gauge(
            "tocsin_consumer_lag",
            "Messages in a partition that are not worked off yet.",
            ["topic", "partition"],
            registry=registry,
        )
        self.unacknowledged = Gauge(
            "tocsin_case_unacknowledged_seconds",
            "Age of the oldest open case of a level that nobody has acknowledged.",
            ["level"],
            registry=registry,
        )
        self.tickets = Meters(registry)
        self.model = Info("tocsin_model", "The model that scores.", registry=registry)
        build = Info("tocsin_build", "This program.", registry=registry)
        build.info({"version": _version(), "python": platform.python_version()})

    def brand(self, brand: str) -> str:
        """The label of a brand."""
        return brand if brand in self._brands else OTHER

    def channel(self, channel: str) -> str:
        """The label of a channel."""
        return channel if channel in CHANNELS else OTHER

    def language(self, lang: str) -> str:
        """The label of a language."""
        return lang if lang in _LANGUAGES else OTHER


def _version() -> str:
    try:
        return version("tocsin")
    except PackageNotFoundError:
        return "0.0.0+source"
