"""Workers that are killed, stopped, joined and left alone: nothing lost, nothing said twice."""

import signal
from collections import Counter
from collections.abc import Callable
from typing import NamedTuple

import pytest

from scoring import escalation, policy
from scoring.escalation import CaseKind
from scoring.history import replay
from scoring.mention import Mention
from streams.kafka.topics import Topics
from streams.scorer.reader import Reader
from tests.streams import crowd
from tests.streams.helpers import Follower, behind, following, publish
from tests.streams.running import Workers

pytestmark = [pytest.mark.process, pytest.mark.broker, pytest.mark.slow]

Until = Callable[..., None]
STORIES = ("airline-2013", "bike-lock-2004", "shoes-2011")
SIZE = 1_200
MIDDLE = 300
SMALL = {"TOCSIN_BATCH_SIZE": "32"}
"""Many batches, so that a signal in the middle finds some done, one under way, others to come."""


class Told(NamedTuple):
    """A crowd's mentions, and the escalations (id to bytes) of a stream that nothing disturbs."""

    mentions: list[Mention]
    escalations: dict[str, bytes]


@pytest.fixture(scope="module")
def told() -> Told:
    mentions = crowd.crowd(SIZE, STORIES)
    mentions += crowd.closing(mentions, 3)
    said = replay(Reader().read(mentions), policy.default())
    conversations = [e for e in said if e.kind is CaseKind.CONVERSATION]
    return Told(mentions, {e.id: escalation.encode(e) for e in conversations})


def _are_the_same(said: dict[str, set[bytes]], told: Told) -> None:
    """Each said with one content; those of the stories are those that nothing disturbed.

    The crowd around them repeats a few texts: what links such conversations reaches other
    partitions when it can, so how many of them speak is not the same each time.
    """
    assert all(len(bodies) == 1 for bodies in said.values())
    crowded = b'"brand":"calm-'
    stories = {id_: bodies for id_, bodies in said.items() if not any(crowded in b for b in bodies)}
    assert stories == {id_: {b} for id_, b in told.escalations.items() if crowded not in b}
    assert len(stories) > 10


def test_killed_in_the_middle_it_loses_nothing_and_says_the_same(
    workers: Workers, told: Told, until: Until
) -> None:
    names = Topics.of(workers.settings)
    publish(workers.settings, told.mentions)
    with (
        following(workers.settings, names.scored) as scored,
        following(workers.settings, names.escalations) as said,
    ):
        first = workers(**SMALL)
        until(lambda: len(scored.ids()) >= MIDDLE and said.records(), 60)
        model = first.scoring_process
        first.end(signal.SIGKILL)
        assert model is not None
        until(lambda: not model.is_running(), 10)
        assert len(set(scored.ids())) < len(told.mentions), "killed too late to show anything"
        workers()
        _until_worked_off(workers, told, scored, until)
        assert set(scored.ids()) == {mention.id for mention in told.mentions}
        _are_the_same(said.said(), told)


def test_stopped_in_the_middle_it_ends_cleanly_and_does_nothing_twice(
    workers: Workers, told: Told, until: Until
) -> None:
    names = Topics.of(workers.settings)
    publish(workers.settings, told.mentions)
    with (
        following(workers.settings, names.scored) as scored,
        following(workers.settings, names.escalations) as said,
    ):
        first = workers(**SMALL)
        until(lambda: len(scored.ids()) >= MIDDLE, 60)
        assert first.end(signal.SIGTERM) == 0
        assert "Traceback" not in first.log
        assert len(scored.ids()) < len(told.mentions), "stopped too late to show anything"
        second = workers()
        _until_worked_off(workers, told, scored, until)
        assert Counter(scored.ids()) == Counter(mention.id for mention in told.mentions)
        _are_the_same(said.said(), told)
        ids = [dict(record.headers)["ce_id"] for record in said.records()]
        assert len(ids) == len(set(ids))
        assert second.end(signal.SIGINT) == 0


def test_roles_may_live_apart_and_workers_come_and_go(
    workers: Workers, told: Told, until: Until
) -> None:
    names = Topics.of(workers.settings)
    half = len(told.mentions) // 2
    with (
        following(workers.settings, names.scored) as scored,
        following(workers.settings, names.escalations) as said,
    ):
        score = workers("--role", "score", **SMALL)
        cases = workers("--role", "cases", **SMALL)
        publish(workers.settings, told.mentions[:half])
        until(lambda: len(scored.ids()) >= MIDDLE and said.records(), 60)
        more_score = workers("--role", "score", **SMALL)
        more_cases = workers("--role", "cases", **SMALL)
        until(lambda: more_score.ready and more_cases.ready, 60)
        assert cases.scoring_process is None
        publish(workers.settings, told.mentions[half:])
        until(lambda: more_score.metric("tocsin_mentions_total") > 0, 60)
        cases.end(signal.SIGKILL)
        _until_worked_off(workers, told, scored, until)
        assert score.process.poll() is None
        assert more_cases.process.poll() is None
        assert set(scored.ids()) == {mention.id for mention in told.mentions}
        _are_the_same(said.said(), told)


def test_scoring_process_killed_in_the_middle_is_replaced(
    workers: Workers, told: Told, until: Until
) -> None:
    names = Topics.of(workers.settings)
    publish(workers.settings, told.mentions)
    with following(workers.settings, names.scored) as scored:
        worker = workers(**SMALL)
        until(lambda: len(scored.ids()) >= MIDDLE, 60)
        model = worker.scoring_process
        assert model is not None
        model.kill()
        _until_worked_off(workers, told, scored, until)
        assert worker.process.poll() is None
        assert Counter(scored.ids()) == Counter(mention.id for mention in told.mentions)
        assert worker.scoring_process != model
        assert worker.metric("tocsin_dead_letters_total") == 0


def _until_worked_off(workers: Workers, told: Told, scored: Follower, until: Until) -> None:
    wanted = {mention.id for mention in told.mentions}
    until(lambda: wanted <= set(scored.ids()), 90)
    until(lambda: not behind(workers.settings), 60)
