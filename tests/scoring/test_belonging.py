"""An open incident speaks for the conversations that belong to it."""

from typing import Any

import msgspec

from scoring.belonging import floor
from scoring.escalation import Escalation, Status
from scoring.levels import Level
from scoring.likeness import narrowed
from scoring.mention import Role
from scoring.news import IncidentNews
from scoring.partition import Partition
from scoring.scored import Scored
from tests.scoring.helpers import START, STEADY, mention, scored, scores

BEGAN = START.timestamp()
BAD = scores(complaint=0.95, anger=0.9, fact=0.95, denial=0.95)
WORTH_WATCHING = scores(complaint=0.95, anger=0.9, fact=0.95, denial=0.5)
TOPIC, OTHER = bytes([100, 0, 0]), bytes([0, 100, 0])


def news(rank: Level, until: float = 0.0, at: float = BEGAN) -> IncidentNews:
    return IncidentNews(
        brand="skylark-air",
        case_id="skylark-air:incident:x",
        at=at,
        since=BEGAN,
        rank=rank.rank,
        until=until,
        topic=TOPIC,
    )


def complaint(after_s: float, embedding: bytes = TOPIC) -> Scored:
    return scored(mention("c1", after_s), BAD, embedding=embedding)


def opened(heard: IncidentNews | None, embedding: bytes = TOPIC) -> bool:
    partition = Partition(STEADY)
    if heard is not None:
        partition.incident(heard)
    said, _ = partition.mention(complaint(600.0, embedding))
    return bool(said)


def test_a_conversation_opens_no_case_up_to_the_incidents_level() -> None:
    assert opened(None)
    assert not opened(news(Level.CRISIS))


def test_a_conversation_about_something_else_does_unless_it_is_merely_watched() -> None:
    assert opened(news(Level.CRISIS), OTHER)
    partition = Partition(STEADY)
    partition.mention(complaint(600.0, OTHER))
    known = partition.cases["skylark-air:root"]
    assert floor(known, news(Level.CRISIS), BEGAN + 600) == Level.WATCH.rank


def test_what_began_before_or_comes_after_is_not_spoken_for() -> None:
    partition = Partition(STEADY)
    partition.mention(scored(mention("c1", -600.0), scores(complaint=0.6), embedding=TOPIC))
    known = partition.cases["skylark-air:root"]
    assert not known.standing.open
    assert floor(known, news(Level.CRISIS), BEGAN) == 0
    assert not opened(news(Level.CRISIS, until=BEGAN + 3600))
    assert opened(news(Level.CRISIS, until=BEGAN + 60))


def told(heard: IncidentNews | None) -> list[Escalation]:
    """What is said of a case that was open before the incident, and grows within it."""
    partition = Partition(STEADY)
    first = scored(mention("c1", -600.0), scores(complaint=0.95, fact=0.95), embedding=TOPIC)
    said, _ = partition.mention(first)
    if heard is not None:
        partition.incident(heard)
    for number in range(4):
        more, _ = partition.mention(
            scored(mention(f"m{number}", 600.0 + number, by=f"a{number}"), BAD)
        )
        said += more
    return said + partition.tick(BEGAN + 30 * 86400)[0]


def test_of_an_open_case_it_says_what_would_be_news_no_more_but_its_end() -> None:
    alone, beside = told(None), told(news(Level.CRISIS))
    assert [m.status for m in alone].count(Status.UPDATE) >= 1
    assert [m.level for m in beside if m.status is Status.UPDATE] in ([], [Level.CRISIS])
    assert [m.status for m in beside if m.status is not Status.UPDATE] == [
        Status.OPEN,
        Status.RESOLVED,
    ]
    assert len({m.id for m in beside}) == len(beside)


def test_older_news_changes_nothing() -> None:
    partition = Partition(STEADY)
    partition.incident(news(Level.CRISIS, at=BEGAN + 60))
    partition.incident(news(Level.WATCH, at=BEGAN))
    said, _ = partition.mention(complaint(600.0))
    assert not said


def test_news_outlives_a_restart() -> None:
    partition = Partition(STEADY)
    partition.incident(news(Level.CRISIS))
    again = Partition(STEADY, clock=partition.clock(0))
    said, _ = again.mention(complaint(600.0))
    assert not said


def test_a_mean_topic_is_eight_bits_wide() -> None:
    assert narrowed([]) == narrowed([0, 0]) == b""
    assert list(memoryview(narrowed([-400, 200])).cast("b")) == [-127, 64]


def test_a_crisis_is_always_said() -> None:
    partition = Partition(STEADY)
    partition.mention(complaint(600.0))
    known = partition.cases["skylark-air:root"]
    assert floor(known, news(Level.CRISIS), BEGAN + 600) == Level.ESCALATE.rank


def test_at_its_end_an_incident_keeps_the_topic_it_had() -> None:
    partition = Partition(STEADY)
    partition.incident(news(Level.CRISIS))
    over = news(Level.CRISIS, until=BEGAN + 3600, at=BEGAN + 300)
    partition.incident(msgspec.structs.replace(over, topic=b""))
    assert partition.clock(0).incidents[0].topic == TOPIC


def press(text: str = "Airline under fire", **changes: Any) -> Scored:
    changes = {"role": Role.MEDIA, "followers": 90_000, "by": "gazette", **changes}
    event = mention("news", 900.0, thread=None, text=text, **changes)
    return scored(event, WORTH_WATCHING, embedding=OTHER)


def beside(*told: Scored) -> list[tuple[str, Level]]:
    """What is opened, at which level, once a customer's case is at stake."""
    partition, said = Partition(STEADY), []
    for event in (complaint(0.0), *told):
        said += partition.mention(event)[0]
    return [(m.case_id.split(":")[1], m.level) for m in said if m.status is Status.OPEN]


def test_the_press_opens_no_case_beside_one_at_stake() -> None:
    assert beside() == [("root", Level.ESCALATE)]
    alone, _ = Partition(STEADY).mention(press())
    assert Level.WATCH.rank < alone[0].level.rank < Level.CRISIS.rank
    assert beside(press()) == [("root", Level.ESCALATE)]
    assert len(beside(press(brand="other-air"))) == 2


def test_a_crisis_in_the_press_is_said_beside_any_case() -> None:
    grave = scored(press().mention, BAD, embedding=OTHER)
    assert beside(grave) == [("root", Level.ESCALATE), ("news", Level.CRISIS)]


def test_what_is_merely_to_be_watched_goes_unsaid_beside_a_case_at_stake() -> None:
    other = scored(mention("w", 900.0, thread=None, by="bob"), WORTH_WATCHING, embedding=OTHER)
    alone, _ = Partition(STEADY).mention(other)
    assert [message.level for message in alone] == [Level.WATCH]
    assert beside(other) == [("root", Level.ESCALATE)]


def test_of_two_to_be_watched_about_one_thing_one_is_said() -> None:
    def watched(*embeddings: bytes) -> int:
        partition, said = Partition(STEADY), []
        for n, embedding in enumerate(embeddings):
            event = mention(f"w{n}", n * 60.0, thread=None, by=f"b{n}")
            said += partition.mention(scored(event, WORTH_WATCHING, embedding=embedding))[0]
        return len(said)

    assert watched(TOPIC, TOPIC) == 1
    assert watched(TOPIC, OTHER) == 2
