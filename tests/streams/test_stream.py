"""What the stream promises of 5,000 mentions, some of them bad or sent twice: one run of it."""

import json
import random
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import pytest

from scoring import escalation, policy
from scoring.escalation import CaseKind, Escalation
from scoring.history import replay
from scoring.mention import Mention
from scoring.scored import Scored
from streams.config import Settings
from streams.kafka import clients, dead_letters, topics
from streams.kafka.topics import Topics
from streams.scorer.reader import Reader
from tests.streams import crowd
from tests.streams.helpers import behind, eventually, following
from tests.streams.running import Running, own_settings, running

pytestmark = [pytest.mark.process, pytest.mark.broker, pytest.mark.slow]

SIZE = 4_660
BAD = 50
TWICE = 40


class Run(NamedTuple):
    """What was sent, what the decision over a file says of it, and what the stream made of it."""

    settings: Settings
    worker: Running
    sent: list[Mention]
    bad: dict[tuple[int, int], tuple[str, bytes]]
    expected: list[Escalation]
    apart: set[str]
    """Brands of which each partition would say something else if it never heard of the others."""
    scored: list[str]
    escalations: list[Any]


@pytest.fixture(scope="module")
def run(broker: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    folder: Path = tmp_path_factory.mktemp("stream")
    settings = own_settings(broker, folder)
    topics.create(settings)
    sent = _with_repeats(crowd.crowd(SIZE))
    sent += crowd.closing(sent, settings.partitions)
    with running(settings, folder) as workers:
        worker = workers(TOCSIN_BRANDS="skylark-air,calm-1")
        bad = _publish(settings, sent)
        read = Reader().read(sent)
        expected = list(replay(read, policy.default()))
        apart = _brands_told_otherwise(expected, _partition_by_partition(read, settings))
        names = Topics.of(settings)
        with (
            following(settings, names.scored) as scored,
            following(settings, names.escalations) as said,
        ):
            eventually(lambda: len(scored.ids()) >= len(sent), 120)
            eventually(lambda: not behind(settings))
            yield Run(
                settings, worker, sent, bad, expected, apart, scored.ids(), list(said.records())
            )


def test_every_valid_mention_is_scored_once_per_arrival(run: Run) -> None:
    assert Counter(run.scored) == Counter(mention.id for mention in run.sent)


def test_every_bad_message_is_a_dead_letter_with_its_reason_and_its_bytes(run: Run) -> None:
    found = list(dead_letters.read(run.settings, Topics.of(run.settings).dead_letters))
    assert len(found) == len(run.bad)
    mentions = Topics.of(run.settings).mentions
    assert {letter.origin_topic for letter in found} == {mentions}
    assert {
        (letter.origin_partition, letter.origin_offset): (letter.reason, letter.value)
        for letter in found
    } == run.bad
    assert Counter(letter.reason for letter in found) == dict.fromkeys(
        ("not_json", "bad_utf8", "missing_field", "null_byte", "future", "too_deep"), BAD
    )
    assert all(letter.detail for letter in found)
    ages = [datetime.now(UTC) - letter.time for letter in found]
    assert timedelta() <= min(ages)
    assert max(ages) < timedelta(minutes=10)


def test_escalations_are_those_of_the_decision_over_a_file_byte_for_byte(run: Run) -> None:
    """Of the brands whose cases need nothing from another partition.

    News of incidents and of linked conversations reaches other partitions when it can: those are
    looked at below, by how far they get.
    """
    told = (*run.expected, *_decoded(run))
    among = run.apart | {e.brand for e in told if e.kind is CaseKind.INCIDENT}
    expected = [e for e in run.expected if e.brand not in among]
    live = [e for e in _decoded(run) if e.brand not in among]
    assert _transitions(live) == _transitions(expected)
    assert len(expected) > 20
    assert {e.id: escalation.encode(e) for e in live} == {
        e.id: escalation.encode(e) for e in expected
    }
    assert len(live) == len(expected), "said once each"


def test_what_hangs_on_other_partitions_gets_as_far_as_in_a_file_or_nearly(run: Run) -> None:
    """Of the stories; what the crowd's few texts open and close between them is no story."""
    brands = {brand for brand in run.apart if not brand.startswith("calm-")}
    expected = _peaks([e for e in run.expected if e.brand in brands])
    live = _peaks([e for e in _decoded(run) if e.brand in brands])
    assert expected, "the stories hold conversations that belong together"
    assert live.keys() == expected.keys()
    assert all(abs(live[brand] - expected[brand]) <= 1 for brand in expected)


def test_incidents_are_seen_where_the_decision_over_a_file_sees_them(run: Run) -> None:
    """Partitions race through months in seconds: a brand's minutes come in another order.

    So what an incident reaches may be a level lower than in a file, and no more than that.
    """
    expected = _peaks([e for e in run.expected if e.kind is CaseKind.INCIDENT])
    live = _peaks([e for e in _decoded(run) if e.kind is CaseKind.INCIDENT])
    assert expected, "the crowd holds an incident"
    assert live.keys() == expected.keys()
    assert all(abs(live[brand] - expected[brand]) <= 1 for brand in expected)


def test_escalations_are_cloud_events_whose_headers_repeat_the_body(run: Run) -> None:
    for record in run.escalations:
        body = json.loads(record.value)
        headers = {name: value.decode() for name, value in record.headers}
        assert record.key.decode() == body["case_id"]
        assert headers == {
            "ce_id": body["id"],
            "ce_source": f"tocsin/{body['brand']}",
            "ce_type": "tocsin.escalation.v1",
            "ce_specversion": "1.0",
            "ce_time": body["at"],
            "content-type": "application/json",
        }


def test_worker_is_well_and_its_metrics_moved(run: Run) -> None:
    worker = run.worker
    assert worker.get("/healthz")[0] == 200
    assert worker.get("/readyz")[0] == 200
    assert worker.metric("tocsin_mentions_total", outcome="scored") == len(run.sent)
    assert worker.metric("tocsin_mentions_total", outcome="dead_letter") == len(run.bad)
    assert worker.metric("tocsin_mentions_total", brand="calm-1") > 0
    assert worker.metric("tocsin_dead_letters_total", reason="future") == BAD
    assert worker.metric("tocsin_escalations_total") == len(run.escalations)
    assert worker.metric("tocsin_mention_to_escalation_seconds_count") > 0
    assert worker.metric("tocsin_scoring_seconds_count") > 0
    hits = worker.metric("tocsin_score_cache_total", outcome="hit")
    assert hits + worker.metric("tocsin_score_cache_total", outcome="miss") == len(run.sent)
    assert hits > len(run.sent) / 2
    assert worker.metric("tocsin_model_info", name="tocsin-signals") == 1
    # An open incident lets its clock tick: the lag comes back to nothing, again and again.
    eventually(lambda: worker.metric("tocsin_consumer_lag") == 0)


def test_everything_is_committed_and_every_case_at_rest(run: Run) -> None:
    mentions = Topics.of(run.settings).mentions
    committed = run.worker.metric("tocsin_committed_offset", topic=mentions)
    assert committed == len(run.sent) + len(run.bad)
    assert [case for case in run.worker.board["cases"] if "incident" not in case["case_id"]] == []


def test_no_label_and_no_log_holds_an_id_or_a_text(run: Run) -> None:
    shown = run.worker.log + run.worker.get("/metrics")[1].decode()
    for mention in run.sent[:200]:
        assert mention.id not in shown
        assert len(mention.text) < 20 or mention.text not in shown
    assert "Traceback" not in run.worker.log


def _with_repeats(mentions: list[Mention]) -> list[Mention]:
    """Some mentions arrive once more, the same bytes, a little later."""
    chance = random.Random(1)
    order = list(enumerate(mentions))
    order += [
        (at + chance.randrange(1, 30), mentions[at]) for at in chance.sample(range(3000), TWICE)
    ]
    return [mention for _, mention in sorted(order, key=lambda pair: pair[0])]


def _publish(settings: Settings, sent: list[Mention]) -> dict[tuple[int, int], tuple[str, bytes]]:
    """Sends all, bad ones in between; the bad ones' partition and offset, reason and bytes."""
    chance = random.Random(2)
    nonsense = [pair for number in range(BAD) for pair in crowd.bad(sent[number], number)]
    chance.shuffle(nonsense)
    spots = set(chance.sample(range(len(sent) - settings.partitions), len(nonsense)))
    waiting = []
    with clients.producer(settings) as producer:
        for number, mention in enumerate(sent):
            if number in spots:
                reason, raw = nonsense.pop()
                future = producer.send(Topics.of(settings).mentions, value=raw, key=raw[:9])
                waiting.append((reason, raw, future))
            producer.send(
                Topics.of(settings).mentions,
                value=msgspec.json.encode(mention),
                key=mention.partition_key.encode(),
            )
        places = [(reason, raw, future.get(30)) for reason, raw, future in waiting]
        producer.flush()
    return {(place.partition, place.offset): (reason, raw) for reason, raw, place in places}


def _decoded(run: Run) -> list[Escalation]:
    return [escalation.decode(record.value) for record in run.escalations]


def _partition_by_partition(read: list[Scored], settings: Settings) -> list[Escalation]:
    found: list[Escalation] = []
    for number in range(settings.partitions):
        held = [
            one for one in read if crowd.partition_of(one.mention, settings.partitions) == number
        ]
        found += replay(held, policy.default())
    return found


def _brands_told_otherwise(one: list[Escalation], other: list[Escalation]) -> set[str]:
    differing = {e.id: e for e in one}.items() ^ {e.id: e for e in other}.items()
    return {e.brand for _, e in differing}


def _transitions(said: list[Escalation]) -> dict[str, list[tuple[str, str]]]:
    found: dict[str, list[tuple[str, str]]] = {}
    for e in said:
        found.setdefault(e.case_id, []).append((e.status, e.level))
    return found


def _peaks(said: list[Escalation]) -> dict[str, int]:
    found: dict[str, int] = {}
    for e in said:
        found[e.brand] = max(found.get(e.brand, 0), e.level.rank)
    return found
