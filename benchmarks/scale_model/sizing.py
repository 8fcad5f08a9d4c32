"""Partitions, workers, memory and traffic for a rate of mentions: arithmetic, no queue."""

import math

import msgspec

from benchmarks.scale_model.costs import Costs, Mix
from scoring.partition import MOST_CASES

USED = 0.6
"""Share of a core that is planned with; the rest is for peaks, rebalances and catching up."""
PER_WORKER = 4
"""Partitions for each worker, so that they share out evenly and more can be added."""
REPLICAS = 3
MOST_PARTITIONS = 256
"""Of one cell. Each message about a case is told to every partition (`CaseNews`)."""
CORE_MONTH, GB_MONTH, TRAFFIC_GB = 25.0, 3.0, 0.01
"""Euros a month for a core and a gigabyte of memory, and for a gigabyte between zones: list prices
of large clouds, to within a factor of two; set your own."""
MONTH_S = 30 * 86_400.0


class Need(msgspec.Struct, frozen=True, kw_only=True):
    """What a rate needs; rates per second, bytes, cores."""

    rate: float
    cells: int
    partitions: int
    score_workers: int
    cases_workers: int
    tickets_workers: int
    memory: float
    plain_memory: float
    """The same with all conversations decoded in memory."""
    remembered_s: float
    """How long a quiet conversation is held."""
    in_bytes: float
    disk: float
    news: float
    pulses: float
    brokers: int
    euros: float

    @property
    def cores(self) -> int:
        """Of workers and brokers."""
        return self.score_workers + self.cases_workers + self.tickets_workers + 4 * self.brokers


def score_s(costs: Costs, mix: Mix) -> float:
    """Core seconds of the role `score` for one mention."""
    read = (1 - mix.repeats) * (costs.gate_s + (1 - mix.gated) * costs.encoder_s)
    return costs.score_s + read


def cases_s(costs: Costs, mix: Mix, partitions: int, minutes: float) -> float:
    """Core seconds of the role `cases` for one mention, news and minutes of brands included."""
    heard = mix.said * (partitions - 1)
    event_s = costs.cases_s / 2  # an event of the log that makes no state of its own
    return costs.fold_s + costs.decode_s + costs.cases_s + (heard + minutes) * event_s


def pulses(rate: float, brands: int, partitions: int) -> float:
    """Minutes of brands per mention: a brand's in each partition that heard of it."""
    each = rate * 60 / brands
    reached = partitions * (1 - math.exp(-each / partitions))
    return reached / each


def need(rate: float, costs: Costs, mix: Mix, cells: int | None = None) -> Need:
    """What `rate` mentions per second need, in as few cells as their partitions allow.

    A cell is an installation of its own, with a part of the brands: nothing is shared between
    brands.
    """
    count = cells or 1
    parts = _parts(rate / count, costs, mix, max(1, mix.brands // count))
    while not cells and parts.partitions > MOST_PARTITIONS:
        count = count + 1 if count < 8 else math.ceil(count * 1.2)
        parts = _parts(rate / count, costs, mix, max(1, mix.brands // count))
    own, partitions, minutes = rate / count, parts.partitions, parts.minutes
    score, cases = parts.score, parts.cases
    tickets = max(1, math.ceil(own * mix.said / 100))
    made = own * mix.conversations_a_mention
    held = min(made * mix.days_kept * 86_400, float(MOST_CASES * partitions))
    memory = (
        score * costs.model_bytes
        + (score + cases + tickets) * costs.worker_bytes
        + held * costs.disk_held_bytes
    )
    heard = own * mix.said * (partitions - 1)
    in_bytes = (
        own
        * (
            costs.mention_bytes
            + costs.scored_bytes
            + costs.state_bytes
            + mix.said * costs.escalation_bytes
            + minutes * costs.pulse_bytes
        )
        + heard * 600
    )
    records = own * (2 + costs.state_records + minutes + mix.said) + heard
    brokers = max(3, math.ceil(REPLICAS * max(in_bytes / 50e6, records / 150_000)))
    disk = REPLICAS * own * 86_400 * 7 * (costs.mention_bytes + costs.scored_bytes) / 4
    cores = score + cases + tickets + 4 * brokers
    month_gb = REPLICAS * in_bytes * MONTH_S / 1e9
    euros = cores * CORE_MONTH + memory / 1e9 * GB_MONTH + month_gb * TRAFFIC_GB
    return Need(
        rate=rate,
        cells=count,
        partitions=partitions,
        score_workers=score * count,
        cases_workers=cases * count,
        tickets_workers=tickets * count,
        memory=memory * count,
        plain_memory=(memory + held * (costs.held_bytes - costs.disk_held_bytes)) * count,
        remembered_s=held / made,
        in_bytes=in_bytes * count,
        disk=disk * count,
        news=heard * count,
        pulses=own * minutes * count,
        brokers=brokers * count,
        euros=euros * count,
    )


class _Parts(msgspec.Struct, frozen=True, kw_only=True):
    """Of one cell; `minutes` of brands per mention."""

    partitions: int
    score: int
    cases: int
    minutes: float


def _parts(own: float, costs: Costs, mix: Mix, brands: int) -> _Parts:
    score = math.ceil(own * score_s(costs, mix) / USED)
    partitions = _rounded(PER_WORKER * score)
    while True:
        minutes = pulses(own, brands, partitions)
        cases = math.ceil(own * cases_s(costs, mix, partitions, minutes) / USED)
        if cases <= partitions or partitions >= 100 * MOST_PARTITIONS:
            return _Parts(partitions=partitions, score=score, cases=cases, minutes=minutes)
        partitions = _rounded(partitions + 1)


def _rounded(partitions: int) -> int:
    """The next number that divides well: multiples of 4, then of 16, then of 64."""
    step = 4 if partitions <= 32 else 16 if partitions <= 256 else 64
    return max(4, math.ceil(partitions / step) * step)
