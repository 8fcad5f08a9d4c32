"""Whom complaints name besides the brand."""

import pytest
from msgspec.structs import replace

from scoring import naming
from scoring.naming import elsewhere, named
from scoring.pulse import Pulse, count
from scoring.scored import Scored
from scoring.window import Sums
from tests.scoring.helpers import BRAND, FURIOUS, mention, scored


@pytest.mark.parametrize(
    ("text", "own", "others"),
    [
        ("so glad I left Orbicell for Skylark last month", True, ["orbicell"]),
        ("@Orbicell is down, @skylark_air do you cover Metz?", True, ["orbicell", "metz"]),
        ("Orbicell is down. Skylark works", True, []),  # a first word may be any word
        ("my Skylark Nimbus caught fire", True, []),  # the brand's own product
        ("j'en ai marre d'Orbicell", False, []),
        ("my suitcase is LOST", False, []),
        ("", False, []),
    ],
)
def test_names_are_handles_and_capitals_within_a_sentence(
    text: str, own: bool, others: list[str]
) -> None:
    buckets = {bucket for name in others for bucket in named(f"a @{name}", "x")[1]}
    assert named(text, BRAND) == (own, frozenset(buckets))


@pytest.mark.parametrize("text", ["@marie_d @skylark_air Pareil", "@marie_d: Same here"])
def test_whom_a_reply_goes_to_is_not_named(text: str) -> None:
    assert named(text, BRAND, reply=True)[1] == frozenset()
    assert named(text, BRAND)[1]


def test_a_short_part_of_a_slug_is_no_part_of_other_words() -> None:
    assert not named("what a fairy tale", BRAND)[0]
    assert named("what an air line", BRAND)[0]


def test_names_of_a_text_count_once_and_add_up() -> None:
    one = naming.with_names((), named("we, Orbicell and @Orbicell", BRAND)[1])
    two = naming.with_names(one, named("ask Orbicell", BRAND)[1])
    assert (max(one), sum(one), max(two)) == (1, 1, 2)
    assert naming.with_names(two, frozenset()) is two


@pytest.mark.parametrize(
    ("most", "own", "complaints", "low", "high"),
    [
        (1, 10, 10, 0.0, 0.0),
        (4, 8, 10, 1.0, 1.0),
        (2, 8, 10, 0.2, 0.5),
        (4, 0, 10, 0.0, 0.0),  # the brand goes by another name than its slug: nothing is known
        (3, 3, 3, 0.0, 0.0),
    ],
)
def test_about_others_where_a_good_part_name_one_and_the_brand_as_well(
    most: int, own: int, complaints: int, low: float, high: float
) -> None:
    assert low <= elsewhere(most, own, complaints) <= high


def minute(at: float, *texts: str) -> Pulse:
    pulse = Pulse(brand=BRAND, at=at)
    for number, text in enumerate(texts):
        pulse = count(pulse, told(f"m{at}{number}", at, text))
    return pulse


def told(id: str, at: float, text: str) -> Scored:
    return scored(mention(id, at, text=text, by=id), FURIOUS)


def test_what_is_taken_off_a_window_leaves_no_name() -> None:
    first = minute(0.0, "has Skylark bought Orbicell?", "ask Orbicell", "no words")
    second = minute(60.0, "ask Corvane")
    sums = Sums(3600.0)
    sums.add(first)
    sums.add(second)
    assert (sums.own_named, max(sums.names)) == (1, 2)
    sums.take_off(first)
    assert (sums.own_named, sums.names) == (0, list(second.names))
    assert replace(second, names=()) != second
