"""The made-up histories: repeatable, valid, labelled as they happen, split without leaks."""

from collections import Counter
from collections.abc import Iterator

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring.decoding import decode
from scoring.mention import Kind, Role
from streams.histories import backdrop, cascade, kinds, label, people, week
from streams.histories.collection import collection, ordinary
from streams.histories.kinds import LANGS
from streams.histories.label import History
from streams.histories.tell import tell


@pytest.fixture(scope="module")
def told() -> list[History]:
    """Every history of the default collection, and the ordinary weeks."""
    return [*collection(), *ordinary()]


def lines_of(split: str) -> Iterator[str]:
    """Every written line of a split."""
    blocks = list(backdrop.pools("train" if split == "train" else "test").values())
    for slug in kinds.slugs():
        kind = kinds.load(slug)
        if kind.split == split:
            blocks += [kind.en, kind.fr]
    for sector in week.sectors().values():
        if sector.split == split:
            blocks += [sector.en, sector.fr]
    for pools in blocks:
        for block in pools.values():
            yield from kinds.lines(block)


@pytest.mark.parametrize("slug", ["flaw-video", "long-outage", "bot-flood"])
def test_the_same_seed_gives_the_same_bytes(slug: str) -> None:
    once, again, other = (msgspec.json.encode(tell(slug, "fr", seed)) for seed in (3, 3, 4))
    assert once == again
    assert once != other


def test_a_week_is_repeatable() -> None:
    once, again = (msgspec.json.encode(week.weeks("test", 5, mentions=40)) for _ in range(2))
    assert once == again


def test_the_collection_is_as_large_and_varied_as_promised(told: list[History]) -> None:
    histories = [history for history in told if history.kind != "ordinary"]
    assert sum(history.crisis for history in histories) >= 60
    assert sum(not history.crisis for history in histories) >= 120
    assert len({history.kind for history in histories}) >= 20
    for kind in {history.kind for history in histories}:
        assert {h.lang for h in histories if h.kind == kind} == set(LANGS)
    assert len({history.sector for history in histories}) >= 12
    assert len({history.brand for history in told if history.kind == "ordinary"}) == 12


def test_every_mention_is_valid(told: list[History]) -> None:
    for history in told:
        ids = set()
        for mention in history.mentions:
            assert decode(msgspec.json.encode(mention)) == mention
            assert mention.brand == history.brand
            ids.add(mention.id)
        assert len(ids) == len(history.mentions)
        times = [mention.at for mention in history.mentions]
        assert times == sorted(times)


def test_nothing_answers_what_is_still_to_come(told: list[History]) -> None:
    for history in told:
        at = {mention.id: mention.at for mention in history.mentions}
        for mention in history.mentions:
            if mention.parent_id:
                assert at[mention.parent_id] <= mention.at


def test_splits_share_neither_kinds_nor_lines_nor_texts(told: list[History]) -> None:
    assert not set(lines_of("train")) & set(lines_of("test"))
    texts: dict[str, set[str]] = {"train": set(), "test": set()}
    by_split: dict[str, set[str]] = {"train": set(), "test": set()}
    for history in told:
        texts[history.split] |= {m.text.casefold() for m in history.mentions if m.text}
        by_split[history.split].add(history.kind)
    assert not texts["train"] & texts["test"]
    assert by_split["train"] & by_split["test"] == {"ordinary"}


def test_crises_leave_time_to_be_foreseen(told: list[History]) -> None:
    for history in told:
        if not history.crisis:
            assert history.deadline is None
            continue
        assert history.deadline is not None
        due = history.deadline.timestamp()
        own = [mention for mention in history.mentions if mention.root_id in history.matter]
        first = next(m.at for m in own if m.role in (Role.CUSTOMER, Role.UNKNOWN))
        assert due >= first + 1800
        press = label.media_at(own)
        assert press is None or due <= press - label.NOTICE_S


def test_controls_name_the_level_that_is_permitted() -> None:
    for slug in kinds.slugs():
        kind = kinds.load(slug)
        assert kind.crisis == (kind.permitted is None)
        for lang in LANGS:
            assert len(kind.lines(lang, "customer")) >= 15


def test_every_pool_that_is_asked_for_is_written_in_both_languages() -> None:
    for slug in kinds.slugs():
        kind = kinds.load(slug)
        shared = backdrop.pools(kind.split)
        asked = {pool for wave in kind.wave for pool in wave.say}
        asked |= {wave.answer for wave in kind.wave if wave.answered}
        asked |= set(kind.spread.talk) if kind.spread else set()
        asked |= {"root"} if kind.begin else set()
        asked |= {a.say or {"author": "again"}.get(a.by, a.by) for a in kind.act if not a.delete}
        for lang, own in (("en", kind.en), ("fr", kind.fr)):
            assert asked <= {*own, *shared["fr" if lang == "fr" else "en"]}, slug


def test_a_crowd_of_people_does_not_repeat_itself_and_a_flood_does() -> None:
    outage = tell("long-outage", "en", 8)
    said = Counter(m.text for m in outage.mentions if m.text and m.role is not Role.BRAND)
    assert max(said.values()) == 1
    flood = tell("bot-flood", "en", 8)
    assert Counter(m.text for m in flood.mentions).most_common(1)[0][1] >= 120


def test_a_deleted_photograph_is_deleted_by_the_brand() -> None:
    deletions = [m for m in tell("photo-deleted", "fr", 2).mentions if m.kind is Kind.DELETION]
    assert len(deletions) == 2
    assert {m.role for m in deletions} == {Role.BRAND}
    assert len({m.parent_id for m in deletions}) == 2


def test_the_steepest_half_hour_is_the_one_with_the_most() -> None:
    assert label.steepest_at([0, 10, 5000, 5100, 5200, 9000]) == 5000
    assert label.steepest_at([0, 1799, 7200, 7200 + 1800]) == 0


def test_reactions_come_as_the_memory_kernel_says() -> None:
    rng = np.random.default_rng(1)
    delays = np.array([cascade.delay(rng) for _ in range(20_000)])
    assert np.mean(delays <= 300) == pytest.approx(0.188, abs=0.01)
    assert np.mean(delays <= 3600) == pytest.approx(1 - 0.812 * 12**-0.2315, abs=0.015)


def test_few_accounts_hold_most_of_the_audience() -> None:
    rng = np.random.default_rng(2)
    drawn = np.sort([people.followers(rng) for _ in range(20_000)])
    assert np.median(drawn) == pytest.approx(180, rel=0.1)
    assert drawn[-1000:].sum() > drawn.sum() / 3
    assert drawn.mean() == pytest.approx(people.MEAN_FOLLOWERS, rel=0.35)


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 2**32),
    starts=st.lists(st.tuples(st.floats(0, 1e5), st.integers(0, 10**6)), max_size=6),
    reproduction=st.floats(0, 2),
    most=st.integers(0, 80),
)
def test_a_cascade_is_ordered_bounded_and_follows_its_sources(
    seed: int, starts: list[tuple[float, int]], reproduction: float, most: int
) -> None:
    rng = np.random.default_rng(seed)
    chance = reproduction / people.MEAN_FOLLOWERS
    events = list(cascade.grow(rng, starts, lambda _: chance, lambda: people.followers(rng), most))
    assert len(events) <= most
    at = dict(enumerate(time for time, _ in starts))
    for event in events:
        assert at[event.source] <= event.at
        at[event.number] = event.at
    assert [event.at for event in events] == sorted(event.at for event in events)
