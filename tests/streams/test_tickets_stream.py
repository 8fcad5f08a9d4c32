"""Workers of role tickets: killed, restarted and told no, every sink has each message once."""

import base64
import json
import re
import signal
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

import pytest

from streams.kafka import clients, dead_letters, topics
from streams.kafka.topics import Topics
from tests.conftest import Cli
from tests.streams.escalations import raw, said, say
from tests.streams.helpers import following
from tests.streams.running import Running, Workers
from tests.streams.vendors import PagerDutyVendor, Vendor

pytestmark = [pytest.mark.process, pytest.mark.broker, pytest.mark.slow]

Until = Callable[..., None]
KEY = "whsec_" + base64.b64encode(b"k" * 24).decode()


class Bench(NamedTuple):
    """Two vendors, the policy that leads to them, and workers."""

    pager: PagerDutyVendor
    hook: Vendor
    policy: Path
    workers: Workers

    def start(self, **variables: str) -> Running:
        """A worker that delivers to both."""
        return self.workers(
            "--role",
            "tickets",
            TOCSIN_POLICY=str(self.policy),
            PAGER_KEY=self.pager.routing_key,
            HOOK_KEY=KEY,
            PAGER_HOOK="psst",
            **variables,
        )


@pytest.fixture
def bench(workers: Workers, tmp_path: Path) -> Iterator[Bench]:
    with ExitStack() as stack:
        pager, hook = PagerDutyVendor(), Vendor()
        stack.enter_context(pager.running())
        stack.enter_context(hook.running())
        policy = tmp_path / "policy.toml"
        policy.write_text(
            f"""
            [sinks.pager]
            type = "pagerduty"
            url = "{pager.url}"
            routing_key_env = "PAGER_KEY"
            hook_secret_env = "PAGER_HOOK"
            rate_per_s = 50

            [sinks.log]
            type = "webhook"
            url = "{hook.url}/in"
            secret_env = "HOOK_KEY"

            [[routes]]
            sinks = ["log"]
            continue = true

            [[routes]]
            min_level = "escalate"
            sinks = ["pager"]
            """
        )
        yield Bench(pager, hook, policy, workers)


def ids(vendor: Vendor) -> list[str]:
    return [request.headers["webhook-id"] for request in vendor.requests]


def actions(vendor: Vendor) -> list[str]:
    return [request.body["event_action"] for request in vendor.requests]


def test_a_table_that_is_gone_costs_no_message(bench: Bench, until: Until) -> None:
    pytest.importorskip("rocksdict", reason="pip install 'tocsin[rocksdb]'")
    rocks = {"TOCSIN_STATE_STORE": "rocksdb"}
    settings = bench.workers.settings
    first = bench.start(**rocks)
    until(lambda: first.ready, 60)
    table = settings.state_dir / "tickets"
    table.rename(settings.state_dir / "moved")
    table.touch()
    say(settings, said(0))
    assert first.process.wait(60) == 70
    assert "cannot be written: Not a directory" in first.log
    table.unlink()
    second = bench.start(**rocks)
    until(lambda: len(bench.hook.requests) == 1 and len(bench.pager.requests) == 1, 60)
    until(lambda: second.metric("tocsin_consumer_lag") == 0)
    assert list(dead_letters.read(settings, Topics.of(settings).dead_letters)) == []


def test_killed_between_call_and_commit_it_repeats_no_more_than_that_call(
    bench: Bench, until: Until
) -> None:
    worker = bench.start()
    until(lambda: worker.ready, 60)
    bench.hook.hold()
    say(bench.workers.settings, said(0), said(1, "update"))
    until(lambda: bench.hook.requests and len(bench.pager.requests) == 2, 30)
    until(lambda: worker.metric("tocsin_ticket_deliveries_total", sink="pager") == 2)
    worker.end(signal.SIGKILL)
    bench.hook.let_go()
    second = bench.start()
    until(lambda: len(bench.hook.requests) == 3, 60)
    say(bench.workers.settings, said(2, "resolved"))
    until(lambda: len(bench.hook.requests) == 4 and len(bench.pager.requests) == 3, 30)
    # The call that was under way is made again; what the pager had is not.
    assert ids(bench.hook) == ["e-0", "e-0", "e-1", "e-2"]
    assert actions(bench.pager) == ["trigger", "trigger", "resolve"]
    until(lambda: second.metric("tocsin_consumer_lag") == 0)
    assert second.end(signal.SIGTERM) == 0
    third = bench.start()
    until(lambda: third.ready, 60)
    say(bench.workers.settings, said(0, case_id="skylark-air:root-2", id="f-0"))
    until(lambda: len(bench.hook.requests) == 5 and len(bench.pager.requests) == 4, 30)
    assert ids(bench.hook)[4:] == ["f-0"]


def test_what_a_sink_refuses_can_be_sent_to_it_again(
    bench: Bench, until: Until, cli: Cli, environment: dict[str, str]
) -> None:
    settings = bench.workers.settings
    worker = bench.start()
    until(lambda: worker.ready, 60)
    assert re.search(
        r"by policy default@\w+ go to: pager \(pagerduty\), log \(webhook\)", worker.log
    )
    bench.pager.always = 400
    with following(settings, Topics.of(settings).tickets_dead_letters) as dead:
        say(settings, said(0))
        until(lambda: dead.records(), 30)
        (letter,) = dead.records()
    headers = {name: value.decode() for name, value in letter.headers}
    assert letter.value == raw(said(0))
    assert headers["tocsin_sink"] == "pager"
    assert "dead letter of sink pager, case skylark-air:root-1: refused" in worker.log
    assert headers["tocsin_reason"] == "refused"
    assert headers["tocsin_topic"] == Topics.of(settings).escalations
    assert {"tocsin_partition", "tocsin_offset", "tocsin_time", "ce_id"} <= set(headers)
    bench.pager.always = None
    own = {
        "TOCSIN_TOPIC_PREFIX": settings.topic_prefix,
        "TOCSIN_GROUP_PREFIX": settings.group_prefix,
    }
    shown = cli("dead-letters", "show", "--of", "tickets", "0:0", **own)
    assert "HTTP 400" in shown.stdout
    listed = cli("dead-letters", "list", "--of", "tickets", "--json", **own)
    assert json.loads(listed.stdout)["sink"] == "pager"
    done = cli("dead-letters", "replay", "--of", "tickets", "0:0", **own)
    assert done.returncode == 0, done.stderr
    until(lambda: bench.pager.alerts, 30)
    assert bench.pager.alerts == {"skylark-air:root-1": ["trigger"]}
    assert ids(bench.hook) == ["e-0"], "the sink that has it is not told again"


def test_a_sink_that_is_down_holds_nobody_else_up(bench: Bench, until: Until) -> None:
    settings = bench.workers.settings
    bench.pager.always = 503
    worker = bench.start()
    until(lambda: worker.ready, 60)
    cases = [said(0, case_id=f"skylark-air:c-{n}", id=f"c-{n}") for n in range(8)]
    say(settings, *cases)
    until(lambda: len(bench.hook.requests) == 8, 30)
    until(lambda: worker.metric("tocsin_ticket_breaker_state", sink="pager") == 2, 30)
    assert worker.metric("tocsin_ticket_waiting", sink="pager") == 8
    assert worker.metric("tocsin_ticket_retries_total", sink="pager") >= 5
    bench.pager.always = None
    until(lambda: len(bench.pager.alerts) == 8, 60)
    until(lambda: worker.metric("tocsin_ticket_waiting", sink="pager") == 0)
    assert worker.metric("tocsin_stage_taken_total", stage="tickets") == 8
    until(lambda: worker.metric("tocsin_stage_done_total", stage="tickets") == 8)


def test_a_sink_that_is_away_for_long_is_told_later_what_did_not_fit(
    bench: Bench, until: Until, cli: Cli
) -> None:
    settings = bench.workers.settings
    small = bench.policy.read_text().replace('"pagerduty"', '"pagerduty"\nqueue = 3\ntimeout_s = 1')
    bench.policy.write_text(small)
    bench.pager.hold()
    worker = bench.start()
    until(lambda: worker.ready, 60)
    say(settings, *(said(0, case_id=f"skylark-air:c-{n}", id=f"c-{n}") for n in range(12)))
    until(lambda: len(bench.hook.requests) == 12, 60)
    until(lambda: worker.metric("tocsin_dead_letters_total", reason="overflow") >= 5, 30)
    lost = int(worker.metric("tocsin_dead_letters_total", reason="overflow"))
    # A stop ends the calls that hang; whoever starts next makes them again.
    assert worker.end(signal.SIGTERM) == 0
    bench.pager.let_go()
    assert bench.start()
    until(lambda: len(bench.pager.alerts) >= 12 - lost, 60)
    own = {
        "TOCSIN_TOPIC_PREFIX": settings.topic_prefix,
        "TOCSIN_GROUP_PREFIX": settings.group_prefix,
    }
    which = ("--of", "tickets", "--reason", "overflow")
    done = cli("dead-letters", "replay", *which, "--yes", **own)
    assert done.returncode == 0, done.stderr
    until(lambda: len(bench.pager.alerts) == 12, 60)
    assert len(bench.hook.requests) == 12, "the sink that has them is not told again"


def test_workers_come_and_go_and_nothing_is_sent_twice(bench: Bench, until: Until) -> None:
    settings = bench.workers.settings
    first = bench.start()
    until(lambda: first.ready, 120)
    second = bench.start()
    cases: list[str] = []

    def joined() -> bool:
        """Another case opens, for as long as partitions are being shared out anew."""
        case_id = f"skylark-air:c-{len(cases)}"
        say(settings, said(0, case_id=case_id, id=f"{case_id}-open"))
        cases.append(case_id)
        return second.ready and first.ready

    until(joined, 120)
    until(lambda: len(set(ids(bench.hook))) == len(bench.pager.alerts) == len(cases), 120)
    say(settings, *(said(1, "resolved", case_id=one, id=f"{one}-over") for one in cases))
    until(lambda: len(set(ids(bench.hook))) == 2 * len(cases), 120)
    until(lambda: len(bench.pager.requests) >= 2 * len(cases), 120)
    assert len(ids(bench.hook)) == 2 * len(cases)
    assert set(map(tuple, bench.pager.alerts.values())) == {("trigger", "resolve")}
    first.end(signal.SIGKILL)
    say(settings, *(said(2, episode=2, case_id=one, id=f"{one}-again") for one in cases))
    until(lambda: len(set(ids(bench.hook))) == 3 * len(cases), 120)
    # A crash repeats the call that it interrupts, one for each partition at most.
    assert len(ids(bench.hook)) <= 3 * len(cases) + settings.partitions
    assert second.process.poll() is None


def test_a_worker_that_lost_its_memory_goes_on_from_where_it_was(
    bench: Bench, until: Until
) -> None:
    settings = bench.workers.settings
    worker = bench.start()
    until(lambda: worker.ready, 60)
    say(settings, said(0))
    until(lambda: worker.metric("tocsin_stage_done_total", stage="tickets") == 1, 30)
    assert worker.end(signal.SIGTERM) == 0
    with clients.admin(settings) as client:
        client.delete_topics([Topics.of(settings).tickets_state])
    topics.create(settings)
    second = bench.start()
    until(lambda: second.ready, 60)
    say(settings, said(1, "update"))
    until(lambda: len(bench.hook.requests) == len(bench.pager.requests) == 2, 60)
    assert ids(bench.hook) == ["e-0", "e-1"]
    assert bench.pager.alerts == {"skylark-air:root-1": ["trigger", "trigger"]}


def test_people_acknowledge_there_and_here(bench: Bench, until: Until) -> None:
    settings = bench.workers.settings
    worker = bench.start()
    until(lambda: worker.ready, 60)
    say(settings, said(0))
    until(lambda: bench.pager.alerts, 30)
    from tests.streams.test_hooks import acknowledged, signed

    content = acknowledged("skylark-air:root-1")
    assert worker.post("/hooks/pagerduty/pager", content, signed(content, "wrong")) == 401
    assert worker.post("/hooks/pagerduty/other", content, signed(content, "psst")) == 404
    assert worker.post("/hooks/pagerduty/pager", b"{}", signed(b"{}", "psst")) == 400
    assert worker.post("/hooks/pagerduty/pager", content, signed(content, "psst")) == 200
    with following(settings, Topics.of(settings).commands) as commands:
        until(lambda: commands.records(), 30)
        (record,) = commands.records()
    command = json.loads(record.value)
    assert (command["action"], command["case_id"]) == ("acknowledge", "skylark-air:root-1")
    # And on to every sink that has the case, the webhook among them.
    until(lambda: len(ids(bench.hook)) == 2, 30)
    first, second = ids(bench.hook)
    assert first == "e-0"
    assert second.startswith("e-0-")
    assert bench.hook.requests[1].body["acknowledged_by"] == "Maria Lopez"
    until(lambda: bench.pager.alerts["skylark-air:root-1"] == ["trigger", "acknowledge"], 30)
