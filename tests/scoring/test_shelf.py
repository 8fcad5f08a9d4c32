"""Cases that are not in memory: the same decisions, and few of them decoded."""

import random
from datetime import timedelta

import msgspec
import pytest

from benchmarks import traffic
from scoring import policy
from scoring.case import Case
from scoring.partition import Partition
from scoring.scored import Scored
from scoring.shelf import Shelf

_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Case)


class Stored:
    """What a partition's table would hold, written after each batch, as the agent does."""

    def __init__(self, hot: int, most: int) -> None:
        self.values: dict[str, bytes] = {}
        self.fetched = 0
        self.shelf = Shelf(self._fetch, (), hot)
        self.partition = Partition(policy.default(), most=most, shelf=self.shelf)

    def _fetch(self, case_id: str) -> Case:
        self.fetched += 1
        return _decoder.decode(self.values[case_id])

    def store(self) -> None:
        for case_id in self.partition.changed:
            case = self.partition.cases.get(case_id)
            if case is None:
                self.values.pop(case_id, None)
            else:
                self.values[case_id] = _encoder.encode(case)
        self.partition.changed.clear()
        self.shelf.trim()


def busy(seed: int) -> list[Scored]:
    """Traffic that comes back to conversations of long ago, days apart."""
    events = list(traffic.mentions(600, per_conversation=4.0, a_day=1500, seed=seed))
    chance = random.Random(seed)
    again = []
    for event in chance.sample(events, 150):
        mention = msgspec.structs.replace(
            event.mention,
            id=event.mention.id + "-again",
            created_at=event.mention.created_at + timedelta(hours=chance.uniform(1, 40)),
        )
        again.append(msgspec.structs.replace(event, mention=mention))
    return sorted(events + again, key=lambda event: event.mention.at)


@pytest.mark.parametrize("most", [1_000_000, 60])
def test_what_is_decided_does_not_depend_on_what_is_in_memory(most: int) -> None:
    events = busy(7)
    plain, spilled = Partition(policy.default(), most=most), Stored(hot=5, most=most)
    for number, event in enumerate(events):
        assert spilled.partition.mention(event) == plain.mention(event)
        if number % 16 == 15:
            spilled.store()
            assert spilled.shelf.decoded <= 5
    spilled.store()
    assert spilled.fetched > 100, "conversations of long ago were not asked for"
    assert list(spilled.partition.cases) == list(plain.cases)
    assert spilled.values == {key: _encoder.encode(case) for key, case in plain.cases.items()}
    assert spilled.partition.clock(1) == plain.clock(1)
    assert spilled.partition.evicted == plain.evicted


def test_a_partition_goes_on_from_what_is_stored() -> None:
    events = busy(8)
    plain, spilled = Partition(policy.default()), Stored(hot=5, most=1_000_000)
    for event in events[:400]:
        plain.mention(event)
        spilled.partition.mention(event)
        spilled.store()
    order = sorted((case.evidence.last_at, key) for key, case in plain.cases.items())
    shelf = Shelf(lambda key: _decoder.decode(spilled.values[key]), (key for _, key in order), 5)
    again = Partition(policy.default(), clock=plain.clock(399), shelf=shelf)
    for event in events[400:]:
        assert again.mention(event) == plain.mention(event)
    assert set(again.cases) == set(plain.cases)


def test_what_is_not_stored_yet_stays() -> None:
    stored = Stored(hot=1, most=1_000_000)
    for event in busy(9)[:40]:
        stored.partition.mention(event)
    decoded = stored.shelf.decoded
    stored.shelf.trim(stored.partition.changed)
    assert stored.shelf.decoded == decoded > 1


def test_an_id_that_is_not_known_is_none() -> None:
    shelf = Shelf(lambda key: pytest.fail(f"{key} was fetched"), ["a"], 1)
    assert "b" not in shelf
    assert shelf.get("b") is None
    del shelf["a"]
    assert len(shelf) == 0
    with pytest.raises(KeyError):
        del shelf["a"]
