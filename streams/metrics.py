"""Every metric of a worker, in one registry; no label ever holds an id or a text.

`docs/metrics.md` is made from what stands here: `python -m streams.metrics_page`.
"""

import math
import platform
from collections.abc import Collection
from importlib.metadata import PackageNotFoundError, version
from itertools import product

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    GCCollector,
    Histogram,
    Info,
    ProcessCollector,
    disable_created_metrics,
)

from scoring.command import Action
from scoring.decoding import REASONS
from scoring.escalation import Status
from scoring.levels import Level
from streams.kafka.topics import Topics
from streams.sinks.meters import Meters
from streams.sources.meters import SourceMeters

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
OUTCOMES = ("crisis", "dismissed", "calmed")
"""What becomes of an episode: its highest level outweighs who or what ended it."""
_LANGUAGES = frozenset({"fr", "en"})
_SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300)
_SCORES = tuple(step / 10 for step in range(1, 11))
_BATCHES = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024)

Place = tuple[int, int]
"""Partition and offset of a message."""


OWN_FAULTS = (
    ("mentions", "poison"),
    ("scored", "not_folded"),
    ("scored", "not_scored"),
    ("pulse", "not_folded"),
    ("pulse", "not_scored"),
    ("escalations", "failed"),
    ("escalations", "not_escalation"),
)
"""Topics and reasons of dead letters that no producer is to blame for.

They are there from the start, at 0: Prometheus cannot see the first rise of a series that begins
with it (https://prometheus.io/docs/practices/instrumentation/#avoid-missing-metrics).
"""


def exemplar(place: Place) -> dict[str, str]:
    """What points from a latency to a message: where it lies, and nothing that it says.

    A case id holds the id of somebody's post, so it stays out of here too.
    """
    partition, offset = place
    return {"partition": str(partition), "offset": str(offset)}


class Metrics:
    """The worker's metrics; `brands` get labels of their own, the others count as `other`."""

    def __init__(self, brands: Collection[str], topics: Topics) -> None:
        disable_created_metrics()  # a second series for each, which no rule and no board reads
        self.registry = registry = CollectorRegistry()
        self.brands = frozenset(brands)
        self._stages = {
            topics.mentions: "score",
            topics.scored: "cases",
            topics.pulse: "incidents",
            topics.commands: "commands",
            topics.escalations: "tickets",
            topics.tickets_commands: "acknowledgements",
        }
        ProcessCollector(registry=registry)
        GCCollector(registry=registry)
        self.mentions = Counter(
            "tocsin_mentions",
            "Mentions by what became of them: scored, dead_letter.",
            ["brand", "channel", "outcome"],
            registry=registry,
        )
        self.last_mention = Gauge(
            "tocsin_channel_last_mention_timestamp_seconds",
            "When the newest mention of a brand on a channel reached Kafka, in Unix time.",
            ["brand", "channel"],
            registry=registry,
        )
        self.scoring_seconds = Histogram(
            "tocsin_scoring_seconds",
            "Time to score one batch of mentions; exemplar: its first in `mentions`.",
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
        self.gate = Counter(
            "tocsin_score_gate",
            "Mentions with a text by who answered: gate (nothing in it) or encoder.",
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
        self.cases_acknowledged = Gauge(
            "tocsin_cases_acknowledged",
            "Those of them that somebody acknowledged at this level or a higher one.",
            ["brand", "level"],
            registry=registry,
        )
        self.conversations = Gauge(
            "tocsin_conversations",
            "Conversations held in memory, by partition of mentions-scored.",
            ["partition"],
            registry=registry,
        )
        self.late = Counter(
            "tocsin_mentions_late",
            "Mentions that came too late behind their partition's newest to raise an alarm.",
            registry=registry,
        )
        self.evicted = Counter(
            "tocsin_conversations_evicted",
            "Conversations forgotten early because a partition held as many as it may.",
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
            "From a mention's arrival in Kafka to the acknowledgement of the escalation it caused; "
            "exemplar: that mention in `mentions-scored`.",
            buckets=_SECONDS,
            registry=registry,
        )
        self.event_time_lag = Gauge(
            "tocsin_event_time_lag_seconds",
            "Wall clock minus the newest event time decided on, over this worker's partitions; NaN "
            "while it has none.",
            registry=registry,
        )
        self.event_time_lag.set(math.nan)
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
            "How long the oldest open case has stood at its level with nobody acknowledging it.",
            ["level"],
            registry=registry,
        )
        self.score = Gauge(
            "tocsin_case_score",
            "Highest present score of the open cases.",
            ["brand", "level"],
            registry=registry,
        )
        self.reproduction = Gauge(
            "tocsin_case_reproduction",
            "Highest present reproduction number of the open cases; from 1 on it explodes.",
            ["brand", "level"],
            registry=registry,
        )
        self.forecast_shares = Gauge(
            "tocsin_case_forecast_shares",
            "Largest forecast of the final number of shares of an open case.",
            ["brand", "level"],
            registry=registry,
        )
        self.silence = Gauge(
            "tocsin_case_silence_seconds",
            "Longest time, in event time, that customers of an open case wait for the brand.",
            ["brand", "level"],
            registry=registry,
        )
        self.evidence = Gauge(
            "tocsin_case_evidence",
            "Open cases whose score a term of the sum moves, by effect: raises, lowers.",
            ["brand", "signal", "effect"],
            registry=registry,
        )
        self.case_commands = Counter(
            "tocsin_case_commands",
            "What people decided about cases, by the level of the case (none: not open here).",
            ["action", "level"],
            registry=registry,
        )
        self.case_outcomes = Counter(
            "tocsin_case_outcomes",
            "Ended episodes by the tenth of the score they opened with and by what became of them:"
            " crisis (it got there), dismissed (a person ended it), calmed.",
            ["score", "outcome"],
            registry=registry,
        )
        self.fast_lane = Counter(
            "tocsin_fast_lane_mentions",
            "Mentions told ahead of their turn, since their brand has a case at stake.",
            registry=registry,
        )
        self.stage_taken = Counter(
            "tocsin_stage_taken",
            "Messages that a stage took in hand.",
            ["stage"],
            registry=registry,
        )
        self.stage_done = Counter(
            "tocsin_stage_done",
            "Messages that a stage finished: all they caused is acknowledged by the broker.",
            ["stage"],
            registry=registry,
        )
        self.stage_in_progress = Gauge(
            "tocsin_stage_in_progress",
            "Messages of the batch that a stage works on.",
            ["stage"],
            registry=registry,
        )
        self.stage_last_done = Gauge(
            "tocsin_stage_last_done_timestamp_seconds",
            "When a stage last finished a batch, in Unix time.",
            ["stage"],
            registry=registry,
        )
        self.stage_heartbeat = Gauge(
            "tocsin_stage_heartbeat_timestamp_seconds",
            "When a stage was last well, in Unix time: it has its partitions, state and model, and "
            "no batch in hand; with one, when that last came further.",
            ["stage"],
            registry=registry,
        )
        self.tickets = Meters(registry)
        self.sources = SourceMeters(registry)
        self.model = Info(
            "tocsin_model", "The model that scores.", ["name", "digest"], registry=registry
        )
        self.policy = Info(
            "tocsin_policy", "The policy that decides.", ["name", "digest"], registry=registry
        )
        self.build = Info("tocsin_build", "This program.", ["version", "python"], registry=registry)
        self.build.labels(_version(), platform.python_version()).info({})
        self._begin_at_zero(topics)

    def _begin_at_zero(self, topics: Topics) -> None:
        """What happens seldom is there before it happens, or its first time goes unseen."""
        for topic, reason in OWN_FAULTS:
            self.dead_letters.labels(getattr(topics, topic), reason)
        for reason in REASONS:
            self.dead_letters.labels(topics.mentions, reason)
        levels = [level.value for level in Level]
        for action, level in product(Action, (*levels, "none")):
            self.case_commands.labels(action.value, level)
        for score, outcome in product(range(10), OUTCOMES):
            self.case_outcomes.labels(self.tenth(score / 10), outcome)
        for brand, level, status in product((*self.brands, OTHER), levels, Status):
            self.escalations.labels(brand, level, status.value)

    def stage(self, topic: str) -> str:
        """The label of the stage that reads a topic."""
        return self._stages.get(topic, OTHER)

    def brand(self, brand: str) -> str:
        """The label of a brand."""
        return brand if brand in self.brands else OTHER

    def channel(self, channel: str) -> str:
        """The label of a channel."""
        return channel if channel in CHANNELS else OTHER

    def language(self, lang: str) -> str:
        """The label of a language."""
        return lang if lang in _LANGUAGES else OTHER

    @staticmethod
    def tenth(score: float) -> str:
        """The label of a score: the lower end of its tenth, `0.0` to `0.9`."""
        return f"{min(9, int(score * 10 + 1e-9)) / 10:.1f}"


def _version() -> str:
    try:
        return version("tocsin")
    except PackageNotFoundError:
        return "0.0.0+source"
