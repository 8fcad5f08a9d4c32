"""Every panel of every board, asked of a real Prometheus that scraped a real run.

The run is what a healthy installation sees in a year, in a minute: stories of the library and a
crowd around them, bad messages, people who decide, ticket systems that have a bad moment, and
enough event time for every case to end.
"""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import msgspec
import pytest

from scoring import policy
from scoring.brands import Brands
from scoring.command import Action, Command, encode_command
from scoring.desk import Desk
from scoring.levels import Level
from scoring.mention import Mention
from scoring.partition import Partition
from scoring.policy import Policy
from streams import stories
from streams.config import Settings
from streams.kafka import clients, topics
from streams.kafka.topics import Topics
from streams.scorer.reader import Reader
from tests.deploy.grafana import Asked, asked
from tests.deploy.outside import program
from tests.deploy.scraped import Scraped
from tests.deploy.server import prometheus
from tests.deploy.sourcing import Sourcing
from tests.deploy.ticketing import Ticketing
from tests.streams import crowd
from tests.streams.helpers import eventually, publish
from tests.streams.running import Running, own_settings, running

pytestmark = [
    pytest.mark.deploy,
    pytest.mark.process,
    pytest.mark.broker,
    pytest.mark.slow,
    pytest.mark.timeout(900),
]

STORIES = ("bike-lock-2004", "energy-2011")
SIZE = 460
PARTS = 6
"""Portions that are sent one after the other has been scraped: rates want time to pass."""
BELOW = (Level.WATCH, Level.RESPOND)
"""Levels that a case passes through: the run stops while one stands there."""
VALUES = {
    "job": "tocsin",
    **dict.fromkeys(("brand", "level", "sink", "signal", "lang"), ".+"),
    "__rate_interval": "20s",
    "__range": "10m",
    "window": "8s",
    "reference": "8s",
}
"""What a person has chosen on the boards; times are as short as the run."""
QUERIES = {query.name: query for query in asked()}
MAY_BE_NONE = {"model: Dismissed by a person, A"}
"""A case may calm in the moment in which it is dismissed: the panel then answers with zero."""
WAITS_S = 300.0
BURSTS = (100, 200, 400, 800)
"""Texts that no cache knows, sent at once until a scrape finds some of them waiting."""


@pytest.fixture(scope="module")
def scraped(broker: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scraped]:
    program("prometheus")  # absent: no worker need be started
    folder = tmp_path_factory.mktemp("scraped")
    settings = own_settings(broker, folder)
    topics.create(settings)
    mentions = crowd.crowd(SIZE, STORIES)
    brands = ",".join(stories.load(slug).outcome.brand for slug in STORIES)
    with ExitStack() as stack:
        ticketing = stack.enter_context(Ticketing(folder).running())
        sourcing = stack.enter_context(Sourcing(folder).running())
        workers = stack.enter_context(running(settings, folder))
        worker = workers(
            **ticketing.variables,
            **sourcing.variables,
            TOCSIN_BRANDS=brands,
            TOCSIN_BATCH_SIZE="16",
            TOCSIN_TICK_S="1",
        )
        eventually(lambda: worker.ready, WAITS_S)
        server = stack.enter_context(prometheus(worker.address, folder))
        watcher = Scraped(server)
        # A rise is seen where a scrape before it saw zero.
        watcher.wait_for("count(tocsin_ticket_retries_total)", 2, WAITS_S)
        stands = _stands(mentions, policy.load(Path(ticketing.variables["TOCSIN_POLICY"])))
        sent = 0
        for number, part in enumerate(_parts(mentions, list(stands))):
            publish(settings, part)
            sent += len(part)
            _scored(watcher, sent)
            if level := stands.get(sent - 1):
                watcher.wait_for(f"sum(tocsin_cases_open{{level='{level}'}})", 1, WAITS_S)
            if number == len(stands):
                _decide(settings, worker)
                _spoil(settings, part[-1])
        sent += _fall_behind(settings, watcher, mentions[-1], sent)
        last = crowd.closing(mentions, settings.partitions)
        publish(settings, last)
        _scored(watcher, sent + len(last))
        watcher.wait_for("sum(tocsin_case_commands_total)", 2, WAITS_S)
        watcher.wait_for("sum(tocsin_mentions_total{outcome='dead_letter'})", 6, WAITS_S)
        watcher.wait_for("sum(tocsin_case_outcomes_total{outcome='calmed'})", 1, WAITS_S)
        for outcome in ("created", "acknowledged", "resolved", "dead_letter"):
            delivered = f"sum(tocsin_ticket_deliveries_total{{outcome='{outcome}'}})"
            watcher.wait_for(delivered, 1, WAITS_S)
        watcher.wait_for("-sum(tocsin_ticket_waiting)", 0, WAITS_S)
        scrapes = "sum(count_over_time(tocsin_build_info[1h]))"
        watcher.wait_for(scrapes, watcher.value(scrapes) + 5, WAITS_S)
        yield watcher


@pytest.mark.parametrize("name", QUERIES)
def test_panel_shows_something(scraped: Scraped, name: str) -> None:
    query = QUERIES[name]
    series = scraped.over_time(query.with_values(VALUES))
    values = [value for one in series for value in one.values]
    assert values, query.expr
    assert any(values) or name in MAY_BE_NONE, f"nothing but zeros: {query.expr}"
    for one in series:
        assert _named(query) <= one.labels.keys(), f"the legend {query.legend!r} names no label"


@pytest.mark.parametrize(
    ("label", "metric"),
    [
        ("job", "tocsin_build_info"),
        ("brand", "tocsin_mentions_total"),
        ("signal", "tocsin_signal_score_count"),
        ("lang", "tocsin_signal_score_count"),
        ("sink", "tocsin_ticket_deliveries_total"),
    ],
)
def test_variable_offers_something(scraped: Scraped, label: str, metric: str) -> None:
    assert scraped.label_values(label, metric)


def _named(query: Asked) -> set[str]:
    return {part.partition("}}")[0] for part in query.legend.split("{{")[1:]}


def _stands(mentions: Sequence[Mention], rules: Policy) -> dict[int, str]:
    """For each level of `BELOW` a mention, by number, amid the first at which a case stands there.

    Worked out and not written down: other weights and another policy have other ones.
    """
    desk = Desk(Partition(rules), Brands(rules))
    spans: dict[Level, list[int]] = {level: [] for level in BELOW}
    for number, scored in enumerate(Reader().read(mentions)):
        desk.mention(scored)
        ranks = {case.standing.rank for case in desk.partition.cases.values()}
        for level, span in spans.items():
            if level.rank in ranks and (not span or span[-1] == number - 1):
                span.append(number)
    assert all(spans.values()), f"no case passes through each of {BELOW}: other levels are needed"
    found = {span[len(span) // 2]: level.value for level, span in spans.items()}
    return dict(sorted(found.items()))


def _parts(mentions: Sequence[Mention], stops: Sequence[int]) -> list[Sequence[Mention]]:
    """Up to each stop, and the rest in equal portions."""
    ends = [0, *(1 + stop for stop in stops)]
    size = -(-(len(mentions) - ends[-1]) // (PARTS - len(stops)))
    ends += [*range(ends[-1] + size, len(mentions), size), len(mentions)]
    return [mentions[begin:end] for begin, end in pairwise(ends)]


def _scored(watcher: Scraped, number: int) -> None:
    watcher.wait_for("sum(tocsin_mentions_total{outcome='scored'})", number, WAITS_S)
    watcher.wait_for("-sum(tocsin_consumer_lag)", 0, WAITS_S)


def _fall_behind(settings: Settings, watcher: Scraped, like: Mention, sent: int) -> int:
    """How many mentions it took until the worker was seen to lag, at `sent` before them."""
    begun = sent
    for size in BURSTS:
        if watcher.value("max_over_time(sum(tocsin_consumer_lag)[1h:1s])"):
            break
        publish(settings, crowd.unlike(like, range(sent, sent + size)))
        sent += size
        _scored(watcher, sent)
    return sent - begun


def _decide(settings: Settings, worker: Running) -> None:
    """One open case is taken in hand, one that is no crisis is ended."""
    cases = [case["case_id"] for case in worker.board["cases"]]
    lesser = [case["case_id"] for case in worker.board["cases"] if case["level"] != "crisis"]
    assert len(cases) > 1
    assert lesser
    decisions = {cases[0]: Action.ACKNOWLEDGE, lesser[-1]: Action.RESOLVE}
    with clients.producer(settings) as producer:
        for case_id, action in decisions.items():
            at = datetime.now(UTC)
            command = Command(id=f"c-{action}", action=action, case_id=case_id, at=at, by="duty")
            producer.send(Topics.of(settings).commands, value=encode_command(command))
        producer.flush()


def _spoil(settings: Settings, good: Mention) -> None:
    """A message of each bad kind."""
    with clients.producer(settings) as producer:
        for _, value in crowd.bad(msgspec.structs.replace(good), 1):
            producer.send(Topics.of(settings).mentions, value=value)
        producer.flush()
