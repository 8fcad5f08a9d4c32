"""A crisis of the library, told to a real worker that a real Prometheus scrapes: does it ring."""

import time
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from typing import NamedTuple

import pytest
from prometheus_client.parser import text_string_to_metric_families

from scoring.command import Action, Command, encode_command
from scoring.mention import Mention
from streams import metrics_page, stories
from streams.kafka import clients
from streams.kafka.topics import Topics
from tests.deploy.outside import run
from tests.deploy.server import Server, prometheus
from tests.deploy.sourcing import Sourcing
from tests.deploy.ticketing import Ticketing
from tests.streams.helpers import eventually, publish
from tests.streams.running import Running, Workers

pytestmark = [
    pytest.mark.deploy,
    pytest.mark.process,
    pytest.mark.broker,
    pytest.mark.slow,
    pytest.mark.timeout(600),
]

STORY = "energy-2011"
UNTIL = "ene-0150"
"""By then it is a crisis, and it does not cool yet."""
PATIENCE_S = 240


class Live(NamedTuple):
    """What runs: the worker, what scrapes it, and the brand of the story."""

    worker: Running
    server: Server
    brand: str


def told() -> list[Mention]:
    mentions = stories.load(STORY).mentions
    return [*mentions[: 1 + [mention.id for mention in mentions].index(UNTIL)]]


@pytest.fixture(scope="module")
def live(workers: Workers, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    mentions = told()
    brand = mentions[0].brand
    folder = tmp_path_factory.mktemp("prometheus")
    with ExitStack() as stack:
        ticketing = stack.enter_context(Ticketing(folder).running())
        sourcing = stack.enter_context(Sourcing(folder).running())
        worker = workers(TOCSIN_BRANDS=brand, **ticketing.variables, **sourcing.variables)
        eventually(lambda: worker.ready, PATIENCE_S)
        server = stack.enter_context(prometheus(worker.address, folder))
        eventually(lambda: server.value('up{job="tocsin"}') == 1, PATIENCE_S)
        assert not server.firing("TocsinCrisisOpen")
        publish(workers.settings, mentions)
        yield Live(worker, server, brand)


def test_the_crisis_rings(live: Live) -> None:
    eventually(lambda: live.server.firing("TocsinCrisisOpen"), PATIENCE_S)
    (alert,) = live.server.firing("TocsinCrisisOpen")
    assert alert["labels"]["brand"] == live.brand
    assert alert["labels"]["severity"] == "critical"
    assert live.brand in alert["annotations"]["summary"]
    assert not live.server.firing("TocsinWorkerAbsent")


def test_exemplars_lead_from_a_latency_to_a_message_and_tell_nothing_of_it(live: Live) -> None:
    metric = "tocsin_mention_to_escalation_seconds_bucket"

    def exemplars() -> list[dict[str, dict[str, str]]]:
        now = datetime.now(UTC).timestamp()
        found = live.server.get(
            "/api/v1/query_exemplars", query=metric, start=str(now - 600), end=str(now + 60)
        )
        return [one for series in found or [] for one in series["exemplars"]]

    eventually(exemplars, PATIENCE_S)
    for one in exemplars():
        assert one["labels"].keys() == {"partition", "offset"}
        assert all(value.isdecimal() for value in one["labels"].values())


def test_promtool_finds_no_fault_in_what_a_worker_exports(live: Live) -> None:
    run("promtool", "check", "metrics", stdin=live.worker.get("/metrics")[1])


def test_every_documented_metric_is_exported_and_no_other(live: Live) -> None:
    eventually(lambda: live.worker.metric("tocsin_escalations_total", level="crisis"), PATIENCE_S)
    page = live.worker.get("/metrics")[1].decode()
    families = list(text_string_to_metric_families(page))
    exported = {line.split()[2] for line in page.splitlines() if line.startswith("# TYPE tocsin")}
    assert exported == {metric.name for metric in metrics_page.described()}
    silent = {
        family.name
        for family in families
        if family.name.startswith("tocsin") and not family.samples
    }
    assert not silent


def test_stages_count_what_passes_through_them(live: Live) -> None:
    size = len(told())
    eventually(
        lambda: live.worker.metric("tocsin_stage_done_total", stage="cases") >= size, PATIENCE_S
    )
    assert live.worker.metric("tocsin_stage_taken_total", stage="score") == size
    assert live.worker.metric("tocsin_stage_done_total", stage="score") == size
    assert live.worker.metric("tocsin_stage_taken_total", stage="tickets") > 0
    now = time.time()
    for stage in ("score", "cases", "incidents", "commands", "tickets", "acknowledgements"):
        beat = live.worker.metric("tocsin_stage_heartbeat_timestamp_seconds", stage=stage)
        assert now - beat < 60, stage
    assert live.worker.metric("tocsin_policy_info", name="default") == 1
    newest = live.worker.metric("tocsin_channel_last_mention_timestamp_seconds", brand=live.brand)
    assert newest > 0


def test_a_crisis_that_somebody_takes_becomes_a_warning(live: Live, workers: Workers) -> None:
    board = live.worker.board
    crises = [case["case_id"] for case in board["cases"] if case["level"] == "crisis"]
    assert crises
    with clients.producer(workers.settings) as producer:
        for case_id in crises:
            taken = Command(
                id=f"take-{case_id}",
                action=Action.ACKNOWLEDGE,
                case_id=case_id,
                at=datetime.now(UTC),
                by="ana",
            )
            producer.send(
                Topics.of(workers.settings).commands,
                value=encode_command(taken),
                key=case_id.encode(),
            )
        producer.flush()

    def severities() -> set[str]:
        return {one["labels"]["severity"] for one in live.server.firing("TocsinCrisisOpen")}

    # The page itself stays for keep_firing_for; that it ends is a case of promtool's.
    eventually(lambda: "warning" in severities(), PATIENCE_S)
    metric = 'tocsin_cases_acknowledged{level="crisis"}'
    assert live.server.value(f"sum({metric})") == len(crises)
