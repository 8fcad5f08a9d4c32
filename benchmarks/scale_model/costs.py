"""What one mention costs in each stage: measured, and where."""

import time
from collections.abc import Sequence

import msgspec

from benchmarks import traffic
from scoring import policy
from scoring.partition import Partition
from scoring.scored import Scored, decode_event, encode_event

_encoder = msgspec.msgpack.Encoder()
BATCH = 256


class Costs(msgspec.Struct, frozen=True, kw_only=True):
    """Seconds of one core, and bytes, per mention unless it says otherwise.

    The first group is measured each time (`measured`). The second comes from runs on an idle
    machine that docs/benchmarks.md describes, most from `stream rivals`. What a batch costs is
    shared out over its mentions: `known_s` is the whole role `score` where all texts are known and
    batches are full, `score_s` the same besides the model where texts are read and batches are
    what came in meanwhile. `gate_s` is of every text that is not known, `encoder_s` of one that the
    gate leaves to the encoder: 80 characters at the mean, and the cost grows with their number.
    `cases_s` is the role `cases` besides fold and decoding. What the broker took is left out: the
    embedded one is no measure of a Kafka, which `sizing` counts in bytes and records.
    """

    fold_s: float
    decode_s: float
    scored_bytes: float
    state_bytes: float
    state_records: float
    conversation_bytes: float

    mention_bytes: float = 500.0
    escalation_bytes: float = 2500.0
    pulse_bytes: float = 900.0
    encoder_s: float = 3.13e-3
    """What is left of 2,188 us a mention, with 0.3 of texts known and 0.07 of the others gated."""
    gate_s: float = 70e-6
    score_s: float = 105e-6
    """Of the stream's process 80 us, of the model's for cache, language and quotes 25."""
    known_s: float = 68e-6
    cases_s: float = 78e-6
    """Of 122 us a mention, beside other work."""
    held_bytes: float = 5260.0
    """Memory of a conversation in a worker of role `cases`, its state in memory."""
    disk_held_bytes: float = 920.0
    """The same with RocksDB."""
    model_bytes: float = 400e6
    worker_bytes: float = 150e6


class Mix(msgspec.Struct, frozen=True, kw_only=True):
    """What the mentions are: shares of 1."""

    repeats: float = 0.3
    """Texts that the cache has: shares, quotes, floods."""
    gated: float = 0.3
    """Of the others, those that the gate answers."""
    brands: int = 2_000
    said: float = 0.002
    """Messages about cases for each mention; an estimate on the high side, see `decision`."""
    conversations_a_mention: float = 0.3
    days_kept: float = 10.0
    """`forget_after_s` of the policy; no partition holds more than a million conversations."""


def measured(count: int = 20_000) -> Costs:
    """The decision's own costs on this machine, over ordinary traffic."""
    events = list(traffic.mentions(count))
    raw = [encode_event(event) for event in events]
    began = time.process_time()
    for value in raw:
        decode_event(value)
    decode_s = (time.process_time() - began) / count
    fold_s = _fold(events)
    records, size, held = _state(events)
    return Costs(
        decode_s=decode_s,
        fold_s=fold_s,
        scored_bytes=sum(map(len, raw)) / count,
        state_bytes=size / count,
        state_records=records / count,
        conversation_bytes=held,
    )


def _fold(events: Sequence[Scored]) -> float:
    partition = Partition(policy.default())
    began = time.process_time()
    for event in events:
        partition.mention(event)
    return (time.process_time() - began) / len(events)


def _state(events: Sequence[Scored]) -> tuple[int, int, float]:
    """Records and bytes of the changelog, and bytes of a conversation in the end."""
    partition = Partition(policy.default())
    records = size = 0
    for number, event in enumerate(events):
        partition.mention(event)
        if number % BATCH == BATCH - 1:
            written = [partition.cases[key] for key in partition.changed if key in partition.cases]
            records, size = records + len(written), size + sum(map(_size, written))
            partition.changed.clear()
    held = [_size(case) for case in partition.cases.values()]
    return records, size, sum(held) / len(held)


def _size(case: object) -> int:
    return len(_encoder.encode(case))
