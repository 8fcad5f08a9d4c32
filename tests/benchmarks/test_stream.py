"""What the benchmark of the stream sends is what it says it sends."""

from datetime import UTC, datetime

import msgspec

from benchmarks.stream import mentions, runs
from benchmarks.stream.runs import Rate
from scoring.decoding import decode


def test_texts_repeat_as_asked() -> None:
    for repeats, least, most in ((0.0, 1.0, 1.0), (0.5, 0.45, 0.6), (1.0, 0.0, 0.06)):
        texts = [m.text for m in mentions.mentions(1_000, repeats=repeats)]
        assert least <= len(set(texts)) / len(texts) <= most


def test_texts_are_as_long_as_asked() -> None:
    lengths = {len(m.text) for m in mentions.mentions(100, repeats=0.0, length=400)}
    assert all(400 <= length <= 408 for length in lengths)


def test_all_of_it_is_valid_and_of_its_own_id() -> None:
    sent = list(mentions.mentions(500))
    sent += [mentions.probe(number, datetime.now(UTC)) for number in range(20)]
    assert len({decode(msgspec.json.encode(m)).id for m in sent}) == 520
    assert len({m.partition_key for m in sent}) == 120


def test_each_figure_has_its_own_median() -> None:
    rates = [Rate(per_s=p, whole_s=w, own_s=0.0, broker_s=0.0) for p, w in ((1, 9), (2, 1), (3, 5))]
    found = runs.medians(rates)
    assert (found.per_s, found.whole_s) == (2, 5)
