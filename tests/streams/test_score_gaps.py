"""Mentions that the role `score` was never shown end its worker, which then reads them."""

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest
from faust.types import TP
from kafka import KafkaConsumer, TopicPartition
from kafka.structs import OffsetAndMetadata

from streams.config import Settings
from streams.kafka import clients, topics
from streams.kafka.topics import Topics, application_id
from streams.metrics import Metrics
from streams.scorer.process import ScoringProcess
from streams.worker.application import Role, application
from streams.worker.ends import GapError
from streams.worker.output import Output
from streams.worker.progress import Progress
from streams.worker.score import ScoreAgent

pytestmark = pytest.mark.broker
HELD = 8


@pytest.fixture
def agent(settings: Settings) -> ScoreAgent:
    """An agent of a worker that has not started, over a partition with eight mentions."""
    topics.create(settings)
    with clients.producer(settings) as producer:
        for number in range(HELD):
            producer.send(Topics.of(settings).mentions, value=b"%d" % number, partition=0)
        producer.flush()
    metrics = Metrics((), Topics.of(settings))
    scorer = ScoringProcess(lambda: None, 1.0)  # type: ignore[arg-type, return-value]
    app = application(settings, Role.SCORE)
    return ScoreAgent(app, settings, Output(settings), scorer, metrics, Progress(metrics))


def events(settings: Settings, *offsets: int, generation: int = 1) -> Any:
    """As Faust hands them over."""
    topic = Topics.of(settings).mentions
    return [
        SimpleNamespace(
            message=SimpleNamespace(
                topic=topic,
                partition=0,
                offset=offset,
                tp=TP(topic, 0),
                generation_id=generation,
            )
        )
        for offset in offsets
    ]


def check(agent: ScoreAgent, *batches: Any) -> None:
    async def all_of() -> None:
        for batch in batches:
            await agent._gaps.check(batch)

    asyncio.run(all_of())


def test_mentions_in_a_row_are_well(agent: ScoreAgent, settings: Settings) -> None:
    check(agent, events(settings, 0, 1, 2), events(settings, 3))


@pytest.mark.parametrize("offsets", [(2,), (0, 1, 5)])
def test_a_gap_is_noticed(agent: ScoreAgent, settings: Settings, offsets: tuple[int, ...]) -> None:
    with pytest.raises(GapError, match="did not come"):
        check(agent, events(settings, *offsets))


def test_what_another_worker_has_committed_is_no_gap(agent: ScoreAgent, settings: Settings) -> None:
    """Be it that Faust has not been told of it yet."""
    topic = Topics.of(settings).mentions
    group = application_id(settings, Role.SCORE.value)
    consumer = KafkaConsumer(
        **clients.kafka_python(settings), group_id=group, enable_auto_commit=False
    )
    consumer.assign([TopicPartition(topic, 0)])
    consumer.commit({TopicPartition(topic, 0): OffsetAndMetadata(5, "", -1)})
    consumer.close()
    check(agent, events(settings, 5, 6))


def test_what_is_read_again_after_a_rebalance_is_no_gap(
    agent: ScoreAgent, settings: Settings
) -> None:
    later = events(settings, 2, 3, 4, generation=2)
    check(agent, events(settings, 0, 1, 2, 3), later, events(settings, 5, generation=2))


def test_a_gap_where_the_log_holds_nothing_is_none(agent: ScoreAgent, settings: Settings) -> None:
    with clients.producer(settings) as producer:
        producer.send(Topics.of(settings).mentions, value=b"x", partition=0).get(10)
    everything = events(settings, *range(HELD))
    check(agent, everything, events(settings, HELD))
