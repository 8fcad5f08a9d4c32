"""Masking on the messages written to measure it: what is documented holds."""

from collections import Counter

from benchmarks.personal.measure import measure
from benchmarks.personal.messages import read
from scoring.masking import mask

FLOOR = 0.98
"""Of recall by kind, and of what is spared: docs/security.md states more."""


def test_messages_are_many_and_of_both_languages() -> None:
    messages = read()
    assert len(messages) >= 300
    assert len({message.text for message in messages}) == len(messages)
    languages = Counter(message.lang for message in messages)
    assert min(languages.values()) > 0.4 * len(messages)
    assert sum(len(message.plain) for message in messages) >= 200


def test_recall_of_every_kind() -> None:
    found = measure(read(), mask)
    missed = {kind: count.wrong for kind, count in found.recall.items() if count.share < FLOOR}
    assert missed == {}
    assert set(found.recall) >= {"email", "phone", "iban", "card", "order", "account", "address"}


def test_near_misses_stay() -> None:
    found = measure(read(), mask)
    assert found.precision > FLOOR
    assert sum(count.all - count.right for count in found.spared.values()) <= 2
    assert found.stray < 0.005 * found.words
