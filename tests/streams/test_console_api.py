"""The API of the console: every worker knows every partition's cases, and tells what changes."""

import http.client
import json
import urllib.parse
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from scoring.mention import Kind, Mention
from streams.calibration import recorded
from tests.conftest import Cli
from tests.streams.helpers import publish
from tests.streams.running import Running, Workers
from tests.streams.test_ticks import complaint

pytestmark = [pytest.mark.process, pytest.mark.broker, pytest.mark.slow]

TOKEN = "a-token-for-the-tests-only"
CASES = 6


def complaints(began: datetime) -> Iterator[Mention]:
    """Complaints that are a case each, over all partitions."""
    for number in range(CASES):
        one = complaint(0, began + timedelta(minutes=number))
        yield msgspec.structs.replace(
            one, id=f"a/b?{number}", conversation_id=f"a/b?{number}", brand=f"brand-{number}"
        )


def get(worker: Running, path: str, **query: object) -> Any:
    status, body = worker.get(f"/api/v1/{path}?{urllib.parse.urlencode(query)}")
    return json.loads(body) if status == 200 else {"status": status, **json.loads(body or b"{}")}


def decide(worker: Running, token: str = TOKEN, **decision: object) -> int:
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token}"}
    return worker.post("/api/v1/commands", json.dumps(decision).encode(), headers)


def case_ids(worker: Running) -> set[str]:
    return {row["case_id"] for row in get(worker, "cases").get("cases", [])}


def events(worker: Running, last: str = "") -> Iterator[dict[str, str]]:
    """Server-sent events as a browser reads them."""
    connection = http.client.HTTPConnection(worker.address, timeout=30)
    try:
        connection.request("GET", "/api/v1/events", headers={"Last-Event-ID": last} if last else {})
        answer = connection.getresponse()
        assert answer.headers["Content-Type"] == "text/event-stream"
        event: dict[str, str] = {}
        for line in answer:
            name, _, value = line.decode().rstrip("\n").partition(": ")
            if name:
                event[name] = value
            else:
                if "event" in event:
                    yield event
                event = {}
    finally:
        connection.close()


def test_each_worker_knows_all_cases_and_one_that_starts_later_too(
    workers: Workers, until: Callable[..., None], cli: Cli, tmp_path: Path
) -> None:
    settings = workers.settings
    first = workers("--role", "score,cases", TOCSIN_WEB_TOKEN=TOKEN)
    second = workers("--role", "cases", TOCSIN_WEB_TOKEN=TOKEN)
    until(lambda: first.ready and second.ready, 90)
    publish(settings, complaints(datetime.now(UTC) - timedelta(hours=1)))
    until(lambda: len(case_ids(first)) == CASES, 60)
    until(lambda: case_ids(second) == case_ids(first), 30)
    owned = [len(worker.board["cases"]) for worker in (first, second)]
    assert max(owned) < CASES  # neither has them all by itself

    command = cli("cases", "--json", "--url", f"http://{second.address}", "--limit", "4")
    assert len(command.stdout.splitlines()) == 4
    assert f"{CASES - 4} more" not in command.stderr  # JSON is for programs
    command = cli("cases", "--url", f"http://{second.address}", "--level", "watch")
    assert command.returncode == 0
    command = cli("cases", "--url", "http://127.0.0.1:1")
    assert (command.returncode, command.stderr.count("\n")) == (1, 1)

    # What changes is told to all, whoever was asked to change it, and goes on after a gap.
    chosen = "brand-1:a/b?1"
    stream = events(second)
    start = next(stream)
    while start["event"] != "clock":
        start = next(stream)
    decision = {"action": "assign", "case_id": chosen, "assignee": "Ana", "by": "Ben"}
    assert decide(first, **decision, id="once") == 202
    told = next(e for e in stream if e["event"] == "case" and chosen in e["data"])
    row = json.loads(told["data"])
    assert (row["owner"], row["acknowledged"]) == ("Ana", True)
    missed = next(events(second, start["id"]))
    assert missed["event"] == "case"
    assert chosen in missed["data"]
    assert next(events(second, "elsewhere-7"))["event"] == "reset"

    story = get(second, "case", id=chosen)
    assert [e["what"] for e in story["entries"]] == ["complaint", "command"]
    assert "refuse to refund" in story["entries"][0]["words"]

    # A verdict ends the case, and is there for whoever fits the policy.
    verdict = {"action": "resolve", "verdict": "no_crisis", "note": "a test", "by": "Ben"}
    assert decide(first, case_id=chosen, **verdict) == 202
    until(lambda: chosen not in case_ids(second), 30)
    [closed] = get(second, "cases", state="closed")["cases"]
    assert (closed["case_id"], closed["verdict"]) == (chosen, "no_crisis")
    done = cli(
        "feedback", "export", str(tmp_path / "judged"),
        TOCSIN_TOPIC_PREFIX=settings.topic_prefix, TOCSIN_GROUP_PREFIX=settings.group_prefix,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    [history] = recorded.read(tmp_path / "judged")
    assert (history.crisis, history.permitted, history.matter) == (False, "respond", ("a/b?1",))
    listed = cli(
        "feedback", "list",
        TOCSIN_TOPIC_PREFIX=settings.topic_prefix, TOCSIN_GROUP_PREFIX=settings.group_prefix,
    )  # fmt: skip
    assert "no crisis" in listed.stdout
    assert chosen in listed.stdout

    # Words that a customer takes back go from every worker's console.
    erased = next(iter(complaints(datetime.now(UTC) - timedelta(hours=1))))
    gone = {"id": "gone", "parent_id": erased.id, "kind": Kind.DELETION, "text": ""}
    publish(settings, [msgspec.structs.replace(erased, **gone)])
    where = f"/api/v1/case?{urllib.parse.urlencode({'id': erased.case_id})}"
    for worker in (first, second):
        until(lambda w=worker, p=where: b"refuse to refund" not in w.get(p)[1], 30)

    # One that starts later, without a role in it, reads it all anew.
    third = workers("--role", "score", TOCSIN_WEB_TOKEN=TOKEN)
    until(lambda: case_ids(third) == case_ids(first), 60)
    assert b"refuse to refund" not in third.get(where)[1]
    assert get(third, "case", id="brand-2:a/b?2")["entries"]


def test_what_is_no_request_is_told_how_to_mend_it(
    workers: Workers, until: Callable[..., None]
) -> None:
    worker = workers("--role", "cases", TOCSIN_WEB_TOKEN=TOKEN)
    until(lambda: worker.ready, 60)
    assert get(worker, "cases", level="huge")["error"].startswith("level: one of watch")
    assert get(worker, "cases", limit=-1)["error"].startswith("limit: a whole number")
    assert get(worker, "cases", sort="name")["status"] == 400
    assert get(worker, "case", id="nobody:knows")["status"] == 404
    assert get(worker, "brands", window="1y")["status"] == 400
    assert "'levle'" in get(worker, "cases", levle="crisis")["error"]
    assert get(worker, "case", id="b:1", lang="fr")["status"] == 400
    assert get(worker, "cases/1")["status"] == 404
    assert "no such address" in get(worker, "cases/1")["error"]
    good = {"action": "acknowledge", "case_id": "b:1", "by": "Ana"}
    until(lambda: get(worker, "cases")["as_of"]["complete"], 30)
    assert decide(worker, **good) == 404  # all is known, and there is no such case
    assert decide(worker, "a-token-that-is-wrong", **good) == 401
    assert decide(worker, **(good | {"by": " "})) == 400
    assert decide(worker, **(good | {"action": "snooze"})) == 400
    assert decide(worker, **(good | {"action": "assign"})) == 400
    assert decide(worker, **(good | {"action": "destroy"})) == 400
    assert decide(worker, **(good | {"case_id": "x" * 20_000})) == 413
