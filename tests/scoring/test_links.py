"""Conversations that people would call one case, told as timelines."""

import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from scoring import likeness
from scoring.case import Case
from scoring.escalation import Escalation, Status, encode
from scoring.history import History, replay
from scoring.mention import Attachment, AttachmentType, Author, Role
from scoring.partition import Partition
from scoring.scored import Scored
from tests.scoring.helpers import EARLY, FURIOUS, HOUR, mention, scored, scores, share

DENIED = scores(complaint=0.95, anger=0.9, fact=0.9, denial=0.9)
SCAM = "Do not buy from Skylark, they took my money twice and nobody ever answers the phone"


def own(id: str, after: float, by: str, **changes: Any) -> Scored:
    """A complaint about a denied fact, grave enough to open a case, in its own conversation."""
    return scored(mention(id, after, by=by, thread=None, **changes), DENIED)


def opened(said: list[Escalation]) -> list[str]:
    return [message.case_id for message in said if message.status is Status.OPEN]


def flood(count: int, text: str = SCAM) -> list[Scored]:
    return [own(f"bot{n}", n * 10.0, f"bot{n}", text=f"{text} #{n}") for n in range(count)]


def test_a_flood_of_one_text_is_one_case() -> None:
    said = list(replay(flood(60), EARLY))
    assert opened(said) == ["skylark-air:bot0"]
    assert {message.case_id for message in said} == {"skylark-air:bot0"}


def test_separate_complaints_stay_separate_cases() -> None:
    told = [
        own("a", 0, "ann", text="My suitcase is lost since Monday and the desk hangs up on me"),
        own("b", 60, "bob", text="Charged twice for one seat, three mails, not a single reply"),
    ]
    assert opened(list(replay(told, EARLY))) == ["skylark-air:a", "skylark-air:b"]


def test_a_copy_that_outgrows_its_leader_opens_a_case_of_its_own() -> None:
    told = flood(2)
    spread = [share(f"s{n}", 30 + n, thread="bot1", followers=90_000) for n in range(40)]
    said = list(replay([*told, *spread], EARLY))
    assert opened(said) == ["skylark-air:bot0", "skylark-air:bot1"]


def test_press_that_quotes_a_case_raises_it() -> None:
    first = own("root", 0, "ann", text=SCAM)
    news = scored(
        mention(
            "news",
            2 * HOUR,
            by="gazette",
            role=Role.MEDIA,
            thread=None,
            channel="news",
            text=f"A customer of Skylark is angry: “{SCAM}”, she writes. The airline is silent.",
        ),
        FURIOUS,
    )

    def highest(told: list[Scored]) -> float:
        case = "skylark-air:root"
        return max(m.score for m in replay(told, EARLY) if m.case_id == case)

    terms = {
        term.signal: term.mention_id
        for message in replay([first, news], EARLY)
        if message.case_id == "skylark-air:root"
        for term in message.why
    }
    assert terms["media_coverage"] == "news"
    assert highest([first, news]) > highest([first]) + 0.05


def test_press_links_by_topic_to_an_open_case_alone() -> None:
    topic, other = bytes([100, 20] * 16), bytes([20, 156] * 16)
    first = replace(own("root", 0, "ann", text=SCAM), embedding=topic)

    def leader(embedding: bytes) -> str:
        news = own("news", HOUR, "gazette", role=Role.MEDIA, text="Airline under fire")
        partition = Partition(EARLY)
        for event in (first, replace(news, embedding=embedding)):
            partition.mention(event)
        return partition.cases["skylark-air:news"].leader

    assert leader(topic) == "skylark-air:root"
    assert leader(other) == ""


def test_a_reporter_who_asks_a_customer_does_not_hand_that_case_to_another() -> None:
    topic = bytes([100, 20] * 16)
    told = [
        own("root", 0, "ann", text=SCAM),
        own("mine", 60, "bob", text="Something that is mine alone, and old enough to be heard"),
        scored(
            mention("ask", 90, by="gazette", role=Role.MEDIA, thread="mine", text="Quote you?"),
            FURIOUS,
        ),
    ]
    partition = Partition(EARLY)
    for event in told:
        partition.mention(replace(event, embedding=topic))
    assert partition.cases["skylark-air:mine"].leader == ""


@pytest.mark.parametrize(("channel", "linked"), [("facebook", True), ("twitter", False)])
def test_an_author_who_goes_on_elsewhere_is_one_case(channel: str, linked: bool) -> None:
    ann = Author(id="1", handle="ann_of_lyon", role=Role.CUSTOMER)
    told = [own("a", 0, "x", author=ann, text="words that only stand here, nowhere else at all")]
    told.append(
        own("b", HOUR, "x", author=ann, channel=channel, text="something new and different of mine")
    )
    partition = Partition(EARLY)
    said = [m for event in told for m in partition.mention(event)[0]]
    assert partition.cases["skylark-air:b"].leader == ("skylark-air:a" if linked else "")
    assert opened(said) == ["skylark-air:a"] if linked else ["skylark-air:a", "skylark-air:b"]
    first = partition.cases["skylark-air:a"].evidence.first_author
    assert first is not None
    assert first.complaints == (2 if linked else 1)


def test_the_same_address_links() -> None:
    film = "https://www.films.example/watch/9?utm_source=x"
    same = "http://films.example/watch/9#t=3"
    told = [
        own("a", 0, "ann", attachments=(Attachment(type=AttachmentType.VIDEO, url=film),)),
        own("b", 60, "bob", url=same),
        own("c", 90, "cleo", url="http://films.example/watch/8"),
    ]
    partition = Partition(EARLY)
    for event in told:
        partition.mention(event)
    leaders = {name[-1]: case.leader for name, case in partition.cases.items()}
    assert leaders == {"a": "", "b": "skylark-air:a", "c": ""}


def test_a_mention_that_comes_again_echoes_once() -> None:
    told = flood(3)
    once, twice = Partition(EARLY), Partition(EARLY)
    for event in told:
        once.mention(event)
    for event in [*told, *told[1:]]:
        twice.mention(event)
    assert once.cases == twice.cases


@given(st.integers(0, 10**6))
def test_any_order_within_the_lateness_gives_the_same_final_states(seed: int) -> None:
    told = [*flood(20), own("odd", 95, "zoe", text="Quite another thing went wrong for me today")]
    told += [share(f"s{n}", 20 + 7 * n, thread="bot3", followers=5_000) for n in range(30)]
    chance = random.Random(seed)
    moved = sorted(told, key=lambda e: e.mention.at + chance.uniform(0, EARLY.allowed_lateness_s))

    def final(events: list[Scored]) -> dict[str, Case]:
        history = History(EARLY)
        for event in [*events, scored(mention("last", 24 * HOUR, thread=None))]:
            list(history.add(event))
        return dict(history.cases)

    assert final(moved) == final(sorted(told, key=lambda e: e.mention.at))
    assert [encode(m) for m in replay(moved, EARLY)] == [encode(m) for m in replay(told, EARLY)]


def test_links_survive_storage() -> None:
    told = flood(12)
    through, first = Partition(EARLY), Partition(EARLY)
    said = [m for event in told for m in through.mention(event)[0]]
    before = [m for event in told[:6] for m in first.mention(event)[0]]
    again = Partition(EARLY, known=list(first.cases.values()), clock=first.clock(5))
    after = [m for event in told[6:] for m in again.mention(event)[0]]
    assert before + after == said
    assert dict(again.cases) == dict(through.cases)


def test_near_duplicates_share_their_marks_and_others_do_not() -> None:
    copy = f"RT @someone {SCAM.upper()} https://t.example/x1 please share"
    shared = set(likeness.sketch(SCAM)) & set(likeness.sketch(copy))
    assert likeness.alike(len(shared), len(likeness.sketch(SCAM)))
    other = "Skylark lost my suitcase again and at the desk nobody wants to hear about it"
    assert len(set(likeness.sketch(SCAM)) & set(likeness.sketch(other))) <= 1
    assert likeness.sketch("same here") == ()


def test_a_partition_forgets_the_coldest_when_it_is_full() -> None:
    partition = Partition(EARLY, most=3)
    partition.mention(own("case", 0, "ann", text=SCAM))
    for number in range(5):
        partition.mention(scored(mention(f"m{number}", 60.0 + number, thread=None)))
    assert sorted(partition.cases) == ["skylark-air:case", "skylark-air:m3", "skylark-air:m4"]
    assert partition.evicted == 3
