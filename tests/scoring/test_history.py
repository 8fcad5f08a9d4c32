"""A whole history: the same bytes whatever the order of its lines and however often it is run."""

import os
import random
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from scoring.escalation import Status, encode
from scoring.history import History, replay
from scoring.mention import Kind, Role
from scoring.partition import Partition
from scoring.scored import Scored, Tick, decode_event, encode_event
from tests.scoring.helpers import (
    DENIAL,
    HOUR,
    POLICY,
    answer,
    complaint,
    mention,
    scored,
    seconds,
    share,
)
from tests.scoring.test_incident import outage

LATENESS = POLICY.allowed_lateness_s


def recorded() -> list[Scored]:
    """Two hours with one ugly conversation, its sharing, and an outage."""
    return sorted(
        [
            complaint(promoted=True, followers=900),
            answer("a1", 0.5 * HOUR, DENIAL),
            complaint("c2", 0.6 * HOUR, kind=Kind.REPLY),
            *(share(f"s{n}", 0.7 * HOUR + 45 * n, followers=3_000) for n in range(40)),
            share("press", 1.2 * HOUR, role=Role.MEDIA, followers=80_000),
            scored(
                mention(
                    "d1", 1.3 * HOUR, kind=Kind.DELETION, by="desk", role=Role.BRAND, parent_id="c2"
                )
            ),
            *outage(60, start=0.9 * HOUR),
        ],
        key=lambda event: event.mention.at,
    )


@cache
def expected() -> bytes:
    return said_of(recorded())


def said_of(events: list[Scored]) -> bytes:
    return b"\n".join(encode(said) for said in replay(events, POLICY))


def shuffled(events: list[Scored], seed: int, seconds_late: float = LATENESS) -> list[Scored]:
    """Nothing comes later than the allowed lateness behind what is newest."""
    chance = random.Random(seed)
    delays = [chance.uniform(0, seconds_late) for _ in events]
    order = sorted(range(len(events)), key=lambda n: events[n].mention.at + delays[n])
    return [events[n] for n in order]


def test_it_says_something() -> None:
    said = list(replay(recorded(), POLICY))
    assert {s.kind.value for s in said} == {"conversation", "incident"}
    assert [s.status for s in said].count(Status.RESOLVED) == len(
        {(s.case_id, s.episode) for s in said}
    )
    assert len({s.id for s in said}) == len(said)


@settings(max_examples=15)
@given(st.integers(0, 10**6))
def test_shuffled_within_the_lateness_it_gives_the_same_bytes(seed: int) -> None:
    events = shuffled(recorded(), seed)
    assert events != recorded()
    assert said_of(events) == expected()


def test_nothing_shuffled_within_the_lateness_is_late() -> None:
    history = History(POLICY)
    for event in shuffled(recorded(), 7):
        list(history.add(event))
    list(history.finish())
    assert history.late == 0


def test_lines_that_come_twice_change_nothing() -> None:
    doubled = [again for event in recorded() for again in (event, event)]
    assert said_of(doubled) == expected()


def test_another_process_says_the_same(tmp_path: Path) -> None:
    """Neither the seed of hashes nor the order of sets shows."""
    program = (
        "import hashlib\n"
        "from tests.scoring.test_history import recorded, said_of\n"
        "print(hashlib.sha256(said_of(recorded())).hexdigest())\n"
    )
    root = str(Path(__file__).resolve().parents[2])
    found = {
        subprocess.run(
            [sys.executable, "-c", program],
            env=os.environ | {"PYTHONHASHSEED": seed, "PYTHONPATH": root},
            capture_output=True,
            text=True,
            check=True,
            cwd=tmp_path,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(found) == 1


def test_a_late_mention_raises_no_alarm() -> None:
    now = [complaint("n", 48 * HOUR, thread="other"), complaint("n2", 49 * HOUR, thread="other")]
    late = [
        complaint("l1", 0.0, thread="late", promoted=True, followers=500_000),
        complaint("l2", 60.0, thread="late", role=Role.MEDIA, by="gazette"),
    ]
    history = History(POLICY)
    said = [s for event in [now[0], now[1], *late] for s in history.add(event)]
    said += history.finish()
    assert history.late == 2
    of_late = [s for s in said if s.conversation_id == "late"]
    assert all(s.at > now[0].mention.created_at for s in of_late)
    assert [s.at for s in said] == sorted(s.at for s in said)


def test_a_late_outage_raises_no_incident() -> None:
    history = History(POLICY)
    events = [complaint("n", 48 * HOUR), complaint("n2", 49 * HOUR), *outage(80)]
    said = [s for event in events for s in history.add(event)] + list(history.finish())
    assert not [s for s in said if s.kind == "incident"]


def test_a_deletion_is_obeyed_however_late_it_comes() -> None:
    partition = Partition(POLICY)
    partition.mention(complaint(text="<gone>", thread=None))
    partition.mention(complaint("n", 48 * HOUR, text="<kept>", thread="other"))
    gone = mention("d", HOUR, kind=Kind.DELETION, parent_id="root", thread=None, text="")
    partition.mention(scored(gone))
    words = str(partition.cases)
    assert "<gone>" not in words
    assert "<kept>" in words


@settings(max_examples=15)
@given(st.integers(0, 10**6), st.integers(1, 12))
def test_ticks_in_between_change_nothing(seed: int, every: int) -> None:
    """Live, a silent partition's clock is moved by ticks up to where the mentions are."""
    chance = random.Random(seed)
    plain, ticked = Partition(POLICY), Partition(POLICY)
    expected, found = [], []
    before = seconds(0)
    for number, event in enumerate(recorded()):
        if number % every == 0:
            found += ticked.tick(before + chance.random() * (event.mention.at - before))[0]
        expected += plain.mention(event)[0]
        found += ticked.mention(event)[0]
        before = event.mention.at
    assert found == expected
    assert ticked.cases == plain.cases


@settings(max_examples=15)
@given(st.integers(0, 10**6), st.integers(0, 110))
def test_a_partition_goes_on_where_it_was_stored(seed: int, cut: int) -> None:
    events = shuffled(recorded(), seed, 60.0)
    whole = Partition(POLICY, slack_s=LATENESS)
    first = Partition(POLICY, slack_s=LATENESS)
    expected = [whole.mention(event) for event in events]
    found = [first.mention(event) for event in events[:cut]]
    second = Partition(
        POLICY, slack_s=LATENESS, known=list(first.cases.values()), clock=first.clock(cut)
    )
    found += [second.mention(event) for event in events[cut:]]
    end = seconds(40 * 24 * HOUR)
    assert found == expected
    assert second.tick(end) == whole.tick(end)


def test_conversations_are_forgotten_in_the_end() -> None:
    partition = Partition(POLICY)
    for event in recorded():
        partition.mention(event)
    partition.mention(scored(mention("idle", 3 * HOUR, thread=None)))
    assert len(partition.cases) > 60
    partition.tick(seconds(20 * 24 * HOUR))
    assert "skylark-air:root" in partition.cases
    assert "skylark-air:idle" not in partition.cases
    partition.tick(seconds(100 * 24 * HOUR))
    assert partition.cases == {}


@pytest.mark.parametrize(
    "event",
    [complaint(), replace(complaint(), embedding=bytes(range(256))), Tick(at=mention().created_at)],
)
def test_events_survive_the_log(event: Scored | Tick) -> None:
    assert decode_event(encode_event(event)) == event
