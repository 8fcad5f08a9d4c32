"""Bounded collections: never larger, and the same in whatever order they were filled."""

from hypothesis import given
from hypothesis import strategies as st

from scoring import bounded
from scoring.bounded import Voice
from scoring.times import FOREVER

items = st.integers(0, 2**48 - 1)
voices = st.lists(
    st.builds(
        Voice,
        value=st.sampled_from([0.0, 0.2, 0.5, 0.9]),
        author=st.integers(1, 5),
        mention_id=st.sampled_from("abcdef"),
        quote=st.sampled_from(["x", "y"]),
        said_at=st.sampled_from([1.0, 2.0]),
    ),
    max_size=20,
)


def test_a_key_is_the_same_in_every_process() -> None:
    assert bounded.key("twitter", "ann") == 152_860_053_867_269
    assert bounded.key("twitter", "ann") != bounded.key("twitterann")
    assert bounded.key("lone surrogate \ud800") < 2**48


@given(st.lists(items, max_size=40), st.integers(1, 20), st.randoms(use_true_random=False))
def test_keys(added: list[int], most: int, random: st.DataObject) -> None:
    keys: bounded.Keys = ()
    for item in added:
        keys = bounded.with_key(keys, item, most)
    assert keys == tuple(sorted(set(added))[:most])
    assert all(bounded.holds(keys, item) == (item in keys) for item in added)
    assert bounded.with_key(keys, added[0], most) == keys if added else True


@given(st.lists(st.tuples(items, st.integers(0, 99)), max_size=40), st.integers(1, 20))
def test_weights_keep_the_largest_of_each_key(added: list[tuple[int, int]], most: int) -> None:
    weights: bounded.Weighted = ()
    for item, weight in added:
        weights = bounded.with_weight(weights, item, weight, most)
    largest = {item: max(w for i, w in added if i == item) for item, _ in added}
    kept = sorted(largest)[:most]
    assert [item for item, _ in weights] == kept
    if len(largest) <= most:
        assert dict(weights) == largest


def test_how_many_there_were_is_estimated_once_they_do_not_fit() -> None:
    weights: bounded.Weighted = ()
    for number in range(5000):
        weights = bounded.with_weight(weights, bounded.key("author", str(number)), 1, 1024)
        if number == 99:
            assert bounded.distinct(weights, 1024) == 100
    assert 4500 < bounded.distinct(weights, 1024) < 5500


@given(voices, st.randoms(use_true_random=False))
def test_voices_do_not_depend_on_the_order(said: list[Voice], random: object) -> None:
    def heard(order: list[Voice]) -> bounded.Voices:
        found: bounded.Voices = ()
        for voice in order:
            found = bounded.with_voice(found, voice, 3)
        return found

    first = heard(said)
    shuffled = list(said)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert heard(shuffled) == first
    assert len(first) <= 3
    assert len({voice.author for voice in first}) == len(first)
    assert [voice.value for voice in first] == sorted((v.value for v in first), reverse=True)
    assert bounded.strength(first) == max((voice.value for voice in said), default=0.0)


def test_quotes_are_erased_by_mention_and_by_time() -> None:
    held = (Voice(0.9, 1, "a", "old", 1.0), Voice(0.8, 2, "a", "new", 2.0), Voice(0.7, 3, "b", "b"))
    assert [v.quote for v in bounded.without_quotes(held, "a", 2.0)] == ["", "new", "b"]
    assert [v.quote for v in bounded.without_quotes(held, "a", FOREVER)] == ["", "", "b"]
    assert [v.value for v in bounded.without_quotes(held, "a")] == [0.9, 0.8, 0.7]
