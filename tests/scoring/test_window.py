"""A brand's last hours: sums and distinct keys are those of the minutes that they cover."""

import random

import pytest

from scoring import distinct
from scoring.distinct import Distinct
from scoring.pulse import MINUTE, Pulse
from scoring.window import Sums, Window

SPANS = (600.0, 1800.0, 3600.0)


@pytest.mark.parametrize("authors", [40, 2_000, 30_000])
def test_people_are_as_many_as_their_minutes_hold(authors: int) -> None:
    """Minutes of several partitions, some of them late; more people than are told apart, too."""
    chance = random.Random(authors)
    window = Window((), SPANS)
    told: list[Pulse] = []
    for number in range(240):
        at = MINUTE * max(0, number // 2 - chance.choice([0, 0, 0, 1, 5, 40]))
        keys = tuple(sorted(chance.sample(range(authors), 30 if authors < 3_000 else 120)))
        pulse = Pulse(brand="b", at=at, complaints=1, authors=keys, texts=keys, threads=keys)
        window.put(pulse)
        now = MINUTE * (number // 2 + 1)
        told.append(pulse)
        window.move(now)
        for place, span in enumerate(SPANS):
            within = {key for one in told if one.at > now - span for key in one.authors}
            assert window.people(place) == min(len(within), distinct.MOST)


def test_what_is_held_of_keys_has_a_bound() -> None:
    keys = Distinct(1)
    for minute in range(100):
        keys.add(MINUTE * minute, tuple(range(200 * minute, 200 * minute + 200)), [0.0])
    assert keys.held < 2 * distinct.MOST
    assert keys.counts[0] >= distinct.MOST


def test_a_window_without_minutes_holds_nothing() -> None:
    window = Window((), SPANS)
    for minute in range(50):
        window.put(
            Pulse(
                brand="b",
                at=MINUTE * minute,
                mentions=2,
                complaints=1,
                anger=0.3,
                topic=(1, 2),
                topics=1,
                names=(0, 1),
                authors=(minute,),
                texts=(1,),
                threads=(minute,),
            )
        )
    gone = window.move(MINUTE * 50 + SPANS[-1])
    assert len(gone) == 50
    assert window.minutes == []
    empty = Sums(SPANS[0])
    for place, sums in enumerate(window.sums):
        assert window.people(place) == 0
        assert (sums.mentions, sums.complaints, sums.anger, sums.begins) == (0, 0, 0, 0)
        assert sums.topic == empty.topic
