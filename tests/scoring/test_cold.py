"""Packed ids and deadlines behave as the dictionary and the heap that they stand for."""

import heapq
import random
from collections import OrderedDict

import pytest

from scoring.agenda import NEVER, Agenda
from scoring.cold import Cold
from scoring.shelf import Deadlines


def test_what_is_cold_keeps_its_order_and_deadline() -> None:
    chance = random.Random(3)
    cold, plain = Cold(), OrderedDict[str, float | None]()
    for number in range(6_000):
        case_id = f"brand:é-{chance.randrange(3_000)}"
        due = chance.choice([None, float(number)])
        assert (case_id in cold) == (case_id in plain)
        if case_id not in plain:
            cold.put(case_id, due)
            plain[case_id] = due
        elif chance.random() < 0.5:
            assert cold.take(case_id) == plain.pop(case_id)
        else:
            cold.set_due(case_id, due)
            plain[case_id] = due
        assert cold.due(case_id) == plain.get(case_id)
        assert len(cold) == len(plain)
        if plain and number % 50 == 0:
            assert next(iter(cold)) == next(iter(plain))
    assert list(cold) == list(plain)
    known = {case_id: due for case_id, due in plain.items() if due is not None}
    assert dict(cold.with_deadlines()) == known
    assert cold.deadlines == len(known)


def test_an_id_that_is_not_cold_cannot_be_taken() -> None:
    cold = Cold()
    with pytest.raises(KeyError):
        cold.take("a")
    with pytest.raises(KeyError):
        cold.set_due("a", 1.0)
    assert list(cold) == []


def test_the_coldest_are_known_without_a_sort_however_many_go() -> None:
    cold = Cold()
    for number in range(40_000):
        cold.put(f"c{number}", None)
    for number in range(0, 40_000, 2):
        cold.take(f"c{number}")
    for number in range(1, 39_999, 2):
        assert next(iter(cold)) == f"c{number}"
        cold.take(f"c{number}")
    assert list(cold) == ["c39999"]


def test_deadlines_stay_when_a_conversation_goes_cold_and_comes_back() -> None:
    cold = Cold()
    deadlines = Deadlines(cold)
    deadlines["a"], deadlines["b"] = 1.0, 2.0
    deadlines.cool("a")
    assert dict(deadlines) == {"a": 1.0, "b": 2.0}
    deadlines["a"] = 0.5
    assert deadlines.pop("a") == 0.5
    assert (len(deadlines), "a" in deadlines, "a" in cold) == (1, False, True)
    deadlines.warm("a")
    assert dict(deadlines) == {"b": 2.0}


def test_deadlines_come_in_order_however_far_they_are() -> None:
    chance = random.Random(5)
    agenda, plain = Agenda(), list[tuple[float, str]]()
    now = 0.0
    for number in range(5_000):
        due = now + chance.choice([0.0, 60.0, 3600.0, chance.uniform(0, 900_000)])
        agenda.put(due, f"é{number % 700}")
        heapq.heappush(plain, (due, f"é{number % 700}"))
        now += chance.expovariate(1 / 300)
        while agenda.first <= now:
            assert agenda.pop() == heapq.heappop(plain)
        assert agenda.first == (plain[0][0] if plain else NEVER) > now
        assert len(agenda) == len(plain)
    while plain:
        assert agenda.pop() == heapq.heappop(plain)
    with pytest.raises(IndexError):
        agenda.pop()
