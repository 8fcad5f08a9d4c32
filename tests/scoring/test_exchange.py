"""One case over several partitions: who leads it, what it hears, and that the log alone decides."""

from functools import partial
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from scoring.escalation import Escalation, Status
from scoring.evidence import Evidence
from scoring.exchange import MOST_AHEAD, MOST_UNLED
from scoring.foreign import MOST, MOST_PER_BRAND, Foreign
from scoring.mention import Author, Role
from scoring.news import CaseNews, Echo
from scoring.partition import Clock, Partition
from scoring.scored import Scored, decode_event, encode_event
from tests.scoring.helpers import BRAND, EARLY, FURIOUS, HOUR, mention, scored, scores, share
from tests.scoring.network import Logged, Network, step

DENIED = scores(complaint=0.95, anger=0.9, fact=0.9, denial=0.9)
SCAM = "Do not buy from Skylark, they took my money twice and nobody ever answers the phone"
GRUMBLING = scores(complaint=0.8, anger=0.3)
ANN = Author(id="1", handle="ann_of_lyon", followers=50, role=Role.CUSTOMER)
LATENESS = EARLY.allowed_lateness_s
LEADER = f"{BRAND}:bot0"


def own(id: str, after: float, by: str, **changes: Any) -> Scored:
    """A complaint about a denied fact, grave enough to open a case, in its own conversation."""
    return scored(mention(id, after, by=by, thread=None, **changes), DENIED)


def flood(count: int) -> list[Scored]:
    return [
        own(f"bot{n}", n * 10.0, f"bot{n}", text=f"{SCAM} #{n}", followers=10 * n)
        for n in range(count)
    ]


def by_number(case_id: str, partitions: int = 3) -> int:
    """The partition of a conversation: that of the number in its name, the first without one."""
    digits = "".join(filter(str.isdigit, case_id))
    return int(digits or 0) % partitions


def network(lags: tuple[float, ...] = (0, 0, 0), delay_s: float = 1.0, seed: int = 0) -> Network:
    return Network(partial(by_number, partitions=len(lags)), lags, delay_s, seed)


def opened(said: list[Escalation]) -> list[str]:
    return [message.case_id for message in said if message.status is Status.OPEN]


def alone(told: list[Scored]) -> Partition:
    partition = Partition(EARLY)
    for event in told:
        partition.mention(event)
    return partition


def evidence(net: Network, case_id: str) -> Evidence:
    return net.partitions[by_number(case_id, len(net.partitions))].cases[case_id].evidence


def test_a_flood_over_three_partitions_opens_one_case() -> None:
    net = network()
    net.run(flood(60))
    assert opened(net.said) == [LEADER]
    assert {message.case_id for message in net.said} == {LEADER}
    assert evidence(net, LEADER) == alone(flood(60)).cases[LEADER].evidence
    assert evidence(net, LEADER).authors == 60


@given(
    st.tuples(*[st.floats(0, LATENESS)] * 3),
    st.floats(0, LATENESS),
    st.integers(0, 10**6),
)
def test_any_order_within_the_lateness_gives_the_leader_the_same_evidence(
    lags: tuple[float, ...], delay_s: float, seed: int
) -> None:
    told = [*flood(15), own("odd", 95, "zoe", text="Quite another thing went wrong for me today")]
    told.sort(key=lambda event: event.mention.at)
    slowest = max(lags) - min(lags)
    net = network(lags, min(delay_s, LATENESS - slowest), seed)
    net.run(told)
    assert evidence(net, LEADER) == alone(told).cases[LEADER].evidence


@given(
    st.tuples(*[st.floats(0, LATENESS)] * 3),
    st.floats(0, LATENESS),
    st.integers(0, 10**6),
)
def test_any_order_does_so_for_a_leader_that_opens_after_its_followers_spoke(
    lags: tuple[float, ...], delay_s: float, seed: int
) -> None:
    told = [
        scored(mention(f"bot{n}", n * 50.0, by=f"bot{n}", thread=None, text=SCAM), GRUMBLING)
        for n in range(24)
    ]
    told += [
        scored(mention(f"r{n}", 580.0 + n, by=f"r{n}", thread="bot0", followers=90_000), DENIED)
        for n in range(6)
    ]
    told.sort(key=lambda event: event.mention.at)
    slowest = max(lags) - min(lags)
    net, smooth = network(lags, min(delay_s, LATENESS - slowest), seed), network(delay_s=0)
    net.run(told)
    smooth.run(told)
    assert opened(net.said) == opened(smooth.said) == [LEADER]
    assert evidence(net, LEADER) == evidence(smooth, LEADER)
    heard = {dated.mention_id for dated in evidence(net, LEADER).newest}
    # Those of its own partition, and of the others what came no more than the lateness before.
    copies = {f"bot{n}" for n in range(24) if n % 3 == 0 or n * 50 >= 580 - LATENESS}
    assert heard == copies | {f"r{n}" for n in range(6)}


def test_press_and_its_author_elsewhere_raise_the_leader() -> None:
    first = own("a0", 0, "x", author=ANN, text=SCAM)
    again = own("b1", HOUR, "x", author=ANN, channel="facebook", text="something else of mine")
    news = scored(
        mention(
            "c2",
            2 * HOUR,
            by="gazette",
            role=Role.MEDIA,
            thread=None,
            channel="news",
            text=f"A customer of Skylark is angry: “{SCAM}”, she writes. The airline is silent.",
        ),
        FURIOUS,
    )
    told = [first, again, news]
    net, quiet = network(), network()
    net.run(told)
    quiet.run([first])
    leader = f"{BRAND}:a0"
    mine = [message for message in net.said if message.case_id == leader]
    assert opened(net.said) == [leader]
    assert max(m.score for m in mine) > max(m.score for m in quiet.said) + 0.05
    assert ("media_coverage", "c2") in {(t.signal, t.mention_id) for m in mine for t in m.why}
    assert evidence(net, leader) == alone(told).cases[leader].evidence
    author = evidence(net, leader).first_author
    assert author is not None
    assert author.complaints == 2


@pytest.mark.parametrize("heard_first", [True, False])
def test_press_finds_a_case_elsewhere_by_its_topic(heard_first: bool) -> None:
    topic, other = bytes([100, 20] * 16), bytes([20, 156] * 16)
    home = Partition(EARLY)
    home.mention(replace(own("root", 0, "ann", text=SCAM), embedding=topic))
    (told,) = home.drain()
    assert isinstance(told, CaseNews)

    def leader(embedding: bytes) -> str:
        press = own("news", 60, "gazette", role=Role.MEDIA, text="Airline under fire today again")
        events: list[Logged] = [told, replace(press, embedding=embedding)]
        away = Partition(EARLY, 1)
        for event in events if heard_first else events[::-1]:
            step(away, event)
        return away.cases[f"{BRAND}:news"].leader

    assert leader(topic) == f"{BRAND}:root"
    assert leader(other) == ""


def test_a_case_elsewhere_leads_no_press_of_another_brand_and_no_customer_the_press_writes_to() -> (
    None
):
    topic = bytes([100, 20] * 16)
    home = Partition(EARLY)
    home.mention(replace(own("root", 0, "ann", text=SCAM), embedding=topic))
    (told,) = home.drain()
    foreign = own("news", 60, "gazette", role=Role.MEDIA, text="Railway under fire", brand="rail")
    asked = own("mine", 60, "bob", text="Something that is mine alone, and old enough to be heard")
    reporter = mention(
        "ask", 90, by="gazette", role=Role.MEDIA, thread="mine", text="May we quote you today?"
    )
    away = Partition(EARLY, 1)
    for event in (foreign, asked, scored(reporter, FURIOUS)):
        step(away, replace(event, embedding=topic))
    step(away, told)
    assert {case.case_id: case.leader for case in away.cases.values()} == {
        "rail:news": "",
        f"{BRAND}:mine": "",
    }


def test_a_copy_elsewhere_that_outgrows_its_leader_opens_a_case_of_its_own() -> None:
    told = flood(2)
    told += [share(f"s{n}", 30.0 + n, thread="bot1", followers=90_000) for n in range(40)]
    net = network()
    net.run(told)
    assert opened(net.said) == [LEADER, f"{BRAND}:bot1"]


def test_a_follower_passes_on_what_it_hears_and_opens_no_case_for_it() -> None:
    home, away = alone(flood(1)), Partition(EARLY, 1)
    told: list[CaseNews | Echo] = []
    for event in (*home.drain(), flood(2)[1]):
        said, told = step(away, event)
        assert said == []
    (echo,) = told
    assert isinstance(echo, Echo)
    other = replace(echo, case_id=f"{BRAND}:bot1", mention_id="bot2", author=2)
    assert step(away, other) == ([], [replace(other, case_id=LEADER)])
    assert away.cases[f"{BRAND}:bot1"].evidence.authors == 2


def test_a_leader_elsewhere_speaks_until_a_while_after_its_end() -> None:
    first = own("bot0", 0, "ann", text=SCAM)
    home = alone([first])
    said, _ = home.tick(first.mention.at + 30 * 24 * HOUR)
    (ended,) = [message for message in said if message.status is Status.RESOLVED]
    last = home.drain()[-1]
    assert isinstance(last, CaseNews)

    def opens(after_end: float) -> list[str]:
        away = Partition(EARLY, 1)
        away.tick(ended.at.timestamp())
        away.news(last)
        late = ended.at.timestamp() - first.mention.at + after_end
        return opened(away.mention(own("bot1", late, "bob", text=SCAM))[0])

    assert last.until == ended.at.timestamp() + EARLY.levels.quiet_s
    assert opens(60) == []
    assert opens(EARLY.levels.quiet_s + 60) == [f"{BRAND}:bot1"]


def test_what_is_heard_again_changes_nothing() -> None:
    net = network(lags=(200, 0, 90), delay_s=60)
    net.run(flood(30))
    for partition, log in zip(net.partitions, net.logs, strict=True):
        before = dict(partition.cases), partition.clock(0)
        for event in log:
            assert step(partition, event) == ([], [])
        assert (dict(partition.cases), partition.clock(0)) == before


def test_own_news_that_comes_back_changes_nothing() -> None:
    home = alone(flood(1))
    (told,) = home.drain()
    assert isinstance(told, CaseNews)
    before = home.clock(0)
    home.news(told)
    assert home.clock(0) == before
    assert home.cases[LEADER].leader == ""


@given(st.integers(0, 10**6), st.floats(0, 1))
def test_the_log_alone_decides_wherever_it_was_stored(seed: int, part: float) -> None:
    net = network(lags=(120, 0, 60), delay_s=LATENESS / 2, seed=seed)
    net.run(flood(12))
    for number, log in enumerate(net.logs):
        cut = int(part * len(log))
        through, first = Partition(EARLY, number), Partition(EARLY, number)
        wanted = [step(through, event) for event in log]
        got = [step(first, event) for event in log[:cut]]
        stored = msgspec.msgpack.encode(first.clock(cut))
        clock = msgspec.msgpack.decode(stored, type=Clock)
        second = Partition(EARLY, number, known=list(first.cases.values()), clock=clock)
        got += [step(second, event) for event in log[cut:]]
        assert got == wanted
        assert dict(second.cases) == dict(through.cases) == dict(net.partitions[number].cases)


def test_state_of_before_there_were_links_across_partitions_is_read() -> None:
    old = msgspec.msgpack.encode([5.0, [], 7, []])
    assert msgspec.msgpack.decode(old, type=Clock) == Clock(watermark=5.0, offset=7)


def test_what_is_told_fits_in_the_log() -> None:
    home = alone(flood(1))
    (news,) = home.drain()
    away = Partition(EARLY, 1)
    step(away, news)
    _, (echo,) = step(away, flood(2)[1])
    assert isinstance(echo, Echo)
    assert echo.case_id == LEADER
    assert [decode_event(encode_event(told)) for told in (news, echo)] == [news, echo]


def test_an_echo_from_ahead_waits_for_the_clock() -> None:
    home = alone(flood(1))
    (news,) = home.drain()
    away = Partition(EARLY, 1)
    step(away, news)
    copy = own("bot1", 10 * HOUR, "bob", text=SCAM, followers=700)
    _, (echo,) = step(away, copy)
    step(home, echo)
    assert home.cases[LEADER].evidence.authors == 1
    assert home.next_due() <= copy.mention.at
    assert home.cases[LEADER].clock < copy.mention.at
    home.tick(copy.mention.at)
    assert home.cases[LEADER].evidence.authors == 2


def test_what_waits_and_what_was_heard_of_is_bounded() -> None:
    home = alone(flood(1))
    (news,) = home.drain()
    assert isinstance(news, CaseNews)
    (echo,) = _echoes(home, flood(2)[1:])
    for number in range(MOST_AHEAD + 9):
        home.echo(replace(echo, mention_id=f"m{number}", at=echo.at + HOUR + number))
    assert [held.mention_id for held in home.exchange.ahead][-1] == f"m{MOST_AHEAD - 1}"

    away = Partition(EARLY, 1)
    for number in range(MOST_UNLED + 9):
        text = f"{SCAM} and {number} other things"
        away.mention(own(f"u{number}", number / 10, f"u{number}", text=text))
    assert len(away.exchange.unled) == MOST_UNLED

    heard = Foreign(EARLY)
    for brand in range(20):
        for number in range(MOST_PER_BRAND + 9):
            heard.hear(_other(news, f"brand-{brand}", number), news.at)
    assert len(heard.of("brand-0", news.at)) < len(heard.of("brand-19", news.at)) == MOST_PER_BRAND
    assert len(list(heard)) == MOST
    heard.hear(news, news.at + EARLY.forget_case_after_s + 20 * 100)
    assert list(heard) == []


def _echoes(home: Partition, told: list[Scored]) -> list[Echo]:
    """What another partition tells of these mentions, which knows the cases of `home`."""
    away = Partition(EARLY, 1)
    for case in home.cases.values():
        away.news(
            CaseNews(
                brand=case.brand,
                case_id=case.case_id,
                at=case.clock,
                since=case.evidence.first_at,
                rank=case.standing.rank,
                marks=case.marks,
            )
        )
    return [what for event in told for what in step(away, event)[1] if isinstance(what, Echo)]


def _other(news: CaseNews, brand: str, number: int) -> CaseNews:
    at = news.at + number + 100 * int(brand.removeprefix("brand-"))
    return replace(news, brand=brand, case_id=f"{brand}:{number}", at=at)
